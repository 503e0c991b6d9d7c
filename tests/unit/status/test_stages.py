"""Where a case stands, by hand: each sentence of docs/architecture/fold.md about stages."""

from __future__ import annotations

import pytest
from status.model import Effect

from tests.unit.status.cases import (
    HOUR_US,
    by_date,
    case,
    disbursement,
    effects,
    event,
    line,
    refusals,
    stages,
)

# Stage, and for each fact that asserts one: where it leads from there.
# "=": held. "!": would go back. "#": the case has ended. "##": already ended.
FACTS = (
    "drafted", "submitted", "returned", "received", "in-process", "bounced", "transferred",
    "withdrawn", "cancelled",
)  # fmt: skip
INTO = {
    "draft": ("drafted",),
    "at_unit": ("submitted",),
    "returned": ("returned",),
    "received": ("received",),
    "in_process": ("in-process",),
    "bounced": ("transferred", "bounced"),
    "paid": ("transferred",),
    "withdrawn": ("submitted", "withdrawn"),
    "cancelled": ("received", "cancelled"),
}
TABLE = {
    "draft": "= at_unit returned received in_process bounced paid withdrawn cancelled",
    "at_unit": "! = returned received in_process bounced paid withdrawn cancelled",
    "returned": "! at_unit = received in_process bounced paid withdrawn cancelled",
    "received": "! ! returned = in_process bounced paid withdrawn cancelled",
    "in_process": "! ! returned ! = bounced paid withdrawn cancelled",
    "bounced": "! ! returned ! in_process = paid withdrawn cancelled",
    "paid": "# # # # # bounced ## # #",
    "withdrawn": "draft at_unit # received # # paid ## #",
    "cancelled": "# # # # # # paid # ##",
}
CODES = {"!": "would go back", "#": "case has ended", "##": "already ended"}
CELLS = [
    (stage, fact, cell)
    for stage, row in TABLE.items()
    for fact, cell in zip(FACTS, row.split(), strict=True)
]


@pytest.mark.parametrize(("stage", "fact", "cell"), CELLS)
def test_each_fact_from_each_stage(stage: str, fact: str, cell: str) -> None:
    """From every stage every fact leads where the process file says, or says why it does not."""
    before = [event(into, hour) for hour, into in enumerate(INTO[stage])]
    told = case(*before, event(fact, 9, "last"))
    expected = cell if cell in TABLE else stage
    assert (expected, CODES.get(cell)) == (
        told.stage,
        told.contradictions[0].code.value if told.contradictions else None,
    )
    assert len(told.spans) == len(before) + (cell in TABLE)


@pytest.mark.parametrize("fact", FACTS)
def test_any_fact_may_come_first(fact: str) -> None:
    """A fact does not need the stage before it: each may be the first of its case."""
    asserted = disbursement().facts[fact].asserts
    assert stages(event(fact)) == [asserted]


SKIPPED = [
    (["received"], ("at_unit",)),
    (["submitted", "in-process"], ("received",)),
    (["submitted", "transferred"], ("received", "in_process")),
    (["transferred"], ("at_unit", "received", "in_process")),
    (["drafted", "submitted"], ()),
    (["submitted", "withdrawn"], ()),
    (["received", "cancelled"], ()),
    (["submitted", "withdrawn", "received"], ()),
    (["received", "in-process", "returned", "in-process"], ("received",)),
]


@pytest.mark.parametrize(("facts", "expected"), SKIPPED)
def test_steps_jumped_over_are_not_reported(facts: list[str], expected: tuple[str, ...]) -> None:
    """Counted stages that were passed over are named; leaving the path is never a jump."""
    told = case(*(event(fact, hour) for hour, fact in enumerate(facts)))
    assert expected == told.timeline[-1].not_reported


@pytest.mark.parametrize(
    "fact", ["approved", "delayed", "credited", "linked", "unlinked", "retracted"]
)
def test_facts_that_assert_no_stage(fact: str) -> None:
    """These are kept and shown, and move nothing, also on a case that has ended."""
    paid = event("transferred", 1)
    told = case(paid, event(fact, 2, "after", retracts=None))
    assert ("paid", Effect.NOTED, ()) == (
        told.stage,
        told.timeline[-1].effect,
        told.contradictions,
    )


def test_a_case_of_facts_without_stage_has_none() -> None:
    """A case of which only noted facts are known stands in no stage."""
    assert (None, ()) == (case(event("approved")).stage, case(event("approved")).spans)


def test_a_stage_held_opens_no_new_span() -> None:
    """Two sources report the receipt: the case is held since the first, without contradiction."""
    told = case(event("received", 1), event("received", 5, source="erp"))
    assert [("received", HOUR_US)] == [(span.stage, span.since_us) for span in told.spans]
    assert [Effect.MOVED, Effect.HELD] == [entry.effect for entry in told.timeline]
    assert () == told.contradictions


def test_submitted_after_a_return_is_a_way_back_to_the_unit() -> None:
    """A returned claim that is sent again is with the unit again, and may come to finance again."""
    facts = ["submitted", "received", "returned", "submitted", "received"]
    told = [event(fact, hour) for hour, fact in enumerate(facts)]
    assert stages(*told) == ["at_unit", "received", "returned", "at_unit", "received"]


def test_finance_a_minute_behind_leaves_the_case_paid() -> None:
    """The unit's submission that sorts after the payment changes nothing and is told of."""
    told = [event("transferred", 1), event("submitted", 2)]
    assert ["paid"] == stages(*told)
    assert [("submitted-2", "case has ended")] == refusals(*told)


def test_paid_although_withdrawn() -> None:
    """A transfer on a withdrawn case is taken, and flagged."""
    told = case(event("submitted", 0), event("withdrawn", 1), event("transferred", 2))
    assert ("paid", ("paid although withdrawn",), ()) == (
        told.stage,
        told.flags,
        told.contradictions,
    )


def test_paid_although_cancelled() -> None:
    """A transfer on a cancelled case is taken and flagged, and its line is transferred."""
    told = case(event("received", 0), event("cancelled", 1), event("transferred", 2))
    assert ("paid", ("paid although cancelled",)) == (told.stage, told.flags)
    assert ["transferred"] == [view.state.value for view in told.lines]


def test_the_flag_is_said_once() -> None:
    """Part payments of a withdrawn case flag it once."""
    lines = [line("a"), line("b")]
    told = case(
        event("submitted", 0, lines=lines),
        event("withdrawn", 1),
        event("transferred", 2, lines=lines[:1]),
        event("transferred", 3, lines=lines[1:]),
    )
    assert ("paid", ("paid although withdrawn",)) == (told.stage, told.flags)


def test_reopened_leads_to_the_stage_before_the_end() -> None:
    """Reopening a paid case puts it where it stood before."""
    told = [event("received", 0), event("transferred", 1), event("reopened", 2)]
    assert ["received", "paid", "received"] == stages(*told)


def test_reopened_leads_to_the_stage_it_names() -> None:
    """Reopening may name another stage than the one before the end."""
    told = [event("in-process", 0), event("cancelled", 1), event("reopened", 2, stage="received")]
    assert ["in_process", "cancelled", "received"] == stages(*told)


def test_reopened_after_two_ends_leads_before_the_first() -> None:
    """Paid although cancelled, then reopened: the case stands where it stood before both."""
    facts = ["in-process", "cancelled", "transferred", "reopened"]
    told = [event(fact, hour) for hour, fact in enumerate(facts)]
    assert ["in_process", "cancelled", "paid", "in_process"] == stages(*told)


def test_nothing_to_reopen() -> None:
    """Reopening a case that never ended changes nothing and says so."""
    told = [event("received", 0), event("reopened", 1)]
    assert [("reopened-1", "nothing to reopen")] == refusals(*told)


def test_reopened_to_an_unknown_stage() -> None:
    """A stage the pinned version does not know moves nothing."""
    told = [event("transferred", 0), event("reopened", 1, stage="audit")]
    assert [("reopened-1", "stage unknown to this version of the process")] == refusals(*told)


def test_an_unknown_fact_stands_as_contradiction() -> None:
    """A fact of a newer version of the process moves nothing in a case of this one."""
    assert [("audited-0", "fact unknown to this version of the process")] == refusals(
        event("audited")
    )


HOLDERS = [
    ("submitted", None, "unit"),
    ("returned", "incomplete-papers", "unit"),
    ("received", None, "finance"),
    ("bounced", "wrong-account", "payee"),
    ("bounced", "account-closed", "payee"),
    ("bounced", "bank-error", "finance"),
    ("bounced", None, "finance"),
    ("transferred", None, "nobody"),
    ("withdrawn", None, "nobody"),
]


@pytest.mark.parametrize(("fact", "reason", "holder"), HOLDERS)
def test_holder(fact: str, reason: str | None, holder: str) -> None:
    """Each stage is somebody's; a bounced case is the payee's where the account is wrong."""
    said = {} if reason is None else {"reason": {"code": reason}}
    assert holder == case(event(fact, 0, **said)).spans[-1].holder


def test_retracted_facts_stay_on_the_timeline_without_effect() -> None:
    """A retracted payment is shown, marked, and the case stands as if it had not been said."""
    paid = event("transferred", 2, amount={"value": "1.00", "currency": "THB"}, about=(("t",) * 4,))
    told = [event("received", 1), paid, event("retracted", 3, retracts=paid.key)]
    assert [Effect.MOVED, Effect.RETRACTED, Effect.NOTED] == [e for _, e in effects(*told)]
    assert ("received", {}, ()) == (case(*told).stage, case(*told).fields, case(*told).about)


def test_a_date_only_return_and_receipt_of_one_day() -> None:
    """Two sources, one date: the path puts the return before the receipt."""
    told = (
        by_date("returned", 1, 1, role="unit", source="unit-1"),
        by_date("received", 1, 1, source="erp"),
    )
    assert ["returned", "received"] == stages(*told)
