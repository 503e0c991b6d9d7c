"""How far each group of readers is behind the topics it reads: asked of Kafka for operators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition
from chassis.broker import Broker
from chassis.settings import ServiceSettings

Lags = Mapping[str, Mapping[str, int]]
"""Group → topic → records not yet read; names without the installation's prefix."""


class Lag:
    """Asks the broker; a connection that fails is made anew at the next question."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._prefix = settings.topic_prefix
        self._broker = Broker(settings)

    async def behind(self) -> Lags:
        """All groups of this installation. Raises what the client raises."""
        found = {}
        async with self._broker.asking() as (admin, consumer):
            told = await admin.list_consumer_groups()
            for group in sorted({name for name, *_ in told if name.startswith(self._prefix)}):
                committed = await admin.list_consumer_group_offsets(group)
                done = {place: at.offset for place, at in committed.items() if at.offset >= 0}
                ends = await consumer.end_offsets(list(done))
                found[group.removeprefix(self._prefix)] = self._lags(done, ends)
        return found

    def _lags(self, done: Mapping[TopicPartition, int], ends: Mapping[Any, int]) -> dict[str, int]:
        """Records not yet read, by topic."""
        lags: dict[str, int] = {}
        for place, offset in done.items():
            topic = place.topic.removeprefix(self._prefix)
            lags[topic] = lags.get(topic, 0) + max(0, ends.get(place, offset) - offset)
        return lags

    async def close(self) -> None:
        """Give the connections back."""
        await self._broker.close()
