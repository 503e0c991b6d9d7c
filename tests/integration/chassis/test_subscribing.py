"""Finding topics, keeping a place in the group, and what of the libraries that leans on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from chassis.consuming import Consumer, Consumption
from chassis.health import consumer_problem
from chassis.watchdog import Watchdog

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord
    from ground.throwaway import Servers

    from tests.integration.chassis.conftest import Bed

Until = Callable[..., Awaitable[None]]


def consumption(seen: list[bytes | None], **more: Any) -> Consumption:
    """A consumption of the topic `order` that remembers the bodies."""

    async def handle(records: Sequence[ConsumerRecord]) -> None:
        seen.extend(record.value for record in records)

    more.setdefault("topics", ("order",))
    return Consumption(name="orders", group="shoe", handle=handle, **more)


async def test_a_missing_topic_is_told_and_not_made(bed: Bed, wait_until: Until) -> None:
    """A topic that does not exist makes the service unready; once it is made, it is read."""
    seen: list[bytes | None] = []
    starting = asyncio.create_task(bed.consume(consumption(seen)))
    await wait_until(lambda: bed.running and bed.running[0].subscription.absent_topics())
    told = consumer_problem(bed.running[0]) or ""
    await bed.topic("order")
    await bed.send("order", [b"1"])
    await wait_until(lambda: seen, 15)
    consumer = await starting
    assert ("sees no topic" in told, consumer_problem(consumer)) == (True, None)


async def test_a_pattern_finds_topics_made_later(bed: Bed, wait_until: Until) -> None:
    """A consumption by pattern reads a new topic within seconds, from its first record on."""
    seen: list[bytes | None] = []
    await bed.topic("inbound.a")
    await bed.send("inbound.a", [b"a"])
    what = consumption(seen, topics=(), pattern=r"inbound\..*", assignor="roundrobin")
    await bed.consume(what)
    await wait_until(lambda: seen == [b"a"])
    await bed.topic("inbound.b")
    await bed.send("inbound.b", [b"b"])
    await wait_until(lambda: seen == [b"a", b"b"], 15)
    assert seen == [b"a", b"b"]


async def test_what_we_lean_on_in_the_libraries_is_there(bed: Bed, wait_until: Until) -> None:
    """The unofficial parts of FastStream and aiokafka that health and draining read still exist."""
    seen: list[bytes | None] = []
    await bed.topic("order")
    await bed.send("order", [b"1"])
    consumer = await bed.consume(consumption(seen))
    await wait_until(lambda: seen)
    subscription = consumer.subscription
    await wait_until(lambda: subscription.poll_age_seconds() is not None)
    assert (subscription.alive(), subscription.joined(), subscription.assigned()) == (True, True, 1)
    assert hasattr(subscription._subscriber.lock, "wait_release")
    await consumer.stop()
    assert (subscription.alive(), subscription.joined()) == (False, False)


async def test_two_processes_with_one_instance_id_do_not_go_unnoticed(
    bed: Bed, wait_until: Until
) -> None:
    """
    Two that share an instance id push each other out: the watchdog ends one, and then the other
    reads on or is ended too.
    """
    seen: dict[int, list[bytes | None]] = {0: [], 1: []}
    await bed.topic("order", 2)
    first = await bed.consume(consumption(seen[0], session_seconds=6))
    second = asyncio.create_task(bed.consume(consumption(seen[1], session_seconds=6)))
    await wait_until(lambda: len(bed.running) == 2)
    watchdog = Watchdog([], _yes)
    lost: list[Consumer] = []

    async def one_is_lost() -> bool:
        await bed.send("order", [b"x"], key=None)
        await asyncio.sleep(0.1)
        lost.extend(one for one in bed.running if watchdog.look(one, time.monotonic()))
        return bool(lost)

    await wait_until(one_is_lost, 40)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    await lost[0].stop()
    (other,) = [one for one in bed.running if one is not lost[0]]
    number = 0 if other is first else 1
    count = len(seen[number])

    async def reads_on_or_is_lost() -> bool:
        await bed.send("order", [b"x"], key=None)
        await asyncio.sleep(0.1)
        return len(seen[number]) > count or watchdog.look(other, time.monotonic()) is not None

    await wait_until(reads_on_or_is_lost, 60)


async def _yes() -> bool:
    """A broker that answers."""
    return True


async def test_a_stop_does_not_wait_for_a_broker_that_is_gone(
    killable: Servers, killable_bed: Bed, wait_until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    With a commit that nobody answers, stopping ends all the same and leaves no connection open; the
    batch will come again.
    """
    monkeypatch.setattr("chassis.committing.FLUSH_SECONDS_MAX", 1.0)
    seen: list[bytes | None] = []
    go_on = asyncio.Event()

    async def handle(records: Sequence[ConsumerRecord]) -> None:
        await go_on.wait()
        seen.extend(record.value for record in records)

    await killable_bed.topic("order")
    await killable_bed.send("order", [b"1"])
    what = Consumption(name="orders", group="shoe", topics=("order",), handle=handle)
    consumer = await killable_bed.consume(what)
    await wait_until(lambda: consumer.unfinished())
    client = consumer.subscription.consumer._client
    killable.kill("kafka", away_seconds=10)
    go_on.set()
    await wait_until(lambda: seen)
    await consumer.stop()
    assert client._sync_task is None
    assert not [one for one in client._conns.values() if one.connected()]
    assert not await asyncio.to_thread(killable.is_up, "kafka")
    await asyncio.to_thread(killable.await_up, "kafka")
    assert await killable_bed.committed("shoe", "order") is None
