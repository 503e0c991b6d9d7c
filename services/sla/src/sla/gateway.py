"""What sla asks of Kafka beside reading it: how far topics reach, and how far their readers are."""

from __future__ import annotations

import contextlib
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from chassis.settings import ServiceSettings

Offsets = dict[int, int]
"""By partition."""


class Topics:
    """Asks the broker; a connection that fails is made anew at the next question."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._admin: Any = None
        self._consumer: Any = None

    async def ends(self, topic: str) -> Offsets:
        """How far *topic* reaches now. Raises what the client raises."""
        name = self._settings.prefixed(topic)
        async with self._asking():
            (told,) = await self._admin.describe_topics([name])
            places = [TopicPartition(name, part["partition"]) for part in told["partitions"]]
            ends = await self._consumer.end_offsets(places)
        return {place.partition: end for place, end in ends.items()}

    async def read(self, group: str, topic: str) -> Offsets:
        """How far *group* has finished *topic*; partitions it never finished are absent."""
        name = self._settings.prefixed(topic)
        async with self._asking():
            told = await self._admin.list_consumer_group_offsets(self._settings.prefixed(group))
        return {
            place.partition: at.offset
            for place, at in told.items()
            if place.topic == name and at.offset >= 0
        }

    async def close(self) -> None:
        """Give the connections back."""
        admin, consumer, self._admin, self._consumer = self._admin, self._consumer, None, None
        for client in (admin and admin.close, consumer and consumer.stop):
            if client is not None:
                with contextlib.suppress(Exception):
                    await client()

    @contextlib.asynccontextmanager
    async def _asking(self) -> Any:
        try:
            if self._admin is None:
                await self._connect()
            yield
        except BaseException:
            await self.close()
            raise

    async def _connect(self) -> None:
        settings = self._settings
        self._admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka, enable_auto_commit=False
        )
        await self._admin.start()
        await self._consumer.start()
