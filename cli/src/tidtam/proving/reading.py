"""Reading topics from their beginning to their present end, as any consumer could."""

from __future__ import annotations

from collections.abc import Callable, Collection

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

POLL_MS = 1000

Take = Callable[[str, ConsumerRecord], None]


async def all_places(admin: AIOKafkaAdminClient) -> list[TopicPartition]:
    """Every partition of every topic."""
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in await admin.describe_topics()
        for partition in topic["partitions"]
        if not topic["topic"].startswith("__")
    ]


async def read_topics(
    bootstrap: str, topics: Collection[str], take: Take, prefix: str = ""
) -> None:
    """Give *take* each record of *topics*, with the name of its topic without *prefix*."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        places = [p for p in await _places(bootstrap) if p.topic.removeprefix(prefix) in topics]
        ends = {p: end for p, end in (await consumer.end_offsets(places)).items() if end > 0}
        consumer.assign(list(ends))
        if ends:
            await consumer.seek_to_beginning()
        while ends:
            for place, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                for record in records:
                    take(record.topic.removeprefix(prefix), record)
                if await consumer.position(place) >= ends.get(place, 0):
                    ends.pop(place, None)
    finally:
        await consumer.stop()


async def _places(bootstrap: str) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return await all_places(admin)
    finally:
        await admin.close()
