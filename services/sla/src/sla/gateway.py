"""What sla asks of Kafka beside reading it: how far topics reach, and how far their readers are."""

from __future__ import annotations

from aiokafka import TopicPartition
from chassis.broker import Broker
from chassis.settings import ServiceSettings

Offsets = dict[int, int]
"""By partition."""


class Topics:
    """Asks the broker; a connection that fails is made anew at the next question."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._broker = Broker(settings)

    async def ends(self, topic: str) -> Offsets:
        """How far *topic* reaches now. Raises what the client raises."""
        name = self._settings.prefixed(topic)
        async with self._broker.asking() as (admin, consumer):
            (told,) = await admin.describe_topics([name])
            places = [TopicPartition(name, part["partition"]) for part in told["partitions"]]
            ends = await consumer.end_offsets(places)
        return {place.partition: end for place, end in ends.items()}

    async def read(self, group: str, topic: str) -> Offsets:
        """How far *group* has finished *topic*; partitions it never finished are absent."""
        name = self._settings.prefixed(topic)
        async with self._broker.asking() as (admin, _):
            told = await admin.list_consumer_group_offsets(self._settings.prefixed(group))
        return {
            place.partition: at.offset
            for place, at in told.items()
            if place.topic == name and at.offset >= 0
        }

    async def close(self) -> None:
        """Give the connections back."""
        await self._broker.close()
