"""
Messages of one chunk gathered by partition before they go to the client.

The client has a future, a timestamp and a look at its books for each message; for each batch it has
one. Order in a partition is that of the messages: a full batch is handed over before the next one
of its partition begins, and the client sends them in turn.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aiokafka.partitioner import murmur2

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer

Headers = Sequence[tuple[str, bytes]]
REMEMBERED_KEYS_MAX = 65_536


class Parcels:
    """The messages of one chunk on their way to *producer*, to be acknowledged together."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._open: dict[tuple[str, int], Any] = {}
        self._sent: list[Awaitable[Any]] = []
        self._any = random.getrandbits(31)

    async def add(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers
    ) -> None:
        """Take one message in; *topic* exists. Raises what the client raises."""
        count = len(self._producer.client.cluster.partitions_for_topic(topic) or (0,))
        # What has no key goes to one partition a chunk, as Java's own client does it.
        place = topic, self._any % count if key is None else partition_of(key, count)
        message = {"timestamp": None, "key": key, "value": value, "headers": headers}
        batch = self._open.get(place)
        if batch is not None and batch.append(**message) is not None:
            return
        if batch is not None:
            await self._hand_over(place, batch)
        # The first message of a batch fits whatever its size.
        batch = self._open[place] = self._producer.create_batch()
        batch.append(**message)

    async def acknowledged(self) -> None:
        """Hand over what is left and wait for every acknowledgement; any failure raises."""
        for place, batch in self._open.items():
            await self._hand_over(place, batch)
        self._open.clear()
        # Every future is awaited, so that no failure is left behind unseen.
        for outcome in await asyncio.gather(*self._sent, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _hand_over(self, place: tuple[str, int], batch: Any) -> None:
        topic, partition = place
        self._sent.append(await self._producer.send_batch(batch, topic, partition=partition))


@lru_cache(maxsize=REMEMBERED_KEYS_MAX)
def partition_of(key: bytes, count: int) -> int:
    """The partition of *key* among *count*, as Java's and our client's own `send` choose it."""
    return int((murmur2(key) & 0x7FFFFFFF) % count)
