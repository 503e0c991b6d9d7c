"""
What FastStream does when it is left at its defaults, on the real broker.

Each of these loses, doubles or stalls. The chassis stands on settings of its own because of them;
should one of these tests fail after an upgrade, its setting has lost its reason.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiokafka import ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaPublishMessage

if TYPE_CHECKING:
    from tests.integration.chassis.conftest import Bed

Until = Callable[..., Awaitable[None]]


@contextlib.asynccontextmanager
async def subscribed(
    bed: Bed, topic: str, handle: Callable[[Any], Awaitable[None]], member: str = "", **options: Any
) -> AsyncIterator[KafkaBroker]:
    """
    A plain batch subscriber with *options* and otherwise the framework's defaults.

    The group's assignor deals partitions to its members in the order of their names, which begin
    with *member*.
    """
    broker = KafkaBroker(
        bed.kafka,
        client_id=member or "faststream",
        logger=None,
        apply_types=False,
        allow_auto_create_topics=False,
    )
    options.setdefault("auto_offset_reset", "earliest")
    subscriber = broker.subscriber(
        bed.name(topic), batch=True, group_id=bed.name("plain"), **options
    )
    subscriber(handle)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


async def test_acknowledging_first_loses_what_fails(bed: Bed, wait_until: Until) -> None:
    """With the default policy a batch whose handler raises is committed all the same."""
    await bed.topic("order")
    await bed.send("order", [b"1", b"2", b"3"])

    async def fails(_: Any) -> None:
        raise RuntimeError("no")

    async with subscribed(bed, "order", fails, auto_commit_interval_ms=200):
        await wait_until(lambda: _is(bed.committed("plain", "order"), 3))
    assert await bed.committed("plain", "order") == 3


async def test_ack_policy_commits_errors_too(bed: Bed, wait_until: Until) -> None:
    """`ACK`, documented as at-least-once, commits a batch that failed."""
    await bed.topic("order")
    await bed.send("order", [b"1", b"2", b"3"])

    async def fails(_: Any) -> None:
        raise RuntimeError("no")

    async with subscribed(bed, "order", fails, ack_policy=AckPolicy.ACK):
        await wait_until(lambda: _is(bed.committed("plain", "order"), 3))
    assert await bed.committed("plain", "order") == 3


async def test_a_bad_header_loses_its_whole_batch(bed: Bed, wait_until: Until) -> None:
    """
    Even with NACK_ON_ERROR, the default parser loses the good neighbours of an unreadable header.
    """
    seen: list[bytes] = []
    await bed.topic("order")
    await bed.send("order", [b"good 1"])
    await bed.send("order", [b"bad"], headers=[("name", b"\xff\xfe")])
    await bed.send("order", [b"good 2"])

    async def handle(batch: Any) -> None:
        seen.extend(batch)

    async with subscribed(bed, "order", handle, ack_policy=AckPolicy.NACK_ON_ERROR):
        await asyncio.sleep(0)
        await wait_until(lambda: _position(bed, "order", 3))
        await bed.send("order", [b"later"])
        await wait_until(lambda: _is(bed.committed("plain", "order"), 4))
    assert seen == [b"later"]


async def test_raising_at_once_loops_hot(bed: Bed, wait_until: Until) -> None:
    """NACK_ON_ERROR without a pause asks for the same batch again and again."""
    calls: list[int] = []
    await bed.topic("order")

    async def fails(batch: Any) -> None:
        calls.append(len(batch))
        raise RuntimeError("no")

    async with subscribed(
        bed, "order", fails, ack_policy=AckPolicy.NACK_ON_ERROR, batch_timeout_ms=5
    ):
        await bed.send("order", [b"1"] * 500)
        await wait_until(lambda: len(calls) >= 50)
    assert len(calls) >= 50


async def test_publish_batch_scatters_a_key(bed: Bed) -> None:
    """`publish_batch` ignores keys when it chooses the partition; the producer itself does not."""
    await bed.topic("order", 4)
    await bed.topic("ours", 4)
    broker = KafkaBroker(bed.kafka, logger=None, allow_auto_create_topics=False)
    async with broker:
        for _ in range(20):
            pair = [KafkaPublishMessage(b"a", key=b"one"), KafkaPublishMessage(b"b", key=b"one")]
            await broker.publish_batch(*pair, topic=bed.name("order"))
    await bed.send("ours", [b"a"] * 40, key=b"one")
    scattered = {record.partition for record in await bed.read("order", 40)}
    kept = {record.partition for record in await bed.read("ours", 40)}
    assert (len(scattered) > 1, len(kept)) == (True, 1)


async def test_the_default_makes_topics_with_one_partition(bed: Bed) -> None:
    """A subscriber at its defaults makes a missing topic though the broker is told not to."""
    broker = KafkaBroker(bed.kafka, logger=None)
    subscriber = broker.subscriber(bed.name("typo"), batch=True, group_id=bed.name("plain"))
    subscriber(_nothing)
    async with broker:
        await broker.start()
    assert await _partitions(bed, "typo") == 1


async def test_a_new_group_skips_history_by_default(bed: Bed, wait_until: Until) -> None:
    """
    What was published before the first start of a group is never read at the default `latest`.
    """
    seen: list[bytes] = []
    await bed.topic("order")
    await bed.send("order", [b"before"])

    async def handle(batch: Any) -> None:
        seen.extend(batch)

    async with subscribed(bed, "order", handle, auto_offset_reset="latest") as broker:
        consumer = _consumer(broker)
        await wait_until(lambda: consumer.assignment())
        await consumer.position(next(iter(consumer.assignment())))
        await bed.send("order", [b"after"])
        await wait_until(lambda: seen)
    assert seen == [b"after"]


async def test_without_a_listener_two_processes_run_one_partition(
    bed: Bed, wait_until: Until
) -> None:
    """A rebalance during a batch hands its partition on while the batch is still running."""
    await bed.topic("order")
    await bed.send("order", [b"1"])
    running: list[str] = []
    release = asyncio.Event()

    def holds(member: str) -> Callable[[Any], Awaitable[None]]:
        async def handle(_: Any) -> None:
            running.append(member)
            await release.wait()

        return handle

    policy = {"ack_policy": AckPolicy.NACK_ON_ERROR, "batch_timeout_ms": 20}
    async with subscribed(bed, "order", holds("z"), "z", **policy):
        await wait_until(lambda: running == ["z"])
        async with subscribed(bed, "order", holds("a"), "a", **policy):
            with contextlib.suppress(AssertionError):
                await wait_until(lambda: len(running) == 2, 60)
            release.set()
    assert running == ["z", "a"]


async def test_without_a_rebalance_time_a_long_batch_is_never_committed(
    bed: Bed, wait_until: Until
) -> None:
    """At the default a rebalance waits one session only: a longer batch runs twice, for nothing."""
    await bed.topic("order")
    await bed.send("order", [b"1"])
    started: list[asyncio.Event] = []
    ended: list[asyncio.Event] = []

    async def handle(_: Any) -> None:
        mine = asyncio.Event()
        started.append(mine)
        await mine.wait()
        ended.append(mine)

    first, second = _Waits(), _Waits()
    options = {"ack_policy": AckPolicy.NACK_ON_ERROR, "session_timeout_ms": 6000}
    async with subscribed(bed, "order", handle, listener=first, **options) as one:
        first.broker = one
        await wait_until(lambda: started)
        async with subscribed(bed, "order", handle, listener=second, **options) as two:
            second.broker = two
            with contextlib.suppress(AssertionError):
                await wait_until(lambda: len(started) == 2, 60)
            started[0].set()
            await wait_until(lambda: ended)
            committed = await bed.committed("plain", "order")
            for batch in started:
                batch.set()
    assert (len(started), committed) == (2, None)


class _Waits(ConsumerRebalanceListener):  # type: ignore[misc]
    """Waits for the batch in hand, as it should be."""

    broker: KafkaBroker

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Wait."""
        if revoked:
            (subscriber,) = self.broker.subscribers
            await subscriber.lock.wait_release(30)  # type: ignore[attr-defined]

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Do nothing."""


async def _is(found: Awaitable[Any], expected: object) -> bool:
    """Return whether *found* gives *expected*."""
    return bool(await found == expected)


async def _position(bed: Bed, topic: str, offset: int) -> bool:
    """
    Return whether *topic* holds so many records (they are there at once; the consumer has them
    soon).
    """
    return len(await bed.read(topic, offset)) == offset


async def _nothing(_: Any) -> None:
    """Handle nothing."""


def _consumer(broker: KafkaBroker) -> Any:
    """Return the client of the broker's only subscriber."""
    (subscriber,) = broker.subscribers
    return subscriber.consumer  # type: ignore[attr-defined]


async def _partitions(bed: Bed, topic: str) -> int:
    """Return how many partitions the broker has for *topic*, 0 when it has no such topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bed.kafka)
    await admin.start()
    try:
        (found,) = await admin.describe_topics([bed.name(topic)])
        return len(found["partitions"])
    finally:
        await admin.close()
