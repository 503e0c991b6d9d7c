"""Where a clause's clock starts and stops."""

from __future__ import annotations

import pytest
from sla.model import ClockState, Key

from tests.unit.sla.saying import COUNTED, at, case, clause, clock, judged, midnight, on

NAME = "promise@1#finance"
UNIT_STEP = clause(party="unit", starts_on="at_unit returned", stops_on="received")


def test_from_the_first_start_to_the_first_stop() -> None:
    """A later start or stop changes nothing; the clock names the event that started it."""
    told = clock(
        case("received 01-05", "returned 01-06", "received 01-07", "paid 01-08", "bounced 01-09"),
        "02-01",
    )
    assert (at("01-05"), Key("a-source", "received-01-05")) == (told.started_us, told.start)
    assert at("01-08") == told.stopped_us


def test_a_start_passed_over_starts_at_the_entry_past_it() -> None:
    """Finance that never reports receipt has its days from its next step on."""
    told = clock(case("at_unit 01-05", "in_process 01-07", "paid 01-08"), "02-01")
    assert (at("01-07"), ClockState.MET, 1) == (told.started_us, told.state, told.charged)


def test_the_lowest_of_several_starts_is_passed_over_first() -> None:
    """Entering a stage past the lowest start starts the clock, and one beside it does not."""
    several = clause(party="finance", starts_on="at_unit in_process")
    assert (
        at("01-05")
        == clock(case("received 01-05", "in_process 01-07"), "02-01", several).started_us
    )
    submitted = clause(party="unit", starts_on="at_unit", stops_on="received")
    assert () == judged(case("returned 01-05"), "02-01", submitted).clocks


@pytest.mark.parametrize("end", ["paid", "withdrawn", "cancelled"])
def test_an_end_entered_first_starts_none(end: str) -> None:
    """Where the stop or another end comes without the start, the start was not reported."""
    told = judged(case("at_unit 01-05", f"{end} 01-07"), "02-01")
    assert ((), (NAME,)) == (told.clocks, told.not_reported)


def test_a_start_entered_after_an_end_still_starts() -> None:
    """A claim taken back before finance had it, and sent again, starts like any other."""
    told = judged(
        case("at_unit 01-05", "withdrawn 01-06", "at_unit 01-07", "received 01-08"), "02-01"
    )
    assert ((at("01-08"),), ()) == (
        tuple(one.started_us for one in told.clocks), told.not_reported,
    )  # fmt: skip


def test_an_end_outside_the_path_leaves_the_start_to_be_passed_over() -> None:
    """Taking a claim back passes nothing over: receipt may still go unreported afterwards."""
    steps = ("at_unit 01-05", "withdrawn 01-06", "at_unit 01-07", "in_process 01-08")
    assert at("01-08") == clock(case(*steps), "01-09").started_us


def test_a_bounce_is_no_late_word_of_the_start() -> None:
    """Paid without receipt and then bounced: the bounce does not start the clock of receipt."""
    told = judged(case("at_unit 01-05", "paid 01-07", "bounced 01-08"), "02-01")
    assert ((), (NAME,)) == (told.clocks, told.not_reported)


def test_the_stop_entered_first_is_not_passed_over_later() -> None:
    """The unit's step was never reported; finance's next stage does not start it."""
    told = judged(case("received 01-05", "in_process 01-06"), "02-01", UNIT_STEP)
    assert ((), (NAME,)) == (told.clocks, told.not_reported)


def test_a_clause_on_a_way_back_is_never_passed_over() -> None:
    """Most claims never bounce: a clause of the repair says nothing of them."""
    repair = clause(starts_on="bounced", budget=3)
    resent = clause(party="unit", starts_on="returned", stops_on="at_unit", budget=3)
    told = judged(case("at_unit 01-05", "received 01-06", "paid 01-07"), "02-01", repair, resent)
    assert ((), ()) == (told.clocks, told.not_reported)


def test_nothing_is_said_before_the_start() -> None:
    """As long as neither start nor end came there is no clock and nothing is missing."""
    told = judged(case("at_unit 01-05"), "02-01")
    assert ((), ()) == (told.clocks, told.not_reported)


RELEASED = clause(starts_on="", starts_on_date="released_on", budget=5)


def test_a_date_of_the_case_starts_a_clock() -> None:
    """The date is day 0, and the event named is the first of the case."""
    told = clock(case("received 01-05", released_on="2026-01-12"), "01-14", RELEASED)
    assert (midnight("01-12"), Key("a-source", "received-01-05"), 2) == (
        told.started_us, told.start, told.charged,
    )  # fmt: skip


def test_a_date_to_come_is_awaited() -> None:
    """Before its date there is no clock; the case is looked at again when the date has come."""
    told = judged(case("draft 01-05", released_on="2026-03-12"), "01-14", RELEASED)
    assert ((), midnight("03-12")) == (told.clocks, told.next_check_us)


def test_the_date_itself_is_day_0() -> None:
    """From its first instant on the date has come; who then holds the case has a due date."""
    history = case("received 01-12T00:00", released_on="2026-01-12")
    told = clock(history, "01-12T00:00", RELEASED)
    assert (0, on("01-19")) == (told.charged, told.first_due)


@pytest.mark.parametrize("steps", [("received 01-05", "paid 01-07"), ("paid 01-07",)])
def test_what_was_done_before_its_date_is_met(steps: tuple[str, ...]) -> None:
    """Paid before the release: when the date comes nothing is left to do."""
    told = clock(case(*steps, released_on="2026-01-12"), "02-01", RELEASED)
    assert (ClockState.MET, 0, midnight("01-12")) == (told.state, told.charged, told.stopped_us)


def test_a_date_before_the_case_was_heard_of_charges_nobody() -> None:
    """Days before the first word are no party's; everyone is charged them all the same."""
    history = case("received 01-08", released_on="2026-01-05")
    assert 1 == clock(history, "01-09", RELEASED).charged
    told = clock(history, "01-09", clause(
        party="everyone", starts_on="", starts_on_date="released_on", budget=5
    ))  # fmt: skip
    assert 4 == told.charged


@pytest.mark.parametrize("said", [None, "soon", 5])
def test_a_date_never_told_is_a_start_not_reported(said: object) -> None:
    """Once the case has ended, the missing date is named; before that nothing is."""
    running = judged(case("received 01-05", released_on=said), "02-01", RELEASED)
    ended = judged(case("received 01-05", "paid 01-07", released_on=said), "02-01", RELEASED)
    assert ((), ()) == (running.clocks, running.not_reported)
    assert ((), (NAME,)) == (ended.clocks, ended.not_reported)


def test_everyones_clock_starts_with_the_first_stage_that_counts() -> None:
    """Of several start stages the first one entered starts the clock."""
    told = clock(
        case("draft 01-02", "received 01-05", "paid 01-07"),
        "02-01",
        clause(party="everyone", starts_on=COUNTED),
    )
    assert (at("01-05"), 2) == (told.started_us, told.charged)
