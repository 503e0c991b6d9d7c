"""Publishing as units and ERP would: each source on its own topic, nothing lost and in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaProducer

CHUNK = 500


class Outgoing(NamedTuple):
    """An event to publish; events with one *key* keep their order."""

    event: dict[str, Any]
    key: str


async def publish(kafka: str, told: Sequence[Outgoing], advance: Callable[[int], object]) -> None:
    """Publish in order; *advance* is told how many more the broker has."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        enable_idempotence=True,
        acks="all",
        max_batch_size=262_144,
        linger_ms=2,
    )
    await producer.start()
    try:
        for start in range(0, len(told), CHUNK):
            futures = [
                await producer.send(
                    f"inbound.{one.event['source']}", orjson.dumps(one.event), key=one.key.encode()
                )
                for one in told[start : start + CHUNK]
            ]
            await asyncio.gather(*futures)
            advance(len(futures))
    finally:
        await producer.stop()
