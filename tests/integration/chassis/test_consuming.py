"""
Our consumer on the real broker: it survives each trap that the framework's defaults fall into.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from chassis.consuming import Consumption
from chassis.health import consumer_problem

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

    from tests.integration.chassis.conftest import Bed

Until = Callable[..., Awaitable[None]]
Records = Sequence["ConsumerRecord"]


def consumption(handle: Callable[[Any], Awaitable[None]], **more: Any) -> Consumption:
    """A consumption of the topic `order`."""
    more.setdefault("topics", ("order",))
    return Consumption(name="orders", group="shoe", handle=handle, **more)


class Seen:
    """A handler that remembers; it raises `error` as long as that is set."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.values: list[bytes | None] = []
        self.calls: list[float] = []

    async def __call__(self, records: Records) -> None:
        """Handle a batch."""
        self.calls.append(time.monotonic())
        if self.error is not None:
            raise self.error
        self.values.extend(record.value for record in records)


async def test_unreadable_headers_and_bodies_reach_the_handler(bed: Bed, wait_until: Until) -> None:
    """
    Records with bytes for a header, no header value or no body arrive raw, and none of the batch is
    lost.
    """
    seen = Seen()
    await bed.topic("order")
    await bed.send("order", [b"good 1"])
    await bed.send("order", [b"bad"], headers=[("name", b"\xff\xfe")])
    await bed.send("order", [None])
    await bed.send("order", [b"good 2"])
    await bed.consume(consumption(seen))
    await wait_until(lambda: len(seen.values) == 4)
    assert seen.values == [b"good 1", b"bad", None, b"good 2"]


async def test_a_failing_batch_is_not_lost_and_does_not_loop_hot(
    bed: Bed, wait_until: Until
) -> None:
    """An outage costs a few spaced attempts; afterwards every record is there, in order, once."""
    seen = Seen(ConnectionRefusedError("away"))
    await bed.topic("order")
    await bed.send("order", [b"%d" % n for n in range(200)])
    consumer = await bed.consume(consumption(seen))
    await wait_until(lambda: seen.calls and time.monotonic() - seen.calls[0] > 2)
    attempts, committed = len(seen.calls), await bed.committed("shoe", "order")
    seen.error = None
    await wait_until(lambda: consumer.progress.failures == 0)
    await wait_until(lambda: _is(bed.committed("shoe", "order"), 200))
    assert (2 <= attempts <= 8, committed) == (True, None)
    assert seen.values == [b"%d" % n for n in range(200)]


async def test_a_bug_is_neither_skipped_nor_dead_lettered(bed: Bed, wait_until: Until) -> None:
    """
    An unknown error stops the partition where it is, and readiness says so until it is mended.
    """
    seen = Seen(ZeroDivisionError("a bug"))
    await bed.topic("order")
    await bed.send("order", [b"1"])
    consumer = await bed.consume(consumption(seen))
    await wait_until(lambda: consumer.progress.failures >= 2)
    told = consumer_problem(consumer) or ""
    letters = await bed.pool.fetchval("select count(*) from dead_letter")
    seen.error = None
    await wait_until(lambda: consumer_problem(consumer) is None)
    assert ("unknown: ZeroDivisionError" in told, letters, seen.values) == (True, 0, [b"1"])


async def test_a_batch_given_back_comes_again_from_kafka(bed: Bed, wait_until: Until) -> None:
    """
    When retrying in place has lasted too long, the batch and what was fetched behind it come again.
    """
    seen = Seen()
    await bed.topic("order", 3)
    expected: list[bytes] = []
    for partition in range(3):
        values = [b"%d/%d" % (partition, n) for n in range(400)]
        await bed.send("order", values, partition=partition)
        expected.extend(values)
    consumer = await bed.consume(consumption(_failing_third_then(seen), records_max=100))
    await wait_until(lambda: len(seen.values) >= 300)
    await consumer.drain(5)
    await wait_until(lambda: len(seen.values) >= 1200)
    assert set(seen.values) == set(expected)
    assert _per_partition_in_order(seen.values)


async def test_the_offset_stays_before_what_is_unfinished(bed: Bed, wait_until: Until) -> None:
    """
    A process that dies in its second batch has committed the first only, though a third was
    fetched.
    """
    hang = asyncio.Event()
    calls: list[int] = []

    async def handle(records: Records) -> None:
        calls.append(records[0].offset)
        if len(calls) == 2:
            await hang.wait()

    await bed.topic("order")
    await bed.send("order", [b"%d" % n for n in range(300)])
    consumer = await bed.consume(consumption(handle, records_max=100))
    await wait_until(lambda: len(calls) == 2 and len(consumer.unfinished()) == 2)
    await wait_until(lambda: _is(bed.committed("shoe", "order"), 100))
    for task in list(consumer.subscription._subscriber.tasks):
        task.cancel()
    hang.set()
    assert (calls, await bed.committed("shoe", "order")) == ([0, 100], 100)


async def test_preparing_overlaps_the_handler_and_keeps_order(bed: Bed, wait_until: Until) -> None:
    """
    The next batch is prepared while the one before is being handled; the handler sees them in
    order.
    """
    story: list[tuple[str, int]] = []

    def prepare(records: Records) -> list[int]:
        story.append(("prepare", records[0].offset))
        return [record.offset for record in records]

    async def handle(offsets: list[int]) -> None:
        story.append(("begin", offsets[0]))
        await asyncio.sleep(0.1)
        story.append(("end", offsets[0]))

    await bed.topic("order")
    await bed.send("order", [b"x"] * 300)
    await bed.consume(consumption(handle, prepare=prepare, records_max=100))
    await wait_until(lambda: ("end", 200) in story)
    assert story == [
        ("prepare", 0),
        ("begin", 0),
        ("prepare", 100),
        ("end", 0),
        ("begin", 100),
        ("prepare", 200),
        ("end", 100),
        ("begin", 200),
        ("end", 200),
    ]


async def test_a_failure_to_prepare_is_a_failure_of_its_batch(bed: Bed, wait_until: Until) -> None:
    """
    When `prepare` raises, the batch before it is committed and the batch itself is tried again.
    """
    failing = True
    done: list[int] = []

    def prepare(records: Records) -> list[int]:
        if failing and records[0].offset == 100:
            raise ZeroDivisionError("a bug")
        return [record.offset for record in records]

    async def handle(offsets: list[int]) -> None:
        done.extend(offsets)

    await bed.topic("order")
    await bed.send("order", [b"x"] * 200)
    consumer = await bed.consume(consumption(handle, prepare=prepare, records_max=100))
    await wait_until(lambda: consumer.progress.failures >= 1)
    await wait_until(lambda: _is(bed.committed("shoe", "order"), 100))
    failing = False
    await wait_until(lambda: len(done) == 200)
    assert done == list(range(200))


async def test_a_long_batch_survives_a_rebalance(bed: Bed, wait_until: Until) -> None:
    """
    A second process joins during a batch longer than a session: it runs once and is committed.
    """
    starts: list[float] = []
    running = peak = 0

    async def handle(_: Records) -> None:
        nonlocal running, peak
        starts.append(time.monotonic())
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(7)
        running -= 1

    await bed.topic("order")
    await bed.send("order", [b"1"])
    what = consumption(handle, session_seconds=6)
    first = await bed.consume(what, "0")
    await wait_until(lambda: starts)
    joining = asyncio.create_task(bed.consume(what, "1"))
    await wait_until(lambda: _is(bed.committed("shoe", "order"), 1))
    second = await joining
    await wait_until(lambda: first.subscription.assigned() + second.subscription.assigned() == 1)
    assert (len(starts), peak) == (1, 1)


async def test_stopping_finishes_the_batch_in_hand(bed: Bed, wait_until: Until) -> None:
    """A stop waits for the handler, commits, and leaves the rest for the next start."""
    done: list[int] = []

    async def handle(records: Records) -> None:
        await asyncio.sleep(0.3)
        done.append(len(records))

    await bed.topic("order")
    await bed.send("order", [b"x"] * 1000)
    consumer = await bed.consume(consumption(handle, records_max=100))
    await wait_until(lambda: consumer.progress.busy_since is not None)
    await consumer.stop()
    assert await bed.committed("shoe", "order") == sum(done)


async def test_a_restarted_process_has_its_partitions_at_once(bed: Bed, wait_until: Until) -> None:
    """
    With a fixed instance id a restart does not wait until the session of its former life is over.
    """
    seen = Seen()
    await bed.topic("order")
    await bed.send("order", [b"1"])
    first = await bed.consume(consumption(seen))
    await wait_until(lambda: len(seen.values) == 1)
    await first.stop()
    started = time.monotonic()
    await bed.consume(consumption(seen))
    await bed.send("order", [b"2"])
    await wait_until(lambda: len(seen.values) == 2)
    assert time.monotonic() - started < 5


def _failing_third_then(seen: Seen) -> Callable[[Records], Awaitable[None]]:
    """A handler whose fourth batch hangs in retries until it is given back."""
    calls = 0

    async def handle(records: Records) -> None:
        nonlocal calls
        calls += 1
        if 4 <= calls <= 6:
            raise ConnectionRefusedError("away")
        await seen(records)

    return handle


def _per_partition_in_order(values: Sequence[bytes | None]) -> bool:
    """Return whether the first appearances of each partition's values are in their order."""
    first = list(dict.fromkeys(value for value in values if value is not None))
    numbers: dict[bytes, list[int]] = {}
    for value in first:
        partition, _, n = value.partition(b"/")
        numbers.setdefault(partition, []).append(int(n))
    return all(found == sorted(found) for found in numbers.values())


async def _is(found: Awaitable[Any], expected: object) -> bool:
    """Return whether *found* gives *expected*."""
    return bool(await found == expected)
