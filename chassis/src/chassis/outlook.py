"""
Whether a month's target can still be held: how many promises may yet be broken, and until when.

Pure. So many clocks as the month will count may be missed as its target leaves; what was missed so
far is taken from that. Rule: docs/architecture/sla.md.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from chassis.workdays import Calendar


class Hold(StrEnum):
    """Can the target still be held?"""

    HELD = "held"
    AT_RISK = "at-risk"
    LOST = "lost"


class Outlook(NamedTuple):
    """
    A month that is not over. `expected`: so many clocks will count in it at the pace so far.

    `misses_left`: so many more may be missed before the target cannot be held. `exhausted_on`: the
    date on which, at the pace so far, one more than that is missed; None where the month ends
    before.
    """

    state: Hold
    expected: int
    misses_left: int
    exhausted_on: date | None


def outlook(
    target_percent: int, counted: int, missed: int, today: date, calendar: Calendar
) -> Outlook | None:
    """
    How the month of *today* stands that has *counted* so many clocks, *missed* among them.

    None before its first working day, when there is no pace yet.
    """
    first = today.replace(day=1).toordinal()
    last = first + monthrange(today.year, today.month)[1] - 1
    until = calendar.workdays_until
    gone = until(today.toordinal()) - until(first - 1)
    days = until(last) - until(first - 1)
    if gone <= 0 or counted <= 0:
        return None
    expected = counted * days // gone
    allowed = expected * (100 - target_percent) // 100
    left = allowed - missed
    if left < 0:
        return Outlook(Hold.LOST, expected, 0, None)
    # At the pace so far the one miss too many falls on this working day of the month.
    on_day = -(-(allowed + 1) * gone // missed) if missed else days + 1
    if on_day > days:
        return Outlook(Hold.HELD, expected, left, None)
    return Outlook(Hold.AT_RISK, expected, left, _workday(calendar, first, on_day))


def _workday(calendar: Calendar, first: int, number: int) -> date:
    """The working day *number* from the date *first* on, itself included."""
    ordinal, before = first, calendar.workdays_until(first - 1)
    while calendar.workdays_until(ordinal) - before < number:
        ordinal += 1
    return date.fromordinal(ordinal)
