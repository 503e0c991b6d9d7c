"""
How a log is told to the chain: in its own order, or disturbed as real life disturbs it.

Pure and seeded: the same plan, disturbances and seed give the same deliveries.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts.plan import Plan, PlannedEvent

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FINANCE = "finance"


@dataclass(frozen=True, slots=True)
class Disturbances:
    """
    What is done to a plan before it is played.

    `duplicate` and `drop` are shares (0 … 1); `clock_lead_seconds` by role, positive = ahead;
    `erp_at`: a day's finance facts come the next night at this local time, in random order.
    Without `completeness` each source says at the start that it has told everything up to the end,
    so that sla waits for nobody's word, as if there were no such rule.
    """

    seed: int = 1
    shuffle: bool = False
    duplicate: float = 0.0
    drop: float = 0.0
    dates_only: frozenset[str] = frozenset()
    clock_lead_seconds: Mapping[str, float] = field(default_factory=dict)
    erp_at: time | None = None
    completeness: bool = True

    @property
    def in_time(self) -> bool:
        """Do events come in the order of their delivery, so that a clock can follow it?"""
        return not self.shuffle


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way; `at_us` is the scheduled time of its delivery."""

    planned: PlannedEvent
    at_us: int
    resend: bool = False


def deliveries(plan: Plan, how: Disturbances) -> list[Delivery]:
    """What is published, in this order."""
    chance = random.Random(how.seed)
    told = [event for event in plan.events if chance.random() >= how.drop]
    told = [_misdated(event, how) for event in told]
    out = [Delivery(event, _delivered_us(event, plan.zone, how)) for event in told]
    if how.erp_at is not None:
        # Random among those of one night: the sort below is stable.
        chance.shuffle(out)
    out.sort(key=lambda delivery: delivery.at_us)
    if how.shuffle:
        chance.shuffle(out)
    return _with_resends(out, how.duplicate, chance)


def clocks_us(plan: Plan, sent: Sequence[Delivery]) -> dict[str, int]:
    """
    Where each service's clock stands at the end of the run, by service.

    Intake's and status' stand there from the start, after everything that is told and delivered, so
    that no source whose clock is ahead is refused as future. The sla charges no day after the log's
    last one; its clock follows the delivery where that is in the order of time.
    """
    told_us = max([plan.ends_us, *(max(one.planned.instant_us, one.at_us) for one in sent)])
    return {"intake": told_us, "status": told_us, "sla": plan.ends_us}


def _misdated(event: PlannedEvent, how: Disturbances) -> PlannedEvent:
    """The event as a source tells it that knows only dates, or whose clock is wrong."""
    lead = how.clock_lead_seconds.get(event.role, 0.0)
    said: dict[str, Any] = dict(event.event)
    instant_us = event.instant_us
    if lead:
        at = datetime.fromisoformat(said["time"]) + timedelta(seconds=lead)
        said["time"] = at.isoformat(timespec="microseconds")
        instant_us = (at - EPOCH) // MICROSECOND
    if event.role in how.dates_only:
        said["timeprecision"] = "day"
    if said == event.event:
        return event
    return replace(event, event=said, instant_us=instant_us)


def _delivered_us(event: PlannedEvent, zone: str, how: Disturbances) -> int:
    """When the event reaches us: at once, or with the ERP's next night."""
    if how.erp_at is None or event.role != FINANCE:
        return event.instant_us
    place = ZoneInfo(zone)
    day = (EPOCH + event.instant_us * MICROSECOND).astimezone(place).date()
    night = datetime.combine(day + timedelta(days=1), how.erp_at, place)
    return (night - EPOCH) // MICROSECOND


def _with_resends(out: list[Delivery], share: float, chance: random.Random) -> list[Delivery]:
    """Some events come a second time, anywhere after the first."""
    if not share:
        return out
    again = chance.sample(range(len(out)), round(len(out) * share))
    keyed: list[tuple[float, Delivery]] = [(float(n), one) for n, one in enumerate(out)]
    for place in again:
        later = chance.uniform(place + 0.5, len(out))
        keyed.append((later, replace(out[place], resend=True)))
    keyed.sort(key=lambda pair: pair[0])
    return [delivery for _, delivery in keyed]
