"""
When what happens: deliveries cut into steps, between which the clock of sla moves as days go by.

A step is what reaches us until something has to be looked at: midnight, or the word of a source
that it has told everything. Pure. Rule: docs/architecture/prove.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from contracts.plan import Plan, PlannedSource

from tidtam.proving.disturb import EPOCH, FINANCE, MICROSECOND, Delivery, Disturbances

LIVE_WORD = time(0, 15)
"""
A live source is complete up to 15 minutes before its heartbeat. So this is when it has told all of
yesterday, and a breach at midnight may be said.
"""


class Stop(NamedTuple):
    """
    The clock stands at `at_us`. `due`: till all that is due by then is judged; `settled`: by the
    words that sources have said.
    """

    at_us: int
    due: bool = True
    settled: bool = False


class Word(NamedTuple):
    """
    A source says at `at_us` that it has told everything.

    `covers`: the events it sent since its last closing word; None where it closes nothing.
    """

    source: PlannedSource
    at_us: int
    covers: tuple[Mapping[str, Any], ...] | None = None


@dataclass(slots=True)
class Step:
    """`deliveries` come while the clock shows `now_us`, then `words`; then it goes to `stops`."""

    now_us: int
    deliveries: list[Delivery] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)


class _Look(NamedTuple):
    """An instant at which the world is looked at: a midnight, or the hour of some sources' word."""

    at_us: int
    speakers: tuple[PlannedSource, ...] = ()


def is_daily(source: PlannedSource, how: Disturbances) -> bool:
    """Does the source tell its day the next night, and close it then?"""
    return how.erp_at is not None and how.completeness and source.role == FINANCE


def promise_of(source: PlannedSource, how: Disturbances) -> str:
    """What the source is registered to keep."""
    if how.erp_at is None or not is_daily(source, how):
        return "live"
    return f"daily by {how.erp_at:%H:%M}"


class Scheduler:
    """Cuts one plan's deliveries into steps, and knows which events no closing word covers yet."""

    def __init__(self, plan: Plan, how: Disturbances, speakers: Sequence[PlannedSource]) -> None:
        """*speakers* are the sources that may say that they have told everything."""
        self._plan = plan
        self._how = how
        self._all = tuple(speakers)
        self._speakers = self._all if how.completeness else ()
        self._uncovered: dict[str, list[Mapping[str, Any]]] = {}

    def steps(self, sent: Sequence[Delivery]) -> list[Step]:
        """
        *sent*, which is in the order of delivery, in steps; the last one ends with the run.

        What comes again comes when its neighbours do, whenever it came first.
        """
        times = list(accumulate((one.at_us for one in sent), max))
        ends_us, place = self._plan.ends_us, 0
        step = Step(min(times[0], ends_us) if times else ends_us)
        steps = [step]
        for look in self._looks(times[0] if times else ends_us):
            until = place
            while until < len(sent) and times[until] <= look.at_us:
                until += 1
            if (until > place and step.stops) or (look.speakers and step.words):
                step = Step(step.stops[-1].at_us)
                steps.append(step)
            if until > place:
                self._deliver(step, sent[place:until], times[until - 1])
                place = until
            step.words += [self.word(speaker, look.at_us) for speaker in look.speakers]
            step.stops.append(Stop(look.at_us, settled=bool(look.speakers)))
        last = Step(ends_us)
        self._deliver(last, sent[place:], ends_us)
        return [*steps, last]

    def word(self, source: PlannedSource, at_us: int) -> Word:
        """The word of *source* at this moment; what a daily one closes is covered from now on."""
        if not is_daily(source, self._how):
            return Word(source, at_us)
        return Word(source, at_us, tuple(self._uncovered.pop(source.name, ())))

    def first_words(self, at_us: int) -> list[Word]:
        """Before anything is delivered: nothing, or without completeness that all has been told."""
        return [] if self._how.completeness else [Word(source, at_us) for source in self._all]

    def last_words(self, at_us: int) -> list[Word]:
        """That of every source, once everything has been delivered."""
        return [self.word(source, at_us) for source in self._speakers]

    def sent(self, deliveries: Sequence[Delivery]) -> None:
        """Know that these were sent: the next closing word covers them, resends only once."""
        for one in deliveries:
            if not one.resend:
                event = one.planned.event
                self._uncovered.setdefault(event["source"], []).append(event)

    def _deliver(self, step: Step, deliveries: Sequence[Delivery], now_us: int) -> None:
        step.deliveries += deliveries
        step.now_us = max(step.now_us, min(now_us, self._plan.ends_us))
        self.sent(deliveries)

    def _looks(self, first_us: int) -> list[_Look]:
        """All instants to look at, from the first delivery to the end of the run."""
        zone = ZoneInfo(self._plan.zone)
        looks = []
        for day in _days(first_us, self._plan.ends_us, zone):
            looks.append(_Look(_at_us(day, time(), zone)))
            hours: dict[time, list[PlannedSource]] = {}
            for source in self._speakers:
                daily = self._how.erp_at if is_daily(source, self._how) else None
                hours.setdefault(daily or LIVE_WORD, []).append(source)
            looks += [_Look(_at_us(day, at, zone), tuple(who)) for at, who in hours.items()]
        looks.sort(key=lambda look: look.at_us)
        return [look for look in looks if first_us < look.at_us < self._plan.ends_us]


def _days(first_us: int, ends_us: int, zone: ZoneInfo) -> Iterator[date]:
    """Each local date after that of *first_us*, up to that of *ends_us*."""
    day = _local(first_us, zone).date()
    while day < _local(ends_us, zone).date():
        day += timedelta(days=1)
        yield day


def _local(at_us: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + at_us * MICROSECOND).astimezone(zone)


def _at_us(day: date, at: time, zone: ZoneInfo) -> int:
    """A local hour of a date; an hour the clocks pass twice is the first of them."""
    return (datetime.combine(day, at, zone) - EPOCH) // MICROSECOND
