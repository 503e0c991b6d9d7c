"""
What is true of one case at one moment: its ledger, its clocks, and when to look again.

`judge` is the one decision of sla. It is a function of what it is given and of nothing else, so a
replay of old facts gives the verdicts that were given live. Rule: docs/architecture/sla.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from contracts.agreement import Agreement

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
from sla.terms import Term, Terms, terms_of

RUNNING = (ClockState.OPEN, ClockState.BREACHED)
BEST_FIRST = (Start, Unreported, Awaited)


class _Found(NamedTuple):
    """A clause that has something to say of the case, in the version that is in force for it."""

    term: Term
    told: Told

    def before(self, other: _Found) -> bool:
        """Does this version's word come first? A start counts before any other word."""
        mine, theirs = BEST_FIRST.index(type(self.told)), BEST_FIRST.index(type(other.told))
        return (mine, self.told.on) < (theirs, other.told.on)


class _Courses(dict[str, Course]):
    """The case's course by the dates of each calendar, made when first asked for."""

    def __init__(self, history: History, terms: Terms, now_us: int) -> None:
        self._given = (history.spans, terms, now_us)

    def __missing__(self, calendar: str) -> Course:
        spans, terms, now_us = self._given
        made = self[calendar] = course(spans, terms.stages, terms.calendars[calendar], now_us)
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
    all agreements, *calendars* are by name. The ledger is kept in *ledger_calendar*, or where
    `terms.calendar_of_ledger` says. Raises `KeyError` for a stage or calendar that is not given.
    """
    terms = terms_of(history.process, stages, agreements, calendars, ledger_calendar)
    return judge_by(terms, history, sources, now_us)


def judge_by(terms: Terms, history: History, sources: Sequence[Source], now_us: int) -> Judgement:
    """The same by *terms* that were made ready before: those of the case's process version."""
    books = terms.books
    if not history.spans:
        return Judgement(Ledger(None, (), terms.calendars[books]), (), (), None)
    courses = _Courses(history, terms, now_us)
    found = _find(terms, history, courses)
    hearing = Hearing(sources, history.fields.get("unit"))
    clocks: list[Clock] = []
    not_reported: list[str] = []
    for term, told in found:
        if type(told) is Start:
            place = courses[term.agreement.calendar]
            setting = Setting(place, terms.stages, history.fields, hearing)
            clocks.append(read_clock(term.name, term.clause, told, setting))
        elif type(told) is Unreported:
            not_reported.append(term.name)
    ledger = ledger_of(courses[books], terms.stages)
    grows = ledger.first is not None and not courses[books].ended
    next_check_us = _next_check_us(found, clocks, courses, books if grows else None)
    return Judgement(ledger, tuple(clocks), tuple(not_reported), next_check_us)


def _find(terms: Terms, history: History, courses: _Courses) -> list[_Found]:
    """
    Each clause's start, or what is known in its place, in the version in force on that very date.

    Two versions may place the start differently; the earlier one that was in force then holds.
    """
    found: dict[tuple[str, str], _Found] = {}
    for term in terms.clauses:
        agreement, clause = term.agreement, term.clause
        if not (term.for_all or applies(clause.when, history.fields)):
            continue
        place = courses[agreement.calendar]
        told = find_start(clause, term.lowest, place, terms.stages, history.fields)
        if told is None or not term.in_force(told.on):
            continue
        one, key = _Found(term, told), (agreement.name, clause.id)
        other = found.get(key)
        if other is None or one.before(other):
            found[key] = one
    return list(found.values())


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
    for term, told in found:
        calendar = term.agreement.calendar
        if type(told) is Awaited:
            midnights.append(midnight_of(courses[calendar], told.on))
        elif running and term.name in running:
            charging.add(calendar)
    midnights += [midnight_of(courses[name], courses[name].today + 1) for name in charging]
    return min(midnights, default=None)
