"""
What a calendar is: which days count for whom, and who decided so, as values.

The SLA's day ledger counts with it. A calendar is data: these values are read from
`contracts/calendars/<name>.yaml` (see `calendar_file.py`). They hold no arithmetic: a service
builds its own calendar of working days from `CalendarRules.weekend` and `.dates_off`.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

from contracts.process import Words


@dataclass(frozen=True, slots=True)
class DayOff:
    """
    One day that does not count.

    `source` says who said so, in words; `decided_on` is the date of that decision. A day off
    without them could be neither checked nor disputed.
    """

    date: datetime.date
    name: Words
    source: str
    decided_on: datetime.date


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """
    A whole calendar. `version` is the number `config apply` gave it; 0 before it was applied.

    `zone` is an IANA time zone: the zone in which an instant becomes a date.
    `weekend` holds weekdays as `date.weekday()` numbers them (Monday is 0).
    `covers_from` and `covers_until` are the first and last date whose days off are known, both
    included; None means without bound. A due date past `covers_until` rests on a guess.
    """

    name: str
    title: Words
    zone: str
    weekend: frozenset[int]
    days_off: tuple[DayOff, ...] = ()
    covers_from: datetime.date | None = None
    covers_until: datetime.date | None = None
    version: int = 0

    @property
    def dates_off(self) -> frozenset[datetime.date]:
        """The dates of all days off."""
        return frozenset(day.date for day in self.days_off)

    def in_zone(self, zone: str) -> CalendarRules:
        """Return these rules in another IANA zone: a log of elsewhere names its own."""
        return replace(self, zone=zone)
