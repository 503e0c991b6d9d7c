"""
The days of a case, told a second time: slow and plain, sharing no code with the SLA's own.

It goes from date to date and asks of every single one who held the case before it; it knows no
arithmetic of working days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from contracts.agreement import DayUnit
from contracts.calendar import CalendarRules
from sla.model import History, StageRule

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
NOBODY = "nobody"


@dataclass(frozen=True)
class Telling:
    """One case under one calendar at one moment."""

    history: History
    stages: Mapping[str, StageRule]
    calendar: CalendarRules
    now_us: int

    def date_of(self, instant_us: int) -> date:
        """The date on the wall where the calendar holds."""
        moment = BEGINNING + timedelta(microseconds=instant_us)
        return moment.astimezone(ZoneInfo(self.calendar.zone)).date()

    def midnight_us(self, on: date) -> int:
        """The instant at which *on* begins where the calendar holds."""
        begins = datetime.combine(on, time(), ZoneInfo(self.calendar.zone)).astimezone(UTC)
        return (begins - BEGINNING) // timedelta(microseconds=1)

    @cached_property
    def today(self) -> date:
        """The date of this moment."""
        return self.date_of(self.now_us)

    @cached_property
    def dates(self) -> list[date]:
        """The date of each span."""
        return [self.date_of(span.since_us) for span in self.history.spans]

    @cached_property
    def closed(self) -> set[date]:
        """The days off."""
        return {day.date for day in self.calendar.days_off}

    @cached_property
    def first(self) -> date | None:
        """Day 0: the date on which a stage that counts was entered first."""
        for on, span in zip(self.dates, self.history.spans, strict=True):
            if self.stages[span.stage].counts:
                return on
        return None

    @property
    def has_ended(self) -> bool:
        """Does the case stand in an end?"""
        return self.stages[self.history.spans[-1].stage].ends

    @property
    def holder_now(self) -> str:
        """Who holds the case by the last that was told."""
        return self.history.spans[-1].holder

    @property
    def last(self) -> date:
        """The last date that can be charged: that of the end it stands in, else today."""
        return self.dates[-1] if self.has_ended else self.today

    def is_of(self, unit: DayUnit, on: date) -> bool:
        """Does *on* count among the days of this unit?"""
        if unit is DayUnit.CALENDAR_DAYS:
            return True
        return on.weekday() not in self.calendar.weekend and on not in self.closed

    def holder_on(self, on: date) -> str:
        """Who held the case after all that was dated before *on*."""
        for place in range(len(self.dates) - 1, -1, -1):
            if self.dates[place] < on:
                return self.history.spans[place].holder
        return NOBODY

    def days(self, after: date, last: date, unit: DayUnit) -> list[tuple[date, str]]:
        """Each day of this unit after one date, up to and including another, and who held it."""
        days = []
        while after < last:
            after += ONE_DAY
            if self.is_of(unit, after):
                days.append((after, self.holder_on(after)))
        return days

    def ledger(self) -> list[tuple[date, str]]:
        """Each working day after day 0 with the one party it is charged to."""
        if self.first is None:
            return []
        return self.days(self.first, self.last, DayUnit.WORKING_DAYS)

    def days_later(self, day: date, days: int, unit: DayUnit) -> date:
        """The date so many days of this unit after *day*."""
        while days > 0:
            day += ONE_DAY
            days -= self.is_of(unit, day)
        return day

    def said_date(self, field: str | None) -> date | None:
        """A date among the case's data."""
        said = self.history.fields.get(field) if field else None
        return None if said is None else date.fromisoformat(said)
