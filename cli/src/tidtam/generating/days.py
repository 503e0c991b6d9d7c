"""The days of what is invented: its working days, and the Thai fiscal year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from chassis.workdays import Calendar, add_workdays

MONTH = timedelta(days=31)
FISCAL_YEAR_FIRST_MONTH = 10
BUDDHIST_ERA_YEARS = 543
_WEEKENDS_ONLY = Calendar()


def fiscal_year(on: date) -> str:
    """Return the Thai fiscal year of *on*: from October on it is the next year's, Buddhist era."""
    return str(on.year + BUDDHIST_ERA_YEARS + (on.month >= FISCAL_YEAR_FIRST_MONTH))


@dataclass(frozen=True, slots=True)
class Days:
    """
    The days of a span of time that ends before the local midnight `until`.

    `length` is a month unless told, and `calendar` knows weekends alone.
    """

    until: datetime
    length: timedelta = MONTH
    calendar: Calendar = _WEEKENDS_ONLY

    @property
    def zone(self) -> tzinfo:
        """The zone of the span."""
        assert self.until.tzinfo is not None
        return self.until.tzinfo

    @property
    def first(self) -> datetime:
        """The first instant."""
        return datetime.combine((self.until - self.length).date(), time(), self.zone)

    def workdays(self) -> Sequence[date]:
        """Return the working days, first to last."""
        days = [self.first.date() + timedelta(days=n) for n in range(self.length.days)]
        return [day for day in days if day < self.until.date() and self.calendar.is_workday(day)]

    def later(self, day: date, workdays: int) -> date:
        """Return the working day *workdays* after *day*."""
        return add_workdays(self.calendar, day, workdays)

    def at(self, day: date, minute: float) -> datetime:
        """Return *minute* of the day *day*, to the second."""
        return datetime.combine(day, time(), self.zone) + timedelta(seconds=int(minute * 60))
