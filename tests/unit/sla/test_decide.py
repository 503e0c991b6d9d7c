"""One judgement: which version speaks, who may still say otherwise, when to look again."""

from __future__ import annotations

import pytest
from chassis.workdays import Calendar
from contracts.agreement import When
from sla.decide import judge
from sla.model import ClockState, History, LocalCalendar, MarkKind, Silence, Source, StageRule

from tests.unit.sla.saying import (
    STAGES,
    WEEKENDS,
    agreement,
    at,
    case,
    clause,
    clock,
    judged,
    midnight,
    on,
    source,
)

LATE = ("received 01-05",)
BREACH = midnight("01-19")


# Completeness.


def test_a_breach_waits_for_every_source_that_could_say_otherwise() -> None:
    """Until then the clock is open and names whom it waits for; the instant is the true one."""
    told = clock(case(*LATE), "01-19T00:05", sources=[source("erp", "01-18"), source("bank")])
    assert (ClockState.OPEN, BREACH) == (told.state, told.breached_us)
    assert (Silence("erp", at("01-18")), Silence("bank", None)) == told.undetermined


def test_complete_to_the_end_of_the_day_before_is_enough() -> None:
    """Facts of the day too many cannot undo it: a nightly source need not be waited for twice."""
    nightly = source()
    short = nightly.__class__(*_complete(nightly, BREACH - 2))
    enough = nightly.__class__(*_complete(nightly, BREACH - 1))
    assert ClockState.OPEN is clock(case(*LATE), "01-19T02:00", sources=[short]).state
    told = clock(case(*LATE), "01-19T02:00", sources=[enough])
    assert (ClockState.BREACHED, ()) == (told.state, told.undetermined)


def _complete(one: Source, until_us: int) -> tuple[object, ...]:
    return (one.name, one.role, one.units, one.facts, until_us)


def test_sources_that_cannot_move_the_case_are_not_waited_for() -> None:
    """One of another unit, and one that can move no stage, have no say."""
    others = [source(units=frozenset({"arts"})), source(facts=frozenset())]
    told = clock(case(*LATE, unit="science"), "01-19T00:05", sources=others)
    assert ClockState.BREACHED is told.state
    own = source("science-unit", units=frozenset({"science", "arts"}))
    assert ClockState.OPEN is clock(
        case(*LATE, unit="science"), "01-19T00:05", sources=[own]
    ).state  # fmt: skip


def test_where_the_unit_is_unknown_any_units_source_could_speak() -> None:
    """A case nobody gave a unit to may be any unit's."""
    told = clock(case(*LATE), "01-19T00:05", sources=[source(units=frozenset({"arts"}))])
    assert (ClockState.OPEN, 1) == (told.state, len(told.undetermined))


@pytest.mark.parametrize(
    ("last", "state"), [("paid 01-27", ClockState.MISSED), ("withdrawn 01-27", ClockState.VOID)]
)
def test_what_was_reported_needs_nobody_elses_word(last: str, state: ClockState) -> None:
    """Missed and void rest on a fact that was told, not on silence."""
    told = clock(case(*LATE, last), "02-01", sources=[source()])
    assert (state, BREACH, ()) == (told.state, told.breached_us, told.undetermined)


def test_warnings_and_reminders_wait_like_breaches() -> None:
    """Each moment may be told once all are complete past it, the later ones later."""
    mine = clause(warn_at=7, reminders=(0, 3))
    told = clock(case(*LATE), "01-23", mine, sources=[source("erp", "01-20")])
    kinds = [MarkKind.WARNED, MarkKind.BREACHED, MarkKind.REMINDER]
    assert kinds == [mark.kind for mark in told.marks]
    assert (Silence("erp", at("01-20")),) == told.undetermined
    assert () == clock(case(*LATE), "01-23", mine, sources=[source()]).marks


def test_all_whose_word_the_latest_moment_waits_for_are_named() -> None:
    """A source complete past the breach and not past the reminder is waited for too."""
    two = [source("erp", "01-12"), source("bank", "01-20")]
    told = clock(case(*LATE), "01-23", clause(reminders=(3,)), sources=two)
    assert ["erp", "bank"] == [silence.source for silence in told.undetermined]


# Versions.


def test_the_version_in_force_on_the_date_the_clock_starts() -> None:
    """A clock keeps the version of its start, however many follow it."""
    old = agreement(clause(budget=9))
    new = agreement(clause(budget=5), version=2, valid_from=on("02-01"))
    both = [old, new]
    before = clock(case("received 01-30"), "02-10", agreements=both)
    after = clock(case("received 02-02"), "02-10", agreements=both)
    assert ("promise@1#finance", 9) == (before.clause, before.budget)
    assert ("promise@2#finance", 5) == (after.clause, after.budget)


def test_no_clock_outside_the_dates_of_an_agreement() -> None:
    """Before its first and after its last date an agreement binds nobody."""
    bounded = agreement(valid_from=on("01-06"), valid_until=on("01-07"))
    started = {
        day: len(judged(case(f"received {day}"), "02-10", agreements=[bounded]).clocks)
        for day in ("01-05", "01-06", "01-07", "01-08")
    }
    assert {"01-05": 0, "01-06": 1, "01-07": 1, "01-08": 0} == started


def test_the_start_date_is_that_of_the_agreements_zone() -> None:
    """A start late in the evening UTC is the next day's in Bangkok."""
    new = agreement(valid_from=on("01-06"))
    late = case("received 01-05T23:30")
    utc = LocalCalendar(Calendar(), "UTC")
    moved = History(
        "c", "disbursement", (late.spans[0]._replace(since_us=at("01-05T23:30", "UTC")),)
    )
    assert 1 == len(judged(moved, "02-10", agreements=[new]).clocks)
    assert 0 == len(judged(moved, "02-10", agreements=[new], calendar=utc).clocks)


def test_versions_that_place_the_start_apart() -> None:
    """The first start that lies within its own version's dates holds."""
    old = agreement(clause(starts_on="received"))
    new = agreement(clause(starts_on="in_process"), version=2, valid_from=on("02-01"))
    told = clock(case("received 01-30", "in_process 02-03"), "02-10", agreements=[new, old])
    assert ("promise@1#finance", at("01-30")) == (told.clause, told.started_us)


def test_agreements_of_another_process_say_nothing() -> None:
    """A case is judged by the agreements of its own process."""
    other = agreement(process="advance")
    assert () == judged(case(*LATE), "02-10", agreements=[other]).clocks


def test_an_older_process_version_may_lack_a_stage() -> None:
    """A clause that names a stage the case's version does not have runs by the others."""
    stages: dict[str, StageRule] = {k: v for k, v in STAGES.items() if k != "bounced"}
    mine = clause(starts_on="received bounced")
    assert at("01-05") == clock(case(*LATE), "01-06", mine, stages=stages).started_us


# Matching.


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        (When(), True),
        (When(kinds=frozenset({"travel"})), True),
        (When(kinds=frozenset({"salary"})), False),
        (When(funds=frozenset({"research"})), False),
        (When(priorities=frozenset({"urgent"})), True),
        (When(units=frozenset({"science"})), True),
        (When(amount_min="100.00", currency="THB"), True),
        (When(amount_min="100.01", currency="THB"), False),
        (When(amount_max="100", currency="THB"), True),
        (When(amount_max="99.99", currency="THB"), False),
        (When(amount_min="1.00", currency="EUR"), False),
        (When(kinds=frozenset({"travel"}), units=frozenset({"arts"})), False),
    ],
)
def test_a_clause_is_about_the_cases_its_conditions_name(when: When, matches: bool) -> None:
    """All conditions must hold; amounts include their bounds; what is not said does not match."""
    history = case(
        *LATE, kind="travel", priority="urgent", unit="science", amount="100.00", currency="THB"
    )
    assert matches == bool(judged(history, "01-06", clause(when=when)).clocks)


def test_an_amount_not_said_fits_no_bound() -> None:
    """A clause for large amounts is not about a case without one."""
    bounded = clause(when=When(amount_max="100.00", currency="THB"))
    assert () == judged(case(*LATE, currency="THB"), "01-06", bounded).clocks


# When to look again.


def test_a_running_clock_is_looked_at_each_midnight() -> None:
    """A day is charged at each local midnight, whoever holds the case."""
    assert midnight("01-07") == judged(case(*LATE), "01-06T23:59").next_check_us
    assert midnight("01-08") == judged(case(*LATE), "01-07T00:00").next_check_us
    assert midnight("02-02") == judged(case(*LATE), "02-01").next_check_us


def test_a_growing_ledger_is_looked_at_though_no_clock_runs() -> None:
    """Days used are read and never computed elsewhere: an unfinished ledger ticks by itself."""
    assert midnight("01-07") == judged(case("at_unit 01-05"), "01-06").next_check_us
    bounced = case("received 01-05", "paid 01-06", "bounced 01-07")
    assert midnight("01-09") == judged(bounced, "01-08").next_check_us


@pytest.mark.parametrize("steps", [("received 01-05", "paid 01-06"), ("draft 01-05",)])
def test_nothing_more_is_looked_at_where_nothing_more_is_charged(steps: tuple[str, ...]) -> None:
    """An ended case and a draft wait for facts alone."""
    assert judged(case(*steps), "02-01").next_check_us is None


def test_a_case_without_a_stage_has_nothing() -> None:
    """Before a fact asserted a stage there is neither day nor clock."""
    told = judged(case(), "02-01")
    assert ((), (), None, 0) == (
        told.clocks, told.not_reported, told.next_check_us, told.ledger.total,
    )  # fmt: skip


def test_which_calendar_the_ledger_is_kept_in() -> None:
    """The one named; else that of the process's first agreement; else the first there is."""
    holiday = LocalCalendar(Calendar(frozenset({on("01-06")})), WEEKENDS.zone)
    calendars = {"a-holiday": holiday, "weekends": WEEKENDS}
    given = (case(*LATE), STAGES)
    named = judge(*given, [agreement()], calendars, (), at("01-06"), "a-holiday")
    first = judge(*given, [agreement()], calendars, (), at("01-06"))
    none = judge(*given, [], calendars, (), at("01-06"))
    assert [0, 1, 0] == [told.ledger.total for told in (named, first, none)]
    versions = [agreement(), agreement(version=2, calendar="a-holiday")]
    assert 0 == judge(*given, versions, calendars, (), at("01-06")).ledger.total
