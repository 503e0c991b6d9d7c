"""One clause's clock: what is charged, what is left, what was passed and when."""

from __future__ import annotations

import pytest
from contracts.agreement import DayUnit
from sla.model import ClockState, Mark, MarkKind

from tests.unit.sla.saying import COUNTED, case, clause, clock, judged, midnight, on

# 2026-01-05 is a Monday: nine working days later is Friday the 16th.
EVERYONE = clause(id="all", party="everyone", starts_on=COUNTED)
RETURNED = ("received 01-05", "returned 01-07", "received 01-13")


@pytest.mark.parametrize(
    ("paid", "state", "charged", "breach"),
    [("01-16", ClockState.MET, 9, None), ("01-19", ClockState.MISSED, 10, midnight("01-19"))],
)
def test_met_within_the_budget_and_missed_past_it(
    paid: str, state: ClockState, charged: int, breach: int | None
) -> None:
    """The day of the stop is charged too; a missed clock keeps the instant it was breached at."""
    told = clock(case("received 01-05", f"paid {paid}"), "02-01")
    assert (state, charged, breach) == (told.state, told.charged, told.breached_us)
    assert on("01-16") == told.first_due


@pytest.mark.parametrize(
    ("now", "state", "charged", "remaining", "breach"),
    [
        ("01-16T23:59", ClockState.OPEN, 9, 0, None),
        ("01-17T12:00", ClockState.OPEN, 9, 0, None),
        ("01-19T00:00", ClockState.BREACHED, 10, 0, midnight("01-19")),
        ("01-30T09:00", ClockState.BREACHED, 19, 0, midnight("01-19")),
    ],
)
def test_breached_at_the_first_instant_of_the_day_too_many(
    now: str, state: ClockState, charged: int, remaining: int, breach: int | None
) -> None:
    """A weekend charges none: nine days end on Friday, the tenth begins on Monday at 00:00."""
    told = clock(case("received 01-05"), now)
    assert (state, charged, remaining, breach) == (
        told.state, told.charged, told.remaining, told.breached_us,
    )  # fmt: skip


def test_a_partys_days_are_summed_over_all_its_holdings() -> None:
    """While the unit corrects a claim finance's clock stands, and then runs on."""
    told = clock(case(*RETURNED, "paid 01-15"), "02-01")
    assert (ClockState.MET, 4) == (told.state, told.charged)


@pytest.mark.parametrize(
    ("now", "due", "remaining"),
    [
        ("01-05", on("01-16"), 9),
        ("01-07", None, 7),
        ("01-12", None, 7),
        ("01-13", on("01-22"), 7),
        ("01-21", on("01-22"), 1),
        ("01-22", on("01-22"), 0),
        ("01-30", on("01-22"), 0),
    ],
)
def test_due_date_while_the_party_holds_the_case(now: str, due: object, remaining: int) -> None:
    """A date while the party holds the case, none while another does, the last day once passed."""
    steps = RETURNED[: sum(step.split()[1] <= now for step in RETURNED)]
    told = clock(case(*steps), now)
    assert (due, remaining) == (told.due, told.remaining)
    assert on("01-16") == told.first_due


def test_exhausted_while_another_holds_it_is_due_on_its_last_day() -> None:
    """Once no day is left the due date is known, whoever holds the case."""
    told = clock(case("received 01-05", "returned 01-16"), "01-30")
    assert (ClockState.OPEN, on("01-16"), 0) == (told.state, told.due, told.remaining)


def test_a_stopped_clock_keeps_the_due_date_it_had() -> None:
    """What was due on the 16th and paid before was due on the 16th."""
    assert on("01-16") == clock(case("received 01-05", "paid 01-08"), "02-01").due


def test_no_first_due_date_where_another_holds_the_case_at_the_start() -> None:
    """A unit's clause that starts while finance has the case cannot be told a date yet."""
    mine = clause(party="unit", stops_on="bounced")
    told = clock(case("received 01-05"), "01-06", mine)
    assert (None, None, 9) == (told.first_due, told.due, told.remaining)


def test_everyone_counts_each_day_and_nobodys_too() -> None:
    """A clause of everyone counts the unit's days, finance's, and those the case lay nowhere."""
    steps = ("at_unit 01-05", "withdrawn 01-06", "at_unit 01-12", "received 01-13", "paid 01-15")
    told = clock(case(*steps), "02-01", EVERYONE)
    assert (ClockState.MET, 8, on("01-16")) == (told.state, told.charged, told.first_due)


def test_void_while_the_case_stands_in_another_end() -> None:
    """A claim taken back is in no figure: no due date, and nothing more is charged."""
    told = clock(case("at_unit 01-05", "withdrawn 01-07"), "03-01", EVERYONE)
    assert (ClockState.VOID, 2, None, None) == (
        told.state, told.charged, told.due, told.breached_us,
    )  # fmt: skip


def test_a_void_clock_keeps_its_breach() -> None:
    """What was breached before it was taken back keeps the instant, out of every figure."""
    told = clock(case("at_unit 01-05", "withdrawn 01-22"), "03-01", EVERYONE)
    assert (ClockState.VOID, midnight("01-19")) == (told.state, told.breached_us)


def test_leaving_that_end_takes_the_void_back() -> None:
    """The same clock runs on from its first start; the days between count for everyone."""
    steps = ("at_unit 01-05", "withdrawn 01-07", "at_unit 01-22")
    told = clock(case(*steps), "01-22", EVERYONE)
    assert (ClockState.BREACHED, 13, midnight("01-19"), midnight("01-05") + 43_200_000_000) == (
        told.state, told.charged, told.breached_us, told.started_us,
    )  # fmt: skip


def test_a_bounce_after_the_stop_is_flagged_and_changes_nothing() -> None:
    """The verdict stands; a clause that starts on the bounce judges the repair."""
    steps = ("received 01-05", "paid 01-08", "bounced 01-09", "paid 02-20")
    repair = clause(id="repair", starts_on="bounced", budget=3)
    first, second = judged(case(*steps), "03-01", clause(), repair).clocks
    assert (ClockState.MET, 3, True) == (first.state, first.charged, first.left_stop)
    assert (ClockState.MISSED, 30, False) == (second.state, second.charged, second.left_stop)


def test_going_on_from_a_stop_is_no_return() -> None:
    """A unit's clause stops when finance has the case: that finance then works on it is no flag."""
    mine = clause(party="unit", starts_on="at_unit returned", stops_on="received")
    going, back = ("at_unit 01-05", "received 01-06", "in_process 01-07"), "returned 01-08"
    assert not clock(case(*going), "01-09", mine).left_stop
    assert clock(case(*going, back), "01-09", mine).left_stop
    booked = clause(stops_on="in_process")
    assert not clock(case(*going, "paid 01-08", "bounced 01-09"), "01-10", booked).left_stop


def test_leaving_an_end_outside_the_path_is_a_return() -> None:
    """Where being taken back is a stop, sending the claim again comes back from it."""
    mine = clause(party="unit", starts_on="at_unit", stops_on="received withdrawn")
    steps = ("at_unit 01-05", "withdrawn 01-06")
    assert not clock(case(*steps), "01-09", mine).left_stop
    assert clock(case(*steps, "at_unit 01-07"), "01-09", mine).left_stop


def test_calendar_days_count_weekends() -> None:
    """A clause in calendar days is charged each date by the same rule of holders."""
    mine = clause(unit=DayUnit.CALENDAR_DAYS)
    told = clock(case("received 01-05", "returned 01-09", "received 01-13"), "01-18", mine)
    assert (ClockState.OPEN, 9, 0, on("01-14")) == (
        told.state, told.charged, told.remaining, told.first_due,
    )  # fmt: skip
    later = clock(case("received 01-05", "returned 01-09", "received 01-13"), "01-19", mine)
    assert (ClockState.BREACHED, midnight("01-19")) == (later.state, later.breached_us)


@pytest.mark.parametrize(
    ("paid", "state", "breach"),
    [("01-10", ClockState.MET, None), ("01-11", ClockState.MISSED, midnight("01-11"))],
)
def test_until_a_date_of_the_case(paid: str, state: ClockState, breach: int | None) -> None:
    """A promise by a date is met on that date, a Saturday too, and missed the day after."""
    mine = clause(budget=None, until="due_on")
    told = clock(case("received 01-05", f"paid {paid}", due_on="2026-01-10"), "02-01", mine)
    assert (state, breach, None, None) == (
        told.state, told.breached_us, told.budget, told.remaining,
    )  # fmt: skip
    assert (on("01-10"), on("01-10")) == (told.first_due, told.due)


def test_until_runs_on_whoever_holds_the_case() -> None:
    """A date does not wait for the case to come back; without a date nothing is breached."""
    mine = clause(budget=None, until="due_on")
    dated = case("received 01-05", "returned 01-06", due_on="2026-01-10")
    undated = case("received 01-05", "returned 01-06")
    assert ClockState.OPEN is clock(dated, "01-10T23:59", mine).state
    assert ClockState.BREACHED is clock(dated, "01-11T00:00", mine).state
    told = clock(undated, "12-31", mine)
    assert (ClockState.OPEN, None) == (told.state, told.due)


def test_marks_are_the_moments_passed() -> None:
    """The warning at its day charged, the breach, and the reminders at working days past it."""
    mine = clause(warn_at=7, reminders=(0, 1, 5))
    told = clock(case("received 01-05"), "01-20", mine)
    assert (
        Mark(MarkKind.WARNED, 7, midnight("01-14")),
        Mark(MarkKind.BREACHED, 0, midnight("01-19")),
        Mark(MarkKind.REMINDER, 0, midnight("01-19")),
        Mark(MarkKind.REMINDER, 1, midnight("01-20")),
    ) == told.marks


def test_marks_stop_with_the_clock() -> None:
    """No reminder falls due after the obligation has ended; a warning once passed stays."""
    mine = clause(warn_at=7, reminders=(0, 5))
    told = clock(case("received 01-05", "paid 01-20"), "03-01", mine)
    kinds = [MarkKind.WARNED, MarkKind.BREACHED, MarkKind.REMINDER]
    assert kinds == [mark.kind for mark in told.marks]
    assert () == clock(case("received 01-05", "paid 01-13"), "03-01", mine).marks


def test_what_begins_tomorrow_is_counted_from_tomorrow() -> None:
    """A source's clock may lead past midnight: a stop is charged to its date, a start from its."""
    mine = clause(party="unit", starts_on="at_unit", stops_on="received")
    stopped = clock(case("at_unit 01-05", "received 01-07T00:02"), "01-06T23:59", mine)
    assert (ClockState.MET, 2) == (stopped.state, stopped.charged)
    booked = clause(stops_on="in_process")
    assert (
        2 == clock(case("received 01-05", "in_process 01-07T00:02"), "01-06T23:59", booked).charged
    )
    started = clock(case("received 01-07T00:02"), "01-06T23:59", clause(budget=1))
    assert (on("01-08"), on("01-08")) == (started.first_due, started.due)


def test_a_budget_of_no_days_is_due_on_the_start() -> None:
    """A clause of no days is met on the day it starts, and breached on the next that counts."""
    mine = clause(budget=0)
    assert ClockState.MET is clock(case("received 01-09", "paid 01-09"), "02-01", mine).state
    told = clock(case("received 01-09"), "01-12", mine)
    assert (on("01-09"), on("01-09"), midnight("01-12")) == (
        told.first_due, told.due, told.breached_us,
    )  # fmt: skip
