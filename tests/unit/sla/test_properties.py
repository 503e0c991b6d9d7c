"""What holds of every case, drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.agreement import Clause
from hypothesis import given
from hypothesis import strategies as st
from sla.days import ledger
from sla.decide import judge
from sla.model import Clock, ClockState, History, Judgement, LocalCalendar, MarkKind, Source

from tests.unit.sla.drawn import calendars, clauses, histories, now_after
from tests.unit.sla.saying import COUNTED, STAGES, agreement, clause, source

FINAL = (ClockState.MET, ClockState.MISSED, ClockState.VOID)


def said(
    history: History,
    calendar: LocalCalendar,
    now_us: int,
    mine: Clause,
    sources: tuple[Source, ...] = (),
) -> Judgement:
    """The judgement of one clause."""
    return judge(history, STAGES, [agreement(mine)], {"weekends": calendar}, sources, now_us)


def local(us: int, zone: str) -> date:
    """The date of an instant, without the core's arithmetic."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).astimezone(
        ZoneInfo(zone)
    ).date()  # fmt: skip


@given(histories(), calendars, now_after)
def test_each_working_day_has_exactly_one_party(
    history: History, calendar: LocalCalendar, ahead_us: int
) -> None:
    """The parts sum to the whole, and each day is his who held the case after the facts before."""
    spans = history.spans
    now_us = spans[-1].since_us + ahead_us
    told = ledger(spans, STAGES, calendar, now_us)
    assert told.total == sum(told.by_party.values()) == len(told.days)
    dated = [(local(span.since_us, calendar.zone), span) for span in spans]
    counted = [day for day, span in dated if span.stage in COUNTED]
    assert (counted[0] if counted else None) == told.first
    if not counted:
        assert () == told.days
        return
    end = dated[-1][0] if STAGES[spans[-1].stage].ends else local(now_us, calendar.zone)
    expected, day = [], counted[0] + timedelta(days=1)
    while day <= end:
        if calendar.calendar.is_workday(day):
            expected.append((day, [span.holder for begun, span in dated if begun < day][-1]))
        day += timedelta(days=1)
    assert expected == [tuple(one) for one in told.days]


@given(histories(), calendars, now_after)
def test_parties_and_nobody_make_up_everyone(
    history: History, calendar: LocalCalendar, ahead_us: int
) -> None:
    """On one leg the clauses of each party and nobody's days sum to the clause of everyone."""
    now_us = history.spans[-1].since_us + ahead_us
    clocks = [
        said(history, calendar, now_us, clause(party=party, starts_on=COUNTED)).clocks
        for party in ("unit", "finance", "payee", "bank", "everyone")
    ]
    if not clocks[-1]:
        return
    *parties, everyone = [one.charged for (one,) in clocks]
    assert sum(parties) <= everyone
    if all(span.holder != "nobody" for span in history.spans[:-1]):
        assert sum(parties) == everyone


@given(histories(), calendars, clauses(), now_after)
def test_the_states_are_what_they_say(
    history: History, calendar: LocalCalendar, mine: Clause, ahead_us: int
) -> None:
    """Stopped is met or missed by its breach alone; the rest are void by the end, else run."""
    now_us = history.spans[-1].since_us + ahead_us
    for told in said(history, calendar, now_us, mine).clocks:
        passed = told.breached_us is not None
        assert (told.stopped_us is not None) == (told.state in FINAL[:2])
        if told.stopped_us is not None:
            assert (ClockState.MISSED if passed else ClockState.MET) is told.state
        elif STAGES[history.spans[-1].stage].ends:
            assert ClockState.VOID is told.state
        else:
            assert (ClockState.BREACHED if passed else ClockState.OPEN) is told.state
        if mine.budget is not None:
            assert passed == (told.charged > mine.budget)
            assert max(mine.budget - told.charged, 0) == told.remaining


@given(histories(), calendars, clauses(), now_after, st.integers(0, 40 * 86_400_000_000))
def test_nothing_changes_before_the_next_check(
    history: History, calendar: LocalCalendar, mine: Clause, ahead_us: int, later_us: int
) -> None:
    """Until the instant told, another look finds the very same; where none is told, for ever."""
    now_us = history.spans[-1].since_us + ahead_us
    first = said(history, calendar, now_us, mine)
    check_us = first.next_check_us
    assert check_us is None or check_us > now_us
    then_us = now_us + later_us if check_us is None else min(now_us + later_us, check_us - 1)
    assert first == said(history, calendar, then_us, mine)


@given(histories(), calendars, clauses(), now_after)
def test_a_breach_begins_at_its_instant(
    history: History, calendar: LocalCalendar, mine: Clause, ahead_us: int
) -> None:
    """A running clock was not breached the microsecond before, and was from its instant on."""
    last_us = history.spans[-1].since_us
    for told in said(history, calendar, last_us + ahead_us, mine).clocks:
        at_us = told.breached_us
        if told.state is not ClockState.BREACHED or at_us is None or at_us <= last_us:
            continue
        before = clock_of(said(history, calendar, at_us - 1, mine))
        after = clock_of(said(history, calendar, at_us, mine))
        assert (ClockState.BREACHED, at_us) == (after.state, after.breached_us)
        assert before is None or (ClockState.OPEN, None) == (before.state, before.breached_us)


def clock_of(told: Judgement) -> Clock | None:
    """The one clock, where there is one."""
    return told.clocks[0] if told.clocks else None


@given(histories(), calendars, clauses(), now_after, st.integers(-40, 40))
def test_silence_takes_back_the_word_and_nothing_else(
    history: History, calendar: LocalCalendar, mine: Clause, ahead_us: int, days: int
) -> None:
    """A source behind leaves a breach untold; count, dates and instants are as without it."""
    now_us = history.spans[-1].since_us + ahead_us
    until_us = now_us + days * 86_400_000_000
    erp = replace(source(), complete_until_us=until_us)
    silent = clock_of(said(history, calendar, now_us, mine, (erp,)))
    spoken = clock_of(said(history, calendar, now_us, mine))
    if silent is None or spoken is None:
        assert silent is spoken
        return
    waits = [mark for mark in spoken.marks if mark.at_us - 1 > until_us]
    waits = [] if spoken.state in FINAL else waits
    assert bool(waits) == bool(silent.undetermined)
    assert tuple(mark for mark in spoken.marks if mark not in waits) == silent.marks
    untold = any(mark.kind is MarkKind.BREACHED for mark in waits)
    assert (ClockState.OPEN if untold else spoken.state) is silent.state
    assert spoken == silent._replace(state=spoken.state, undetermined=(), marks=spoken.marks)


@given(histories(), calendars, clauses(), now_after)
def test_the_due_date_is_when_the_last_day_falls(
    history: History, calendar: LocalCalendar, mine: Clause, ahead_us: int
) -> None:
    """Standing still, a clock is open on the day it is due and past its budget the day charged."""
    now_us = history.spans[-1].since_us + ahead_us
    told = clock_of(said(history, calendar, now_us, mine))
    if told is None or told.state is not ClockState.OPEN or told.due is None or told.remaining == 0:
        return
    noon = datetime(told.due.year, told.due.month, told.due.day, 12, tzinfo=ZoneInfo(calendar.zone))
    on_it_us = int(noon.timestamp()) * 1_000_000
    if on_it_us <= now_us:
        return
    then = clock_of(said(history, calendar, on_it_us, mine))
    assert then is not None
    assert (ClockState.OPEN, told.due) == (then.state, then.due)
    assert then.remaining in (0, None)
