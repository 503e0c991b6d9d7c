"""
What is wrong with a calendar file: each mistake with its line, its rule and what to do about it.

`tidtam config preview` and `load_calendar` call this before anything else believes the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from contracts.process_model import Name, Part, Text, WordsPart
from contracts.process_rules import Mistake
from contracts.rule_file import RealDate, Written, listed_twice, read_text, shape
from contracts.rule_text import Problem
from contracts.rules import pointer_to

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""The days of the week in the order of `date.weekday()`."""

_MISSING = {
    "source": ("source-missing", "Say who declared this day off: a resolution, a gazette, a list."),
    "decided_on": ("decision-missing", "Give the date on which this day off was decided."),
    "name": ("name-missing", "Give its name."),
}


class DayOffPart(Part):
    """One day off; who decided it, and when, must be said."""

    date: RealDate
    name: WordsPart
    source: Text
    decided_on: RealDate


class CalendarPart(Part):
    """A whole calendar file."""

    name: Name
    title: WordsPart
    zone: str
    weekend: list[
        Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    ]
    covers_from: RealDate | None = None
    covers_until: RealDate | None = None
    days_off: list[DayOffPart] = Field(default_factory=list)


Check = Callable[[CalendarPart], Iterator[Mistake]]


def validate_calendar(text: str, file: str = "calendar.yaml") -> list[Problem]:
    """Return all that is wrong with the calendar file *text*; nothing when it may be applied."""
    return read_text(text, file, mistakes_in)[1]


def problems_in(document: Mapping[str, Any], file: str = "calendar") -> list[Problem]:
    """As `validate_calendar`, for a document that has no lines."""
    return [Written(document, file).problem(mistake) for mistake in mistakes_in(document)]


def mistakes_in(document: Any) -> list[Mistake]:
    """Return all that is wrong with what a calendar file holds, without file and line."""
    part, mistakes = shape(CalendarPart, document, _MISSING)
    if part is None:
        return mistakes
    return [*mistakes, *(mistake for check in CHECKS for mistake in check(part))]


def zone_is_known(part: CalendarPart) -> Iterator[Mistake]:
    """The zone says at which instant a date begins: without it there are no dates."""
    try:
        ZoneInfo(part.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Mistake("/zone", "zone-unknown", "Name an IANA zone such as Asia/Bangkok.")


def some_day_counts(part: CalendarPart) -> Iterator[Mistake]:
    """A week has a working day: without one nothing would ever be due."""
    yield from listed_twice(part.weekend, "weekend")
    if len(set(part.weekend)) == len(WEEKDAYS):
        yield Mistake("/weekend", "weekend-whole", "Leave at least one day of the week to work.")


def covers_are_in_order(part: CalendarPart) -> Iterator[Mistake]:
    """What a calendar covers ends no earlier than it begins."""
    first, last = part.covers_from, part.covers_until
    if first is not None and last is not None and last < first:
        yield Mistake("/covers_until", "dates-reversed", f"Take a date from {first} on.")


def days_off_stand_once_and_inside(part: CalendarPart) -> Iterator[Mistake]:
    """A date has one name and one decision, and lies where the calendar claims to know."""
    seen: dict[object, int] = {}
    for place, day in enumerate(part.days_off):
        at = pointer_to("days_off", place, "date")
        if day.date in seen:
            remedy = f"{day.date} is day off {seen[day.date] + 1} already; join the two into one."
            yield Mistake(at, "date-twice", remedy)
        seen.setdefault(day.date, place)
        if part.covers_from is not None and day.date < part.covers_from:
            remedy = f"This calendar covers from {part.covers_from} on; widen it or drop the day."
            yield Mistake(at, "date-outside", remedy)
        if part.covers_until is not None and day.date > part.covers_until:
            remedy = f"This calendar covers until {part.covers_until}; widen it or drop the day."
            yield Mistake(at, "date-outside", remedy)


CHECKS: tuple[Check, ...] = (
    zone_is_known,
    some_day_counts,
    covers_are_in_order,
    days_off_stand_once_and_inside,
)
