"""From messages to what notify thinks of: cases, lines, deadlines and the days to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from contracts.messages import CaseStatusData
from contracts.sla_messages import CaseSlaData, SlaEventData
from hypothesis import given
from hypothesis import strategies as st
from notify.case import Case, Effect, Entry, Forecast, Span, Transfer
from notify.deadlines import clause_name, forecast_of, sla_facts
from notify.model import Key
from notify.picture import case_of, instant_us, lines_are_settled, lines_of

from tests.unit.notify.telling import at_us, line

AT = "2026-11-16T02:00:00.000000Z"
LATER = "2026-11-17T02:00:00.000000Z"
FINANCE, REPAIR = "finance-9-days@2#finance", "finance-9-days@2#repair"
PROMISES = ("finance-9-days#repair", "finance-9-days#finance")


def said(**more: Any) -> CaseStatusData:
    """A case-status about case 7."""
    told = {"case": "7", "number": "4821-7735-6", "epoch": 0, "version": 1}
    return CaseStatusData.model_validate(
        {**told, "process": "disbursement", "process_version": 1, **more}
    )


def test_a_case_is_read_as_it_was_told() -> None:
    """Stage, spans, timeline, amount and marks; instants as microseconds."""
    span = {"stage": "received", "holder": "finance", "since": AT, "anchor": ["erp", "1"]}
    entry = {"source": "erp", "id": "1", "fact": "received", "role": "finance", "at": AT}
    entry |= {"precision": "day", "effect": "moved", "stage": "received", "reason": "other"}
    told = said(
        stage="received",
        spans=[span],
        timeline=[entry],
        amount={"value": "10.00", "currency": "THB"},
        omitted={"timeline": 3},
        replay=True,
    )
    key = Key("erp", "1")
    assert Case(
        id="7",
        number="4821-7735-6",
        process="disbursement",
        stage="received",
        spans=(Span("received", "finance", at_us(0), key),),
        timeline=(Entry(key, "received", at_us(0), True, Effect.MOVED, "received", "other", True),),
        omitted=True,
        amount="10.00",
        currency="THB",
        replay=True,
    ) == case_of(told)


def test_lines_know_which_events_reached_them() -> None:
    """The events of a row and of its transfers; a payee joined to another is that other."""
    transfer = {"reference": "T1", "returned": False, "at": AT, "anchor": ["erp", "2"]}
    row = {"id": "1", "state": "transferred", "payee": "anna", "transfers": [transfer]}
    (read,) = lines_of([{**row, "reached_by": [["erp", "3"]]}], {"anna": "boon"})
    assert "boon" == read.payee
    assert {Key("erp", "2"), Key("erp", "3")} == read.reached_by
    assert (Transfer(Key("erp", "2"), "T1", False, at_us(0), None, None),) == read.transfers
    assert read.whole
    (cut,) = lines_of([{**row, "transfers_omitted": 1}], {})
    assert not cut.whole


@pytest.mark.parametrize(
    ("chunks", "counted", "settled"),
    [
        ([(5, 0, 1)], {"total": 2, "open": 1, "transferred": 1}, True),
        ([(5, 0, 1)], {"total": 2, "transferred": 2}, False),
        ([(5, 0, 1)], {"total": 3, "open": 2, "transferred": 1}, False),
        ([(5, 0, 2)], {"total": 2, "open": 1, "transferred": 1}, False),
        ([(5, 0, 2), (4, 1, 2)], {"total": 2, "open": 1, "transferred": 1}, False),
        ([], {"total": 2, "open": 1, "transferred": 1}, True),
    ],
)
def test_lines_settle_when_they_are_those_the_case_counts(
    chunks: Sequence[tuple[int, int, int]], counted: dict[str, int], settled: bool
) -> None:
    """All chunks, of one version, with as many lines in each state as the case says."""
    rows = [line("1", "anna"), line("2", "boon", "transferred")]
    assert settled == lines_are_settled(chunks, counted, rows)


def moment(kind: str, detected_at: str = AT, **more: Any) -> SlaEventData:
    """An sla-event of finance's clause."""
    told = {"case": "7", "kind": kind, "clause": FINANCE, "start": ["erp", "1"], "at": AT}
    told |= {"detected_at": detected_at, "detection_lag_seconds": 0.0, "due": "2026-11-27"}
    return SlaEventData.model_validate({**told, **more})


def clock(clause: str = FINANCE, **more: Any) -> dict[str, Any]:
    """A row of case-sla."""
    words = {"th": "ทดสอบ", "en": "Test"}
    row = {"clause": clause, "title": words, "agreement_title": words, "party": "finance"}
    row |= {"unit": "working_days", "state": "open", "started_at": AT, "start": ["erp", "1"]}
    return {**row, "charged": 4, "budget": 9, "remaining": 5, "due": "2026-11-27", **more}


def state(*clocks: dict[str, Any], **more: Any) -> CaseSlaData:
    """A case-sla computed from the case's version 3."""
    told = {"case": "7", "epoch": 0, "version": 9, "status_epoch": 0, "status_version": 3}
    told |= {"process": "disbursement", "calendar": "thai-government@1", "zone": "Asia/Bangkok"}
    return CaseSlaData.model_validate(
        {**told, "as_of": AT, "as_of_date": "2026-11-16", "clocks": clocks, **more}
    )


def test_a_clause_is_named_without_the_version() -> None:
    """A new version of an agreement does not make a new promise."""
    assert ("finance-9-days", "finance") == clause_name("finance-9-days@12#finance")


def test_who_promised_comes_from_the_state() -> None:
    """Party and words of the clause are those of case-sla; unknown, whoever had the case."""
    (known,) = sla_facts([moment("breached")], state(clock()))
    (unknown,) = sla_facts([moment("breached")], None)
    assert ("sla.breached", "finance", "everyone") == (known.kind, known.party, unknown.party)
    assert known.title is not None
    assert ("2026-11-27", at_us(0)) == (known.due, known.at_us)


def test_what_is_taken_back_holds_no_longer() -> None:
    """A superseded breach does not hold; the warning before it still does."""
    told = [
        moment("warned", offset=7),
        moment("breached"),
        moment("superseded", LATER, of="breached", reason="rules", due=None),
    ]
    assert {"sla.warned": True, "sla.breached": False} == {
        fact.kind: fact.holds for fact in sla_facts(told, None)
    }


def test_what_a_joining_of_cases_made_void_was_not_wrong() -> None:
    """The clock runs on in the case that took this one in."""
    told = [moment("breached"), moment("superseded", LATER, of="breached", reason="redirect")]
    assert [True] == [fact.holds for fact in sla_facts(told, None)]


@given(
    st.permutations(
        [
            moment("breached"),
            moment("superseded", LATER, of="breached", reason="rules", due=None),
            moment("breached", LATER, due="2026-11-30"),
            moment("met", "2026-11-18T02:00:00Z"),
            moment("breached"),
        ]
    )
)
def test_the_order_in_which_it_came_does_not_matter(told: list[SlaEventData]) -> None:
    """Repeated and shuffled, the moments say the same."""
    found = sorted((fact.kind, fact.due, fact.holds) for fact in sla_facts(told, None))
    assert [
        ("sla.breached", "2026-11-27", False),
        ("sla.breached", "2026-11-30", True),
        ("sla.met", "2026-11-27", True),
    ] == found


def test_the_days_told_are_those_of_the_first_promise_that_runs() -> None:
    """Repair before the whole way; a clock that has ended tells no days."""
    repair = clock(REPAIR, budget=3, remaining=1, state="breached", due=None)
    assert Forecast(3, 4, 1, None, overdue=True) == forecast_of(
        state(clock(), repair), (0, 3), PROMISES
    )
    ended = clock(REPAIR, state="met")
    assert Forecast(9, 4, 5, "2026-11-27") == forecast_of(state(clock(), ended), (0, 3), PROMISES)
    assert forecast_of(state(ended), (0, 3), PROMISES) is None


@pytest.mark.parametrize(
    ("hangs_on", "told"),
    [
        ({}, ("2026-11-26", "2026-11-24")),
        ({"conditional": True}, (None, None)),
        ({"later_than_most": True}, (None, None)),
    ],
)
def test_the_date_of_the_money_is_told_when_it_hangs_on_nobody(
    hangs_on: dict[str, bool], told: tuple[str | None, str | None]
) -> None:
    """What half and 85 of 100 cases took; not while unit or payee have it, nor past that."""
    row = {"half_on": "2026-11-24", "most_on": "2026-11-26", "later_than_most": False}
    row |= {"conditional": False, "like": "stage", "cases": 80}
    found = forecast_of(state(paid_by={**row, **hangs_on}), (0, 3), PROMISES)
    assert found is not None
    assert told == (found.paid_by, found.paid_by_half)


def test_days_of_another_version_are_not_told() -> None:
    """While the SLA has not seen this version of the case, no day is said."""
    assert forecast_of(state(clock()), (0, 4), PROMISES) is None
    assert forecast_of(None, (0, 3), PROMISES) is None


def test_a_silent_source_leaves_the_day_open() -> None:
    """Where a word is missing the forecast says so, and nothing else is read into it."""
    silent = clock(undetermined=[["erp", None]])
    found = forecast_of(state(silent), (0, 3), PROMISES)
    assert found is not None
    assert found.undetermined


def test_an_instant_has_an_offset() -> None:
    """Microseconds since 1970, whatever the offset it is written with."""
    assert at_us(0) == instant_us(AT) == instant_us("2026-11-16T09:00:00+07:00")
