"""
What is true of one case at one moment: its ledger, its clocks, and when to look again.

`judge` is the one decision of sla. It is a function of what it is given and of nothing else, so a
replay of old facts gives the verdicts that were given live. Rule: docs/architecture/sla.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts.agreement import Agreement, Clause

from sla.clocks import Setting, read_clock
from sla.days import Course, course, ledger_of, midnight_of
from sla.hearing import Hearing
from sla.legs import Awaited, Start, Told, Unreported, find_start
from sla.matching import applies
from sla.model import (
    Clock,
    ClockState,
    History,
    Judgement,
    Ledger,
    LocalCalendar,
    Source,
    StageRule,
)

RUNNING = (ClockState.OPEN, ClockState.BREACHED)
BEST_FIRST = (Start, Unreported, Awaited)


class _Found(NamedTuple):
    """A clause that has something to say of the case, in the version that is in force for it."""

    agreement: Agreement
    clause: Clause
    told: Told

    @property
    def name(self) -> str:
        """How verdicts name the clause."""
        return f"{self.agreement.name}@{self.agreement.version}#{self.clause.id}"

    def before(self, other: _Found | None) -> bool:
        """Does this version's word come first? A start counts before any other word."""
        if other is None:
            return True
        mine, theirs = BEST_FIRST.index(type(self.told)), BEST_FIRST.index(type(other.told))
        return (mine, self.told.on) < (theirs, other.told.on)


class _Courses:
    """The case's course by the dates of each calendar, made when first asked for."""

    def __init__(
        self,
        history: History,
        stages: Mapping[str, StageRule],
        calendars: Mapping[str, LocalCalendar],
        now_us: int,
    ) -> None:
        self._given = (history.spans, stages, calendars, now_us)
        self._made: dict[str, Course] = {}

    def __getitem__(self, calendar: str) -> Course:
        made = self._made.get(calendar)
        if made is None:
            spans, stages, calendars, now_us = self._given
            made = self._made[calendar] = course(spans, stages, calendars[calendar], now_us)
        return made


def judge(
    history: History,
    stages: Mapping[str, StageRule],
    agreements: Sequence[Agreement],
    calendars: Mapping[str, LocalCalendar],
    sources: Sequence[Source],
    now_us: int,
    ledger_calendar: str | None = None,
) -> Judgement:
    """
    Say all that may be said of *history* at *now_us*.

    *stages* are those of the process version the case is pinned to, *agreements* all versions of
    all agreements, *calendars* are by name. The ledger is kept in *ledger_calendar*; where none is
    named, in that of the process's first agreement by name, newest version; where there is none,
    in the first calendar by name. Raises `KeyError` for a stage or calendar that is not given.
    """
    mine = [agreement for agreement in agreements if agreement.process == history.process]
    books = ledger_calendar or _calendar_of(mine, calendars)
    if not history.spans:
        return Judgement(Ledger(None, (), calendars[books]), (), (), None)
    courses = _Courses(history, stages, calendars, now_us)
    found = _find(history, mine, courses, stages)
    hearing = Hearing(sources, history.fields.get("unit"))
    clocks: list[Clock] = []
    for one in found:
        if isinstance(one.told, Start):
            place = courses[one.agreement.calendar]
            setting = Setting(place, stages, history.fields, hearing)
            clocks.append(read_clock(one.name, one.clause, one.told, setting))
    ledger = ledger_of(courses[books], stages)
    grows = ledger.first is not None and not courses[books].ended
    return Judgement(
        ledger=ledger,
        clocks=tuple(clocks),
        not_reported=tuple([one.name for one in found if isinstance(one.told, Unreported)]),
        next_check_us=_next_check_us(found, clocks, courses, books if grows else None),
    )


def _calendar_of(mine: Sequence[Agreement], calendars: Mapping[str, LocalCalendar]) -> str:
    """The calendar the ledger is kept in where nobody names one."""
    if not mine:
        return min(calendars)
    return min(mine, key=lambda agreement: (agreement.name, -agreement.version)).calendar


def _find(
    history: History,
    mine: Sequence[Agreement],
    courses: _Courses,
    stages: Mapping[str, StageRule],
) -> list[_Found]:
    """
    Each clause's start, or what is known in its place, in the version in force on that very date.

    Two versions may place the start differently; the earlier one that was in force then holds.
    """
    found: dict[tuple[str, str], _Found] = {}
    for agreement in mine:
        place = courses[agreement.calendar]
        for clause in agreement.clauses:
            if not applies(clause.when, history.fields):
                continue
            told = find_start(clause, place, stages, history.fields)
            if told is None or not _in_force(agreement, told.on, mine):
                continue
            one = _Found(agreement, clause, told)
            if one.before(found.get((agreement.name, clause.id))):
                found[agreement.name, clause.id] = one
    return list(found.values())


def _in_force(agreement: Agreement, on: int, mine: Sequence[Agreement]) -> bool:
    """Is *agreement* the newest version whose dates include the date *on*?"""
    day = date.fromordinal(on)
    if not _includes(agreement, day):
        return False
    for other in mine:
        newer = other.version > agreement.version and other.name == agreement.name
        if newer and _includes(other, day):
            return False
    return True


def _includes(agreement: Agreement, day: date) -> bool:
    until = agreement.valid_until
    return agreement.valid_from <= day and (until is None or day <= until)


def _next_check_us(
    found: Sequence[_Found], clocks: Sequence[Clock], courses: _Courses, counting: str | None
) -> int | None:
    """
    The next midnight at which a day is charged to the ledger or to a clock, or a date starts one.

    *counting* is the calendar of the ledger while it still grows.
    None when only a new fact, a source's word or a new rule can change anything.
    """
    running = {clock.clause for clock in clocks if clock.state in RUNNING}
    charging = {counting} if counting is not None else set()
    midnights = []
    for one in found:
        calendar = one.agreement.calendar
        if isinstance(one.told, Awaited):
            midnights.append(midnight_of(courses[calendar], one.told.on))
        elif running and one.name in running:
            charging.add(calendar)
    midnights += [midnight_of(courses[name], courses[name].today + 1) for name in charging]
    return min(midnights, default=None)
