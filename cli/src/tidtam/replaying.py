"""Playing a planned log over Kafka, as its unit systems and ERP would have sent it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.plan import Plan, PlannedEvent, PlannedSource

from tidtam.events_file import Item
from tidtam.kafka import producing, send_part
from tidtam.publishing import Advance
from tidtam.registering import add_source, missing_slugs
from tidtam.services import Service
from tidtam.whereabouts import Whereabouts

CHUNK_EVENTS = 500
TICK_SECONDS = 0.05
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def register(intake: Service, plan: Plan) -> list[str]:
    """Register the plan's sources that nobody has; return their names. Raises `Trouble`."""
    missing = missing_slugs(intake, [source.name for source in plan.sources])
    for source in plan.sources:
        if source.name in missing:
            add_source(intake, registration(source, plan))
    return missing


def registration(source: PlannedSource, plan: Plan) -> dict[str, Any]:
    """Return a planned source as the registry takes it."""
    starts = _EPOCH + timedelta(microseconds=source.starts_us)
    return {
        "source": source.name,
        "slug": source.name,
        "name_th": f"บันทึกเหตุการณ์ {plan.log} ({source.role})",
        "name_en": f"Log {plan.log} ({source.role})",
        "contact": "tidtam replay",
        "role": source.role,
        "zone": source.zone,
        "issuers": list(source.issuers),
        "facts": {plan.process: list(source.facts)},
        "starts_at": starts.isoformat(),
        "test": True,
    }


def play(plan: Plan, at: Whereabouts, advance: Advance, speed: float | None) -> float:
    """
    Publish the plan's events in their order; return the seconds it took. Raises `Trouble`.

    *speed* is how many times faster than they happened; None: as fast as it goes.
    """
    begun = time.monotonic()
    asyncio.run(_play(plan.events, at, advance, speed))
    return time.monotonic() - begun


async def _play(
    events: Sequence[PlannedEvent], at: Whereabouts, advance: Advance, speed: float | None
) -> None:
    begun = time.monotonic()
    async with producing(at) as producer:
        for due_seconds, chunk in chunks(events, speed):
            await asyncio.sleep(max(0.0, due_seconds - (time.monotonic() - begun)))
            await send_part(producer, [_item(one) for one in chunk], None, at)
            advance(len(chunk))


def chunks(
    events: Sequence[PlannedEvent], speed: float | None
) -> Iterator[tuple[float, Sequence[PlannedEvent]]]:
    """Yield (seconds after the start, events to send then), in order."""
    start = 0
    while start < len(events):
        due = _due(events, start, speed)
        end = start + 1
        while end < len(events) and end - start < CHUNK_EVENTS:
            if _due(events, end, speed) > due + TICK_SECONDS:
                break
            end += 1
        yield due, events[start:end]
        start = end


def _due(events: Sequence[PlannedEvent], place: int, speed: float | None) -> float:
    if speed is None:
        return 0.0
    return (events[place].instant_us - events[0].instant_us) / 1_000_000 / speed


def _item(planned: PlannedEvent) -> Item:
    event = planned.event
    return Item(0, json.dumps(event, ensure_ascii=False).encode(), event, event["source"])
