"""
Legs: where a clause's clock starts on a case, and where it stops.

Pure. Rule: docs/architecture/sla.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from contracts.agreement import Clause

from sla.days import Course, midnight_of
from sla.model import Key, StageRule


class Start(NamedTuple):
    """
    Where a clock starts: the instant, its date, the event, and the span it then stands in.

    `place` is -1 where a date starts the clock before the case was first heard of.
    """

    at_us: int
    on: int
    key: Key
    place: int


class Unreported(NamedTuple):
    """The end of a clause was told, and its start was not; `on` is the date of that word."""

    on: int


class Awaited(NamedTuple):
    """The date `on` starts the clock, and has not come yet."""

    on: int


Told = Start | Unreported | Awaited


class Stop(NamedTuple):
    """Where a clock stops: the instant, its date, and the span that stops it."""

    at_us: int
    on: int
    place: int


@lru_cache(maxsize=4096)
def date_of(text: str) -> int | None:
    """The ordinal of `2026-01-31`, None where *text* is no date."""
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return None


def date_field(fields: Mapping[str, Any], name: str) -> int | None:
    """The ordinal of the date the case's field *name* says, None where it says none."""
    said = fields.get(name)
    return date_of(said) if isinstance(said, str) else None


def find_start(
    clause: Clause,
    lowest: int | None,
    course: Course,
    stages: Mapping[str, StageRule],
    fields: Mapping[str, Any],
) -> Told | None:
    """
    What is known of the start of *clause*'s clock; None as long as nothing is.

    *lowest* is what `lowest_rank` says of the clause: the same for every case of its stages.
    """
    if clause.starts_on_date is not None:
        return _start_by_date(clause, course, stages, date_field(fields, clause.starts_on_date))
    return _start_by_stage(clause, lowest, course, stages)


def _start_by_date(
    clause: Clause, course: Course, stages: Mapping[str, StageRule], on: int | None
) -> Told | None:
    if on is None:
        for span, told in zip(course.spans, course.dates, strict=True):
            if span.stage in clause.stops_on or stages[span.stage].ends:
                return Unreported(told)
        return None
    if on > course.today:
        return Awaited(on)
    at_us = midnight_of(course, on)
    place = sum([span.since_us <= at_us for span in course.spans]) - 1
    return Start(at_us, on, course.spans[0].anchor, place)


def _start_by_stage(
    clause: Clause, lowest: int | None, course: Course, stages: Mapping[str, StageRule]
) -> Start | Unreported | None:
    """
    The first entry into a start stage, or past it while nothing was told that closes the path.

    The stop itself, and an end that lies on the path, close it: what comes after them in a higher
    rank (a bounce) is no late word of the start.
    """
    unreported, closed = None, False
    for place, span in enumerate(course.spans):
        rule = stages[span.stage]
        over = lowest is not None and rule.rank is not None and rule.rank > lowest
        if not rule.ends and span.stage in clause.starts_on:
            return Start(span.since_us, course.dates[place], span.anchor, place)
        if rule.ends or span.stage in clause.stops_on:
            unreported = unreported or Unreported(course.dates[place])
            closed = closed or rule.rank is not None
        elif over and not closed:
            return Start(span.since_us, course.dates[place], span.anchor, place)
    return None if lowest is None else unreported


def lowest_rank(clause: Clause, stages: Mapping[str, StageRule]) -> int | None:
    """Past which rank the start is passed over; None where it lies on no path forward."""
    lowest = None
    for stage in clause.starts_on:
        # An older version of the process, to which a case is pinned, may not have the stage.
        rule = stages.get(stage)
        if rule is None or rule.rank is None or rule.detour:
            continue
        if lowest is None or rule.rank < lowest:
            lowest = rule.rank
    return lowest


def find_stop(clause: Clause, course: Course, start: Start) -> Stop | None:
    """
    The first stop after *start*.

    Where a date starts the clock, the stop may have been reached before: nothing was left to do.
    """
    spans, stops = course.spans, clause.stops_on
    by_date = clause.starts_on_date is not None
    if by_date and start.place >= 0 and spans[start.place].stage in stops:
        return Stop(start.at_us, start.on, start.place)
    for place in range(start.place + 1, len(spans)):
        if spans[place].stage in stops:
            return Stop(spans[place].since_us, course.dates[place], place)
    return None


def was_left(course: Course, stages: Mapping[str, StageRule], stop: Stop) -> bool:
    """Did the case come back from the stop? Going on from it along the path is no return."""
    here = stages[course.spans[stop.place].stage].rank
    for span in course.spans[stop.place + 1 :]:
        rank = stages[span.stage].rank
        if here is None or (rank is not None and rank < here):
            return True
    return False
