"""
Working days: pure arithmetic on a calendar of days off.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, timedelta

SATURDAY_AND_SUNDAY = frozenset({5, 6})


@dataclass(frozen=True, slots=True)
class Calendar:
    """
    Which days count. `weekend` holds weekdays as `date.weekday()` numbers them (Monday is 0).

    `days_off` are the other days that do not count; those that fall on a weekend change nothing.
    """

    days_off: frozenset[date] = frozenset()
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY
    _off: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.weekend) >= 7:
            raise ValueError("a calendar in which no day counts cannot be used")
        off = sorted(d.toordinal() for d in self.days_off if d.weekday() not in self.weekend)
        object.__setattr__(self, "_off", tuple(off))

    def is_workday(self, day: date) -> bool:
        """Return whether *day* counts."""
        return day.weekday() not in self.weekend and day not in self.days_off

    def workdays_until(self, ordinal: int) -> int:
        """
        Return how many days counted from the first day of time to the day *ordinal*, included.
        """
        weeks, rest = divmod(ordinal, 7)
        # Ordinal 1 was a Monday: the rest of a week begins with weekday 0.
        counted = weeks * (7 - len(self.weekend))
        counted += sum(1 for weekday in range(rest) if weekday not in self.weekend)
        return counted - bisect_right(self._off, ordinal)


def workdays_between(calendar: Calendar, start: date, end: date) -> int:
    """
    Return the working days after *start* up to *end*, *end* included.

    The day of the start is free: from Friday to Monday is one day. Negative when *end* is before
    *start*.
    """
    return calendar.workdays_until(end.toordinal()) - calendar.workdays_until(start.toordinal())


def add_workdays(calendar: Calendar, start: date, days: int) -> date:
    """
    Return the working day that is *days* working days after *start* (before it, when negative).

    0 gives *start* itself, whether or not it counts. Raises `OverflowError` past the end of the
    calendar.
    """
    step = timedelta(days=1 if days > 0 else -1)
    day, left = start, abs(days)
    while left:
        day += step
        left -= calendar.is_workday(day)
    return day
