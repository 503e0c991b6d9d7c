"""The papers a return asks for: told by code on the timeline, and nothing where there are none."""

from __future__ import annotations

import orjson
from contracts.messages import CaseStatus

from tests.unit.status.cases import event
from tests.unit.status.test_bounds import told_of


def test_a_return_tells_which_papers_it_asks_for() -> None:
    """The codes stand on the entry of the return, in the order they were said."""
    asked = {"code": "incomplete-papers", "papers": ["inspection-report", "receipt"]}
    change = told_of([event("received"), event("returned", 1, reason=asked)])
    timeline = CaseStatus.model_validate_json(change.status).data.timeline
    assert [[], ["inspection-report", "receipt"]] == [entry.papers for entry in timeline]


def test_an_entry_without_papers_says_nothing_of_them() -> None:
    """A case that names no papers is told as before there were any, so no rebuild changes it."""
    change = told_of([event("received"), event("returned", 1, reason={"code": "wrong-amount"})])
    (first, second) = orjson.loads(change.status)["data"]["timeline"]
    assert ("papers" in first, "papers" in second) == (False, False)
