"""
Days: who held the case on each of them, and how many of them are charged.

A date belongs to whom the case was with after all facts dated before it. So everything here is
made of *runs*, dates in a row with one holder, and counted by subtracting, never day by day.
Pure. Rule: docs/architecture/sla.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts.agreement import EVERYONE, DayUnit

from sla.dates import CALENDAR_DAYS, LocalCalendar, Measure, local_ordinal, midnight_us
from sla.model import Ledger, Run, Span, StageRule


class Course(NamedTuple):
    """
    A case's course by the dates of one calendar.

    `dates`: the date of each span's start. `runs`: from the first of them on, without a gap.
    `end`: the last date charged to anyone: the date the case entered the end it stands in, today
    while it stands in none. `today`: the date of now. `ended`: it stands in an end.
    """

    spans: Sequence[Span]
    dates: tuple[int, ...]
    runs: tuple[Run, ...]
    end: int
    today: int
    ended: bool
    calendar: LocalCalendar


def course(
    spans: Sequence[Span],
    stages: Mapping[str, StageRule],
    calendar: LocalCalendar,
    now_us: int,
) -> Course:
    """The course of a case's *spans*, of which there is at least one, as of *now_us*."""
    zone = calendar.zone
    today = local_ordinal(zone, now_us)
    dates = tuple([local_ordinal(zone, span.since_us) for span in spans])
    ended = stages[spans[-1].stage].ends
    end = dates[-1] if ended else today
    # A source's clock may be minutes ahead of ours: a span can begin tomorrow.
    runs = _runs(spans, dates, max(end, dates[-1]))
    return Course(spans, dates, runs, end, today, ended, calendar)


def _runs(spans: Sequence[Span], dates: Sequence[int], last: int) -> tuple[Run, ...]:
    """Holdings in a row; one that began and passed within a date has no day of its own."""
    runs: list[Run] = []
    holder, after = spans[0].holder, dates[0]
    for span, begun in zip(spans, dates, strict=True):
        if begun > after and span.holder != holder:
            runs.append(Run(holder, after, begun))
            after = begun
        holder = span.holder
    if last > after:
        runs.append(Run(holder, after, last))
    return tuple(runs)


def clipped(runs: Sequence[Run], after: int, until: int) -> list[Run]:
    """What of *runs* lies after the date *after* and up to *until*, both ordinals."""
    return [
        Run(run.party, max(run.after, after), min(run.until, until))
        for run in runs
        if run.until > after and run.after < until
    ]


def ledger(
    spans: Sequence[Span],
    stages: Mapping[str, StageRule],
    calendar: LocalCalendar,
    now_us: int,
) -> Ledger:
    """The day ledger of *spans* as of *now_us*; it begins with the first stage that counts."""
    if not spans:
        return Ledger(None, (), calendar)
    return ledger_of(course(spans, stages, calendar, now_us), stages)


def ledger_of(course: Course, stages: Mapping[str, StageRule]) -> Ledger:
    """The day ledger of a case's *course*."""
    for place, span in enumerate(course.spans):
        if stages[span.stage].counts:
            begun = course.dates[place]
            charged = clipped(course.runs, begun, course.end)
            return Ledger(date.fromordinal(begun), tuple(charged), course.calendar)
    return Ledger(None, (), course.calendar)


def measure(calendar: LocalCalendar, unit: DayUnit) -> Measure:
    """How days of *unit* are counted on *calendar*."""
    return CALENDAR_DAYS if unit is DayUnit.CALENDAR_DAYS else calendar.working


class Charge(NamedTuple):
    """The days charged to one clause's party from the date `start` on: `runs`, in order."""

    measure: Measure
    start: int
    runs: Sequence[Run]

    @property
    def total(self) -> int:
        """How many days are charged."""
        until, total = self.measure.until, 0
        for run in self.runs:
            total += until(run.until) - until(run.after)
        return total

    def on(self, place: int) -> int | None:
        """The ordinal of the day charged as number *place*, None if there is none; 0 starts."""
        if place <= 0:
            return self.start
        for run in self.runs:
            days = self.measure.until(run.until) - self.measure.until(run.after)
            if place <= days:
                return self.measure.later(run.after, place)
            place -= days
        return None


def charge(course: Course, party: str, unit: DayUnit, start: int, end: int) -> Charge:
    """
    The days of *party* after the date *start* up to the date *end*.

    `everyone` is charged each of them, nobody's too, and those before the case was first heard of.
    """
    how = measure(course.calendar, unit)
    if party == EVERYONE:
        return Charge(how, start, (Run(EVERYONE, start, end),) if end > start else ())
    mine = [run for run in course.runs if run.party == party]
    return Charge(how, start, clipped(mine, start, end) if mine else ())


def midnight_of(course: Course, ordinal: int) -> int:
    """The first instant of the date *ordinal* in the zone of the *course*."""
    return midnight_us(course.calendar.zone, ordinal)
