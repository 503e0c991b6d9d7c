"""
What sla speaks of: a case's history, the days charged from it, and the clocks of its clauses.

Instants are whole microseconds since 1970-01-01T00:00Z. An *ordinal* is a date as
`date.toordinal()` numbers it; here always a date in the zone of a calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from contracts.process import Process

from sla.dates import LocalCalendar as LocalCalendar
from sla.dates import local_calendar as local_calendar
from sla.dates import local_ordinal as local_ordinal
from sla.dates import midnight_us as midnight_us

NOBODY = "nobody"
"""The party of a day on which nobody held the case."""


class Key(NamedTuple):
    """An event's identity for ever."""

    source: str
    id: str


class StageRule(NamedTuple):
    """
    What the clocks need to know of a stage.

    `rank`: its place on the path, None outside it. `counts`: the ledger begins with it.
    `ends`: the case waits for nobody there. `detour`: reached only by a way back, beside another
    stage of its rank; who goes forward does not pass it over.
    """

    rank: int | None
    counts: bool
    ends: bool
    detour: bool = False


def stage_rules(process: Process) -> dict[str, StageRule]:
    """
    The rules of *process*'s stages by code.

    Of stages that share a rank the first in the file is the path's, the others are detours: the
    same choice by which status names the stages nobody reported.
    """
    rules: dict[str, StageRule] = {}
    taken: set[int] = set()
    for stage in process.stages.values():
        detour = stage.rank is not None and stage.rank in taken
        rules[stage.code] = StageRule(stage.rank, stage.counts, stage.ends, detour)
        if stage.rank is not None:
            taken.add(stage.rank)
    return rules


class Span(NamedTuple):
    """One holding of the case, in the order of the fold: `since_us` never falls."""

    stage: str
    holder: str
    since_us: int
    anchor: Key


@dataclass(frozen=True, slots=True)
class History:
    """
    What is known of one case.

    `fields`: unit, kind, fund, priority, amount (a decimal string), currency, and its date fields
    (`due_on`, `released_on`) as `2026-01-31`; what nobody said is absent or None.
    """

    case: str
    process: str
    spans: tuple[Span, ...]
    fields: Mapping[str, Any] = field(default_factory=dict)


class Day(NamedTuple):
    """One working day and who is charged for it."""

    date: date
    party: str


class Run(NamedTuple):
    """Dates in a row with one holder: after the date `after`, up to `until`, both ordinals."""

    party: str
    after: int
    until: int


class Ledger(NamedTuple):
    """
    Every working day of a case, charged to exactly one party.

    `first` is day 0, which is charged to nobody and nothing; None before a stage counts.
    The sums of `by_party` are `total` on every case: the service has the database check it.
    """

    first: date | None
    runs: tuple[Run, ...]
    calendar: LocalCalendar

    @property
    def total(self) -> int:
        """The working days from day 0 to the last date charged, however they are shared out."""
        if not self.runs:
            return 0
        until = self.calendar.workdays_until
        return until(self.runs[-1].until) - until(self.runs[0].after)

    @property
    def by_party(self) -> dict[str, int]:
        """Working days by party; a party without any is absent."""
        until = self.calendar.workdays_until
        sums: dict[str, int] = {}
        for party, after, last in self.runs:
            if days := until(last) - until(after):
                sums[party] = sums.get(party, 0) + days
        return sums

    @property
    def days(self) -> tuple[Day, ...]:
        """The days one by one, made when asked for: a year of them costs a tenth of a ms."""
        works, dates = self.calendar.calendar.is_workday, date.fromordinal
        return tuple(
            Day(day, run.party)
            for run in self.runs
            for day in map(dates, range(run.after + 1, run.until + 1))
            if works(day)
        )


class ClockState(StrEnum):
    """How a clock stands; each excludes the others."""

    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    BREACHED = "breached"
    VOID = "void"


class Silence(NamedTuple):
    """A source that could say otherwise and has not told everything yet; since when, if ever."""

    source: str
    since_us: int | None


class MarkKind(StrEnum):
    """What a clock passes on its way."""

    WARNED = "warned"
    BREACHED = "breached"
    REMINDER = "reminder"


class Mark(NamedTuple):
    """
    A moment a clock passed, at its true instant.

    `offset`: days charged at a warning, working days past the breach at a reminder, else 0.
    """

    kind: MarkKind
    offset: int
    at_us: int


class Clock(NamedTuple):
    """
    One clause's clock on one case.

    `clause` is `agreement@version#clause`. `start` is the event it started with; where a date
    starts it, the first event of the case. `charged` counts the clause's days, `remaining` is what
    is left of its budget, never below 0. `first_due` is the due date as told at the start.
    `due` is the date the last budgeted day falls on if nothing moves; None where that cannot be
    said: another party holds the case and days remain, or the clock is void.
    `breached_us` is the true instant at which the budget was passed, whatever came after.
    `marks` are the moments passed that may be told; `undetermined` names the sources for whose
    word a moment passed still waits.
    """

    clause: str
    started_us: int
    start: Key
    stopped_us: int | None
    state: ClockState
    charged: int
    budget: int | None
    remaining: int | None
    first_due: date | None
    due: date | None
    breached_us: int | None
    left_stop: bool
    undetermined: tuple[Silence, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """
    A source, and up to which instant it has told everything; None while that is unknown.

    `units`: those it speaks for, empty for all. `facts`: those of the process that move a stage.
    """

    name: str
    role: str
    units: frozenset[str]
    facts: frozenset[str]
    complete_until_us: int | None


class Judgement(NamedTuple):
    """
    All that may be said of one case at one moment.

    `not_reported`: clauses (`agreement@version#clause`) whose end was told and whose start was not.
    `next_check_us`: when a day is charged next; None when nothing more is.
    """

    ledger: Ledger
    clocks: tuple[Clock, ...]
    not_reported: tuple[str, ...]
    next_check_us: int | None
