"""What a correction would change, by the rules of the process, and the dates people type."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from contracts.messages import CaseStatusData
from portal.correcting import day_of, happened
from portal.views.correcting import actions_of, effect_of, facts_of

from tests.unit.contracts.saying import process

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


def case(stage: str, *before: str) -> CaseStatusData:
    """A case that stands at *stage* after *before*."""
    spans = [
        {"stage": one, "holder": "unit", "since": "2026-11-16T02:00:00Z", "anchor": ["s", one]}
        for one in (*before, stage)
    ]
    said = {"case": "1", "number": "4821-7735-6", "epoch": 0, "version": 1, "stage": stage}
    return CaseStatusData.model_validate(
        {**said, "process": "disbursement", "process_version": 1, "spans": spans}
    )


@pytest.mark.parametrize(
    ("stage", "fact", "to", "contradiction"),
    [
        ("at_unit", "received", "received", None),
        ("at_unit", "transferred", "paid", None),
        ("received", "returned", "returned", None),
        ("received", "received", None, None),
        ("in_process", "received", None, "would go back"),
        ("in_process", "cancelled", "cancelled", None),
        ("paid", "bounced", "bounced", None),
        ("paid", "transferred", None, "already ended"),
        ("paid", "received", None, "case has ended"),
        ("withdrawn", "received", "received", None),
        ("received", "reopened", None, "nothing to reopen"),
        ("received", "approved", None, None),
    ],
)
def test_the_preview_follows_the_rules_of_the_process(
    stage: str, fact: str, to: str | None, contradiction: str | None
) -> None:
    """An equal or higher rank is taken, a lower one only as a way back, an end left as it says."""
    found = effect_of(process(), case(stage), process().facts[fact])
    assert (found.stage and found.stage.code, found.contradiction) == (to, contradiction)


def test_reopening_leads_to_the_stage_before_the_end() -> None:
    """As the process says of facts that restore."""
    found = effect_of(process(), case("cancelled", "received"), process().facts["reopened"])
    assert found.stage is not None
    assert found.stage.code == "received"


def test_each_role_has_its_own_corrections() -> None:
    """Units neither join nor say what finance or the bank says; others correct nothing."""
    assert actions_of({"unit-officer"}) == ("delay", "fact", "retract")
    assert "link" in actions_of({"finance-officer"})
    assert actions_of({"auditor"}) == actions_of({"executive"}) == ()
    unit = {fact.name for fact in facts_of(process(), {"unit-officer"})}
    assert "transferred" not in unit
    assert {"submitted", "withdrawn"} <= unit


@pytest.mark.parametrize(
    "text", ["2026-11-16", "16/11/2026", "16/11/2569", "๑๖/๑๑/๒๕๖๙", "16.11.2569"]
)
def test_a_date_is_understood_as_people_write_it(text: str) -> None:
    """Thai digits and Buddhist-era years too."""
    assert day_of(text) == date(2026, 11, 16)


@pytest.mark.parametrize("text", ["31/2/2569", "tomorrow", "2026-11", "1-2-3-4", "💥"])
def test_what_is_no_date_is_refused(text: str) -> None:
    """Nothing is guessed."""
    assert happened(text, NOW, "Asia/Bangkok") is None


def test_a_fact_of_today_is_now_one_of_before_the_end_of_its_day_and_none_is_to_come() -> None:
    """A day is the local one of the house."""
    assert happened("", NOW, "Asia/Bangkok") == "2026-11-23T02:30:00.000000Z"
    assert happened("23/11/2569", NOW, "Asia/Bangkok") == "2026-11-23T02:30:00.000000Z"
    assert happened("20/11/2569", NOW, "Asia/Bangkok") == "2026-11-20T16:59:59.000000Z"
    assert happened("24/11/2569", NOW, "Asia/Bangkok") is None
