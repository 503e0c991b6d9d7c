"""
Clocks: one clause's clock on one case: what is charged, what is left, what was passed and when.

Pure. Rule: docs/architecture/sla.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from contracts.agreement import EVERYONE, Clause

from sla.days import Charge, Course, charge, midnight_of
from sla.hearing import Hearing
from sla.legs import Start, Stop, date_field, find_stop, was_left
from sla.model import NOBODY, Clock, ClockState, Mark, MarkKind, Silence, StageRule


class Setting(NamedTuple):
    """What every clock of one case under one calendar is judged with."""

    course: Course
    stages: Mapping[str, StageRule]
    fields: Mapping[str, Any]
    hearing: Hearing


class _Reading(NamedTuple):
    """A clock as far as it ran: up to the date `end`, with the date its budget was passed on."""

    clause: Clause
    course: Course
    charge: Charge
    end: int
    total: int
    until: int | None
    breached_on: int | None


def read_clock(name: str, clause: Clause, start: Start, setting: Setting) -> Clock:
    """The clock of *clause*, told as *name*, that began with *start*."""
    course = setting.course
    stop = find_stop(clause, course, start)
    void = stop is None and course.ended
    end = course.end if stop is None else stop.on
    reading = _read(clause, course, start, end, setting.fields)
    breached_on = reading.breached_on
    marks = _marks(reading)
    told: tuple[Mark, ...] = marks
    silent: tuple[Silence, ...] = ()
    if stop is None and not void and marks:
        told, silent = _tellable(marks, setting.hearing)
    budget, total = clause.budget, reading.total
    return Clock(
        clause=name,
        started_us=start.at_us,
        start=start.key,
        stopped_us=None if stop is None else stop.at_us,
        state=_state(stop, void, breached_on, told),
        charged=total,
        budget=budget,
        remaining=None if budget is None else max(budget - total, 0),
        first_due=_day(_first_due(reading, start)),
        due=None if void else _day(_due(reading, start, stop)),
        breached_us=None if breached_on is None else midnight_of(course, breached_on),
        left_stop=stop is not None and was_left(course, setting.stages, stop),
        undetermined=silent,
        marks=told,
    )


def _day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def _read(
    clause: Clause, course: Course, start: Start, end: int, fields: Mapping[str, Any]
) -> _Reading:
    """Count, and find the day on which the budget or the date was passed."""
    counted = charge(course, clause.party, clause.unit, start.on, end)
    total, until, breached_on = counted.total, None, None
    if clause.until is not None:
        until = date_field(fields, clause.until)
        breached_on = None if until is None or end <= until else until + 1
    elif clause.budget is not None:
        breached_on = counted.on(clause.budget + 1)
    return _Reading(clause, course, counted, end, total, until, breached_on)


def _state(
    stop: Stop | None, void: bool, breached_on: int | None, told: Sequence[Mark]
) -> ClockState:
    if stop is not None:
        return ClockState.MET if breached_on is None else ClockState.MISSED
    if void:
        return ClockState.VOID
    said = any(mark.kind is MarkKind.BREACHED for mark in told)
    return ClockState.BREACHED if said else ClockState.OPEN


def _first_due(reading: _Reading, start: Start) -> int | None:
    """The due date as told at the start: it stands only where the party then held the case."""
    clause = reading.clause
    if clause.budget is None:
        return reading.until
    if not _holds(reading, start.place):
        return None
    return reading.charge.measure.later(start.on, clause.budget)


def _holds(reading: _Reading, place: int) -> bool:
    """Does the clause's party hold the case in the span *place*?"""
    spans, party = reading.course.spans, reading.clause.party
    holder = spans[place].holder if place >= 0 else NOBODY
    return party in (EVERYONE, holder)


def _due(reading: _Reading, start: Start, stop: Stop | None) -> int | None:
    """When the last budgeted day falls if nothing moves; of a stopped clock, as it then stood."""
    budget = reading.clause.budget
    if budget is None:
        return reading.until
    if reading.total >= budget:
        return reading.charge.on(budget)
    last = len(reading.course.spans) - 1 if stop is None else max(stop.place - 1, start.place)
    if not _holds(reading, last):
        return None
    from_day = max(reading.end, start.on)
    return reading.charge.measure.later(from_day, budget - reading.total)


def _marks(reading: _Reading) -> tuple[Mark, ...]:
    """The moments passed up to the end of the reading, by instant."""
    clause, course = reading.clause, reading.course
    if reading.breached_on is None and (clause.warn_at is None or reading.total < clause.warn_at):
        return ()
    marks: list[Mark] = []
    if clause.warn_at is not None and reading.total >= clause.warn_at:
        day = reading.charge.on(clause.warn_at)
        if day is not None:
            marks.append(Mark(MarkKind.WARNED, clause.warn_at, midnight_of(course, day)))
    if reading.breached_on is not None:
        marks.append(Mark(MarkKind.BREACHED, 0, midnight_of(course, reading.breached_on)))
        marks += _reminders(reading, reading.breached_on)
    return tuple(marks)


def _reminders(reading: _Reading, breached_on: int) -> list[Mark]:
    """One at each offset reached: working days past the breach, whoever holds the case."""
    working, found = reading.course.calendar.working, list[Mark]()
    for offset in reading.clause.reminders:
        day = working.later(breached_on, offset)
        if day <= reading.end:
            at_us = midnight_of(reading.course, day)
            found.append(Mark(MarkKind.REMINDER, offset, at_us))
    return found


def _tellable(
    marks: Sequence[Mark], hearing: Hearing
) -> tuple[tuple[Mark, ...], tuple[Silence, ...]]:
    """Which of *marks* may be told, and whose word the latest of the others waits for."""
    told = tuple(mark for mark in marks if not hearing.silent(mark.at_us))
    waiting = [mark.at_us for mark in marks if mark not in told]
    return told, hearing.silent(max(waiting)) if waiting else ()
