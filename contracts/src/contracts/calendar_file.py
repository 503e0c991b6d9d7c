"""
Calendar files: from YAML to `CalendarRules`, and to and from the JSON a database keeps.

The author of a calendar meets `calendar_check.py` first; services only ever call `from_json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from contracts.calendar import CalendarRules, DayOff
from contracts.calendar_check import (
    WEEKDAYS,
    CalendarPart,
    mistakes_in,
    problems_in,
    validate_calendar,
)
from contracts.process import Words
from contracts.rule_file import RuleFileFault, Written, read_text, to_plain

__all__ = ["from_json", "load_calendar", "read_calendar", "to_json", "validate_calendar"]


def load_calendar(source: str | Path | Mapping[str, Any], version: int = 0) -> CalendarRules:
    """
    Read a calendar from a YAML file, or from the mapping such a file holds.

    Raises `RuleFileFault` naming every mistake, and OSError.
    """
    if not isinstance(source, Mapping):
        text = Path(source).read_text(encoding="utf-8")
        return read_calendar(text, str(source), version).value
    problems = problems_in(source)
    if problems:
        raise RuleFileFault(problems)
    return _calendar(CalendarPart.model_validate(source), version)


def read_calendar(text: str, file: str, version: int = 0) -> Written[CalendarRules]:
    """Read the calendar *text* and keep its lines. Raises `RuleFileFault`."""
    written, problems = read_text(text, file, mistakes_in)
    if problems:
        raise RuleFileFault(problems)
    calendar = _calendar(CalendarPart.model_validate(written.value), version)
    return Written(calendar, file, written.lines)


def to_json(calendar: CalendarRules) -> dict[str, Any]:
    """Return *calendar* as plain JSON values; equal calendars give equal values."""
    plain = to_plain(calendar)
    assert isinstance(plain, dict)
    return plain


def from_json(document: Mapping[str, Any]) -> CalendarRules:
    """Return the calendar that `to_json` wrote. Raises pydantic's ValidationError."""
    return _adapter().validate_python(document)


@cache
def _adapter() -> TypeAdapter[CalendarRules]:
    return TypeAdapter(CalendarRules)


def _calendar(part: CalendarPart, version: int) -> CalendarRules:
    days = sorted(part.days_off, key=lambda day: day.date)
    return CalendarRules(
        name=part.name,
        title=Words(part.title.th, part.title.en),
        zone=part.zone,
        weekend=frozenset(WEEKDAYS.index(day) for day in part.weekend),
        days_off=tuple(
            DayOff(day.date, Words(day.name.th, day.name.en), day.source, day.decided_on)
            for day in days
        ),
        covers_from=part.covers_from,
        covers_until=part.covers_until,
        version=version,
    )
