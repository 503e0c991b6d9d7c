"""How fast a service works off what lies before it: from its first commit to its last message."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from tests.bench.meter import mark, rss_megabytes
from tests.bench.outcome import Run, run_between
from tests.bench.rig import Rig

POLL_SECONDS = 0.02
PAUSE_SECONDS_MAX = 2.0
STALLED_SECONDS = 60.0

Offsets = Mapping[TopicPartition, int]


class TooFew(ValueError):
    """What lay there was done before it could be measured."""


class Books:
    """The broker's books, read: ends of topics, and how far a group has committed."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)

    async def __aenter__(self) -> Books:
        await self._admin.start()
        await self._consumer.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def ends(self, topics: Sequence[str]) -> dict[TopicPartition, int]:
        """Where the partitions of *topics* end now."""
        places = [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in await self._admin.describe_topics(list(topics))
            for partition in topic["partitions"]
        ]
        found: dict[TopicPartition, int] = await self._consumer.end_offsets(places)
        return found

    async def done(self, group: str, ends: Offsets) -> int:
        """How many records below *ends* the group has committed past."""
        known = await self._admin.list_consumer_group_offsets(group)
        return sum(
            max(0, min(end, known[place].offset)) for place, end in ends.items() if place in known
        )

    async def done_all(self, ends: Mapping[str, Offsets]) -> int:
        """How many records all groups together have committed past, each below its *ends*."""
        return sum([await self.done(group, some) for group, some in ends.items()])


async def drain(
    rig: Rig, books: Books, service: str, group: str, topics: Sequence[str], what: str
) -> Run:
    """
    Start *service* and measure it until *group* has read *topics* and its outbox is empty.

    The clock starts with its first commit: starting a process is no part of an event. Raises
    `TimeoutError` when it makes no progress for a minute, and `TooFew` when all is done and it
    was too little to be measured.
    """
    return await drain_all(rig, books, service, {group: topics}, what)


async def drain_all(
    rig: Rig, books: Books, service: str, reads: Mapping[str, Sequence[str]], what: str
) -> Run:
    """
    The same of a service with several groups, each with its topics: each record counts as one.
    """
    ends = {
        rig.prefix + group: await books.ends([rig.prefix + topic for topic in topics])
        for group, topics in reads.items()
    }
    before, total = await books.done_all(ends), sum(sum(one.values()) for one in ends.values())
    if before == total:
        raise ValueError(f"{what}: nothing lies before it")
    rig.start(service)
    first = await _past(rig, books, service, ends, before)
    begin = mark(rig.pids(service))
    await _past(rig, books, service, ends, total - 1)
    await outbox_empty(rig, service)
    end = mark(rig.pids(service))
    if first == total:
        raise TooFew(f"{what}: {total - before} records are too few to be measured")
    return run_between(what, total - first, begin, end, rss_megabytes(rig.pid(service)))


async def _past(
    rig: Rig, books: Books, service: str, ends: Mapping[str, Offsets], count: int
) -> int:
    """Wait until more than *count* records are done; how many are."""
    last, moved_at, begun = -1, time.monotonic(), time.monotonic()
    first: int | None = None
    while True:
        done, now = await books.done_all(ends), time.monotonic()
        first = done if first is None else first
        if done > count:
            return done
        if done != last:
            last, moved_at = done, now
        if now - moved_at > STALLED_SECONDS:
            raise TimeoutError(f"{service} stands at {done}; its log: {rig.log_tail(service)}")
        rate = (done - first) / max(now - begun, POLL_SECONDS)
        await asyncio.sleep(_pause_seconds(count - done, rate))


def _pause_seconds(left: int, rate: float) -> float:
    """Looking costs the broker something too: far from the end, look seldom."""
    if rate <= 0:
        return POLL_SECONDS
    return min(PAUSE_SECONDS_MAX, max(POLL_SECONDS, left / rate / 2))


async def outbox_empty(rig: Rig, service: str) -> None:
    """Wait until all a service had to say is on Kafka."""
    connection = await asyncpg.connect(rig.servers.postgres.url(database=rig.database))
    try:
        while await connection.fetchval(f'select exists (select from "{service}".outbox)'):
            await asyncio.sleep(POLL_SECONDS)
    finally:
        await connection.close()
