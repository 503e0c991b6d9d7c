"""How a fact names its lines, by hand: by id, or by payee, invoice and gross."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.status.cases import (
    case,
    event,
    line,
    line_states,
    nameless,
    refusals,
    sent,
)

A, B, C = line("a", payee="p1"), line("b", payee="p2"), line("c", payee="p3")
ABC = event("in-process", 0, "made", lines=[A, B, C])


NAMED: list[tuple[str, dict[str, Any]]] = [
    ("transferred", {}),
    ("delayed", {"reason": {"code": "other"}}),
    ("cancelled", {}),
]


@pytest.mark.parametrize(("fact", "more"), NAMED)
def test_a_line_is_found_by_payee_invoice_and_gross(fact: str, more: dict[str, Any]) -> None:
    """A source without line ids names payee, invoice and gross; 100 and 100.00 are one gross."""
    made = event(
        "in-process", 0, lines=[{"id": "x", **nameless("p1")}, {"id": "y", **nameless("p2")}]
    )
    told = (made, event(fact, 1, lines=[nameless("p2", gross="100")], **more))
    assert [] == refusals(*told)
    assert {"transferred": "transferred", "delayed": "open", "cancelled": "cancelled"}[
        fact
    ] == line_states(*told)["y"]


@pytest.mark.parametrize("fact", ["transferred", "delayed", "cancelled", "credited", "bounced"])
def test_line_not_found(fact: str) -> None:
    """A fact of a line nobody named is accepted, moves nothing, and says what is wrong."""
    told = (event("in-process", 0, lines=[A]), event(fact, 1, "last", lines=[nameless("p9")]))
    assert [("last", "line not found")] == refusals(*told)
    assert ("in_process", {"a": "open"}) == (case(*told).stage, line_states(*told))


@pytest.mark.parametrize("fact", ["transferred", "delayed", "cancelled", "credited", "bounced"])
def test_line_ambiguous(fact: str) -> None:
    """A fact that two open lines answer to moves nothing, and says what is wrong."""
    twins = [{"id": "x", **nameless()}, {"id": "y", **nameless()}]
    told = (event("in-process", 0, lines=twins), event(fact, 1, "last", lines=[nameless()]))
    assert [("last", "line ambiguous")] == refusals(*told)
    assert {"x": "open", "y": "open"} == line_states(*told)


def test_only_lines_that_wait_are_matched() -> None:
    """Of two twins one is paid: the next transfer can only mean the other."""
    twins = [{"id": "x", **nameless()}, {"id": "y", **nameless()}]
    told = (
        event("in-process", 0, lines=twins),
        event("transferred", 1, lines=[{"id": "x"}]),
        event("transferred", 2, lines=[nameless()]),
    )
    assert ("paid", []) == (case(*told).stage, refusals(*told))


def test_one_event_may_name_twins() -> None:
    """Each line of an event takes a line of its own; one that an id names is taken first."""
    twins = [{"id": "x", **nameless()}, {"id": "y", **nameless()}]
    told = (
        event("in-process", 0, lines=twins),
        event("transferred", 1, lines=[nameless(), {"id": "x"}]),
    )
    assert {"x": "transferred", "y": "transferred"} == line_states(*told)


def test_what_came_back_was_sent_before() -> None:
    """A bounce names its line without an id: it is looked for among those sent."""
    twins = [{"id": "x", **nameless()}, {"id": "y", **nameless()}, {"id": "z", **nameless()}]
    told = (
        event("in-process", 0, lines=twins),
        event("transferred", 1, **sent("T1", {"id": "x"})),
        event("transferred", 2, **sent("T2", {"id": "y"})),
        event("bounced", 3, **sent("T2", nameless())),
    )
    assert {"x": "transferred", "y": "bounced", "z": "open"} == line_states(*told)


def test_later_facts_settle_a_line_not_found() -> None:
    """The claim that names the line comes late but lies before: the transfer finds its line."""
    paid = event("transferred", 5, "paid", lines=[nameless()])
    assert [("paid", "line not found")] == refusals(paid)
    claim = event("submitted", 1, lines=[{"id": "x", **nameless()}])
    assert [] == refusals(paid, claim)
    assert "paid" == case(paid, claim).stage


def test_a_retraction_settles_an_ambiguous_line() -> None:
    """The claim that named a line twice is taken back: the transfer knows its line again."""
    one = event("submitted", 0, lines=[{"id": "x", **nameless()}])
    twin = event("submitted", 1, "twin", lines=[{"id": "y", **nameless()}])
    paid = event("transferred", 5, "paid", lines=[nameless()])
    assert [("paid", "line ambiguous")] == refusals(one, twin, paid)
    back = event("retracted", 9, role="unit", retracts=twin.key)
    assert ([], "paid") == (refusals(one, twin, paid, back), case(one, twin, paid, back).stage)


def test_the_first_lines_without_ids_get_theirs_by_position() -> None:
    """A claim of a source without line ids has its lines by number, never one another's."""
    lines = [nameless("p1"), {"id": "#3", "gross": "5.00"}, nameless("p2")]
    assert ["##3", "#1", "#3"] == list(line_states(event("submitted", 0, lines=lines)))
