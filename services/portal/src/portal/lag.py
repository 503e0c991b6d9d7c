"""How far each group of readers is behind the topics it reads: asked of Kafka for operators."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from chassis.settings import ServiceSettings

Lags = Mapping[str, Mapping[str, int]]
"""Group → topic → records not yet read; names without the installation's prefix."""


class Lag:
    """Asks the broker; a connection that fails is made anew at the next question."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._admin: Any = None
        self._consumer: Any = None

    async def behind(self) -> Lags:
        """All groups of this installation. Raises what the client raises."""
        try:
            if self._admin is None:
                await self._connect()
            found = {}
            for group in await self._groups():
                found[group.removeprefix(self._settings.topic_prefix)] = await self._behind(group)
            return found
        except BaseException:
            await self.close()
            raise

    async def _groups(self) -> Sequence[str]:
        told = await self._admin.list_consumer_groups()
        prefix = self._settings.topic_prefix
        return sorted({name for name, *_ in told if name.startswith(prefix)})

    async def _behind(self, group: str) -> dict[str, int]:
        committed = await self._admin.list_consumer_group_offsets(group)
        done = {place: at.offset for place, at in committed.items() if at.offset >= 0}
        ends: Mapping[TopicPartition, int] = await self._consumer.end_offsets(list(done))
        lags: dict[str, int] = {}
        for place, offset in done.items():
            topic = place.topic.removeprefix(self._settings.topic_prefix)
            lags[topic] = lags.get(topic, 0) + max(0, ends.get(place, offset) - offset)
        return lags

    async def _connect(self) -> None:
        kafka = self._settings.kafka
        self._admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        self._consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
        await self._admin.start()
        await self._consumer.start()

    async def close(self) -> None:
        """Give the connections back."""
        admin, consumer, self._admin, self._consumer = self._admin, self._consumer, None, None
        for client in (admin and admin.close, consumer and consumer.stop):
            if client is not None:
                with contextlib.suppress(Exception):
                    await client()
