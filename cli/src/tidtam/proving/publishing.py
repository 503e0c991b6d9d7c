"""Publishing as units and ERP would: each source on its own topic, nothing lost and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaProducer

CHUNK = 500


class Outgoing(NamedTuple):
    """An event to publish; events with one *key* keep their order."""

    event: dict[str, Any]
    key: str


class Publisher:
    """A connection to the broker that stays open: a play publishes many times."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def publish(self, told: Sequence[Outgoing]) -> None:
        """Publish in order; returns when the broker has them all."""
        for start in range(0, len(told), CHUNK):
            futures = [
                await self._producer.send(
                    f"inbound.{one.event['source']}", orjson.dumps(one.event), key=one.key.encode()
                )
                for one in told[start : start + CHUNK]
            ]
            await asyncio.gather(*futures)


@asynccontextmanager
async def publishing(kafka: str) -> AsyncIterator[Publisher]:
    """A publisher, closed at the end of the block."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        enable_idempotence=True,
        acks="all",
        max_batch_size=262_144,
        linger_ms=2,
    )
    await producer.start()
    try:
        yield Publisher(producer)
    finally:
        await producer.stop()
