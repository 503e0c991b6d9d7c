"""The month's calendar: working days by weekends, and the Thai fiscal year."""

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
    """The days of a month that ends before the local midnight `until`."""

    until: datetime

    @property
    def zone(self) -> tzinfo:
        """The zone of the month."""
        assert self.until.tzinfo is not None
        return self.until.tzinfo

    @property
    def first(self) -> datetime:
        """The month's first instant."""
        return datetime.combine((self.until - MONTH).date(), time(), self.zone)

    def workdays(self) -> Sequence[date]:
        """Return the working days, first to last."""
        days = [self.first.date() + timedelta(days=n) for n in range(MONTH.days)]
        return [day for day in days if day < self.until.date() and _WEEKENDS_ONLY.is_workday(day)]

    def later(self, day: date, workdays: int) -> date:
        """Return the working day *workdays* after *day*."""
        return add_workdays(_WEEKENDS_ONLY, day, workdays)

    def at(self, day: date, minute: float) -> datetime:
        """Return *minute* of the day *day*, to the second."""
        return datetime.combine(day, time(), self.zone) + timedelta(seconds=int(minute * 60))
