"""What is still in flight: records not consumed, outbox rows, inputs without an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tidtam.proving.chain import GROUPS, Chain, outbox_rows

POLL_SECONDS = 0.25
CALM_LOOKS = 2
STALLED_SECONDS = 180.0
AWAY = (KafkaError, OSError, httpx.HTTPError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a chain."""

    totals: dict[str, int]
    unread: int
    outbox: int

    @property
    def lag(self) -> int:
        """Records not consumed in all groups plus outbox rows."""
        return self.unread + self.outbox

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


async def unread(bootstrap: str) -> int:
    """Records the groups have not committed past, over all partitions of the topics they read."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await admin.start()
    await consumer.start()
    try:
        places = await all_places(admin)
        ends = await consumer.end_offsets(places)
        missing = 0
        for group in GROUPS:
            committed = await admin.list_consumer_group_offsets(group)
            for place, end in ends.items():
                if _reads(group, place.topic):
                    known = committed.get(place)
                    missing += end - (known.offset if known and known.offset > 0 else 0)
        return missing
    finally:
        await consumer.stop()
        await admin.close()


async def all_places(admin: AIOKafkaAdminClient) -> list[TopicPartition]:
    """Every partition of every topic."""
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in await admin.describe_topics()
        for partition in topic["partitions"]
        if not topic["topic"].startswith("__")
    ]


def _reads(group: str, topic: str) -> bool:
    if group == "intake":
        return topic.startswith("inbound.")
    return topic == ("case-status" if group == "intake-case-view" else "case-event")


async def settle(chain: Chain, published: int, seen: Callable[[Look], Any]) -> Look:
    """
    Wait until nothing is in flight any more.

    Gives up when nothing at all has moved for three minutes: the last look then shows the lag.
    """
    calm, last, moved_at = 0, None, time.monotonic()
    while True:
        try:
            now = await totals(chain)
            look = Look(now, await unread(chain.servers.kafka), await outbox_rows(chain))
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
