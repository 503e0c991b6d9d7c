"""
Dates: how an instant becomes one, and how days are counted on a calendar. Pure.

An *ordinal* is a date as `date.toordinal()` numbers it; here always a date in a calendar's zone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from chassis.workdays import Calendar
from contracts.calendar import CalendarRules
from contracts.instants import end_of_day_us

DAY_US = 86_400_000_000
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
REMEMBERED_DAYS_MAX = 65_536


@lru_cache(maxsize=REMEMBERED_DAYS_MAX)
def midnight_us(zone: str, ordinal: int) -> int:
    """
    The first instant of the date *ordinal* in *zone*.

    It follows the last instant of the date before, as date-only facts are dated: were the two
    apart, such a fact could fall on the wrong side of a midnight that the clocks change at.
    """
    return end_of_day_us(zone, date.fromordinal(ordinal - 1).isoformat()) + 1


def local_ordinal(zone: str, instant_us: int) -> int:
    """The date of *instant_us* in *zone*. No zone is a day or more from UTC: one of three dates."""
    ordinal = EPOCH_ORDINAL + instant_us // DAY_US
    if instant_us < midnight_us(zone, ordinal):
        return ordinal - 1
    return ordinal + (instant_us >= midnight_us(zone, ordinal + 1))


class Measure(NamedTuple):
    """
    How days are counted.

    `until` gives the days from the first day of time to an ordinal, included. `later` gives the
    ordinal by which so many days more have come than by another; for none, that one itself.
    """

    until: Callable[[int], int]
    later: Callable[[int, int], int]


def _itself(ordinal: int) -> int:
    return ordinal


def _sum(ordinal: int, days: int) -> int:
    return ordinal + max(days, 0)


CALENDAR_DAYS = Measure(_itself, _sum)


def remembering(until: Callable[[int], int]) -> Measure:
    """The measure by *until*, remembered: cases ask for the same few dates again and again."""

    @lru_cache(maxsize=REMEMBERED_DAYS_MAX)
    def later(ordinal: int, days: int) -> int:
        wanted = until(ordinal) + days
        # Each day counts one at most, so this never steps past the answer.
        while (left := wanted - until(ordinal)) > 0:
            ordinal += left
        return ordinal

    return Measure(lru_cache(maxsize=REMEMBERED_DAYS_MAX)(until), later)


@dataclass(frozen=True, slots=True)
class LocalCalendar:
    """Which days count, how they are counted, and the zone in which an instant becomes a date."""

    calendar: Calendar
    zone: str
    working: Measure = field(init=False, repr=False, compare=False)
    workdays_until: Callable[[int], int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        working = remembering(self.calendar.workdays_until)
        object.__setattr__(self, "working", working)
        object.__setattr__(self, "workdays_until", working.until)


def local_calendar(rules: CalendarRules) -> LocalCalendar:
    """The arithmetic of *rules*. Build it once a version: it remembers what it was asked."""
    return LocalCalendar(Calendar(rules.dates_off, rules.weekend), rules.zone)
