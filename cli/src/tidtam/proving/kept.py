"""
Did the dates hold by which cases were said to be paid? Measured, never the nominal share.

A play is faster than life: a stay of an hour may be over before anything is told of it. What would
have been told is known all the same, for it depends on the date, the stage, the kind and the unit
alone: it is what was told that day of another case like it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from chassis.workdays import Calendar, workdays_between
from contracts.calendar import CalendarRules

from tidtam.proving.answer import Answer
from tidtam.proving.rules import PAID
from tidtam.proving.verdicts import Verdicts

PERCENTILES = (50, 85)
WAIT_DAYS = 3
"""A nightly source tells an entry the next day; over a weekend the lesson is still the same."""


class Kind(NamedTuple):
    """What a lesson is about: cases alike are those of one stage, kind and unit."""

    stage: str
    kind: str | None
    unit: str | None


class Entry(NamedTuple):
    """A paid case's entry into a stage: working days from there to the payment."""

    of: Kind
    on: date
    days: int
    paid_on: date


Lessons = Mapping[Kind, Mapping[date, Sequence[int]]]
"""By what it is about, and by the date it was told: the days of half, and of 85 of 100."""


def paid_by(
    answer: Answer, verdicts: Verdicts, stages: Iterable[str], calendar: CalendarRules
) -> list[dict[str, Any]]:
    """
    For each of *stages* and each percentile the share of the dates told that held.

    Of cases that were paid, and in the second half of the run alone: since the date by which half
    of their entries were followed by a payment. Before, there is little to learn from. A stage of
    which no date was told is left out.
    """
    place = _Place(calendar)
    entries = [one for case in answer.standing() for one in place.entries(case)]
    ends = sorted(one.paid_on for one in entries)
    lessons = place.lessons(answer, verdicts)
    held, counted = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    for one in entries:
        lesson = _lesson(lessons.get(one.of, {}), one.on)
        if one.on < ends[len(ends) // 2] or lesson is None:
            continue
        for percentile, days in zip(PERCENTILES, lesson, strict=True):
            counted[one.of.stage, percentile] += 1
            held[one.of.stage, percentile] += one.days <= days
    return [
        {"stage": stage, "percentile": p, "share": round(held[stage, p] / counted[stage, p], 4)}
        for stage in stages
        for p in PERCENTILES
        if counted[stage, p]
    ]


def _lesson(told: Mapping[date, Sequence[int]], on: date) -> Sequence[int] | None:
    """What was told on that date, else on one of the next."""
    for later in range(WAIT_DAYS + 1):
        found = told.get(date.fromordinal(on.toordinal() + later))
        if found is not None:
            return found
    return None


class _Place:
    """The dates of the run, by its calendar."""

    def __init__(self, calendar: CalendarRules) -> None:
        self._calendar = Calendar(calendar.dates_off, calendar.weekend)
        self._zone = ZoneInfo(calendar.zone)

    def entries(self, case: Mapping[str, Any]) -> Iterator[Entry]:
        """The entries of a case that was paid, into the stages before."""
        if case["stage"] != PAID:
            return
        paid_on = self._date(case["since"])
        for span in case["spans"][:-1]:
            on = self._date(span["since"])
            days = workdays_between(self._calendar, on, paid_on)
            yield Entry(_kind(case, span["stage"]), on, days, paid_on)

    def lessons(self, answer: Answer, verdicts: Verdicts) -> Lessons:
        """What was told, in working days from the entry."""
        found: dict[Kind, dict[date, Sequence[int]]] = {}
        for (case, epoch, version, day), dates in verdicts.dates.items():
            stood = answer.stood.get((case, epoch, version))
            if stood is None:
                continue
            told = found.setdefault(_kind(answer.cases[case], stood[0]), {})
            on = date.fromisoformat(day)
            if on not in told:
                entered = self._date(stood[1])
                told[on] = [
                    workdays_between(self._calendar, entered, date.fromisoformat(one))
                    for one in dates
                ]
        return found

    def _date(self, instant: str) -> date:
        return datetime.fromisoformat(instant).astimezone(self._zone).date()


def _kind(case: Mapping[str, Any], stage: str) -> Kind:
    return Kind(stage, case.get("kind"), case.get("unit"))
