"""What is still in flight: records not consumed, outbox rows, inputs without an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tidtam.proving.chain import Chain, undone
from tidtam.proving.reading import all_places

POLL_SECONDS = 0.25
CALM_LOOKS = 2
STALLED_SECONDS = 180.0
READS = {
    "intake": "inbound.",
    "intake-case-view": "case-status",
    "status": "case-event",
    "sla": "case-status",
    "sla-sources": "source-status",
}
AWAY = (KafkaError, OSError, httpx.HTTPError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a chain."""

    totals: dict[str, int]
    unread: int
    undone: int

    @property
    def lag(self) -> int:
        """Records not consumed in all groups, outbox rows, and what sla has yet to judge."""
        return self.unread + self.undone

    def answered(self) -> int:
        """Inputs that ended: accepted, resent or rejected."""
        return self.totals["accepted"] + self.totals["resent"] + self.totals["rejected"]


async def totals(chain: Chain) -> dict[str, int]:
    """Intake's own totals."""
    async with chain.http("intake") as http:
        answer = await http.get("/ops/totals")
        answer.raise_for_status()
        found: dict[str, int] = answer.json()
        return found


async def unread(chain: Chain) -> int:
    """Records the groups have not committed past, over all partitions of the topics they read."""
    bootstrap = chain.servers.kafka
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await admin.start()
    await consumer.start()
    try:
        places = await all_places(admin)
        ends = await consumer.end_offsets(places)
        missing = 0
        for group in chain.groups():
            committed = await admin.list_consumer_group_offsets(group)
            for place, end in ends.items():
                if reads(group, place.topic):
                    known = committed.get(place)
                    missing += end - (known.offset if known and known.offset > 0 else 0)
        return missing
    finally:
        await consumer.stop()
        await admin.close()


def reads(group: str, topic: str) -> bool:
    """Whether a group reads a topic; one name before the dot stands for all sources' topics."""
    return READS[group] in (topic, topic.partition(".")[0] + ".")


async def settle(chain: Chain, published: int, seen: Callable[[Look], Any]) -> Look:
    """
    Wait until nothing is in flight any more.

    Gives up when nothing at all has moved for three minutes: the last look then shows the lag.
    """
    calm, last, moved_at = 0, None, time.monotonic()
    while True:
        try:
            now = await totals(chain)
            look = Look(now, await unread(chain), await undone(chain))
        except AWAY:
            look = None
        if look is not None:
            seen(look)
            done = look.lag == 0 and look.answered() >= published
            calm = calm + 1 if done else 0
            if calm >= CALM_LOOKS:
                return look
            if last is None or (look.lag, look.answered()) != (last.lag, last.answered()):
                last, moved_at = look, time.monotonic()
        if time.monotonic() - moved_at > STALLED_SECONDS:
            if last is None:
                raise RuntimeError("the chain does not answer; see the services' logs")
            return last
        await asyncio.sleep(POLL_SECONDS)
