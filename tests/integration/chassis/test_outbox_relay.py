"""
The outbox and its relay on real servers: nothing lost, nothing overtaken, nothing deleted unsent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest
from chassis.errors import OversizeMessage
from chassis.outbox import Outgoing, put_outgoing
from chassis.relay import make_producer

if TYPE_CHECKING:
    from tests.integration.chassis.conftest import Bed

Until = Callable[..., Awaitable[None]]


async def depth(bed: Bed) -> int:
    """Return how many rows wait."""
    return int(await bed.pool.fetchval("select count(*) from outbox"))


async def put(bed: Bed, *messages: Outgoing) -> None:
    """Commit *messages*."""
    async with bed.pool.acquire() as connection, connection.transaction():
        await put_outgoing(connection, messages)


async def test_rows_are_published_in_order_and_deleted(bed: Bed) -> None:
    """Keys, bodies, tombstones and headers, also without UTF-8, arrive in the order given."""
    await bed.topic("order-status")
    await put(
        bed,
        Outgoing("order-status", b"a", b"1", (("h", b"\xff"), ("h", b"2"))),
        Outgoing("order-status", b"a", None),
        Outgoing("order-status", None, b"3"),
    )
    assert await bed.relay().flush(10)
    records = await bed.read("order-status", 3)
    assert [(record.key, record.value, record.headers) for record in records] == [
        (b"a", b"1", (("h", b"\xff"), ("h", b"2"))),
        (b"a", None, ()),
        (None, b"3", ()),
    ]


async def test_a_rolled_back_row_is_never_published(bed: Bed) -> None:
    """A message belongs to its transaction."""
    await bed.topic("order-status")
    async with bed.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await put_outgoing(connection, [Outgoing("order-status", b"a", b"never")])
        await transaction.rollback()
    await put(bed, Outgoing("order-status", b"a", b"1"))
    assert await bed.relay().flush(10)
    (record,) = await bed.read("order-status", 1)
    assert record.value == b"1"


async def test_a_straggler_is_neither_missed_nor_deleted(bed: Bed, wait_until: Until) -> None:
    """A row with a lower id that is committed after higher ones were published is published too."""
    await bed.topic("order-status")
    relay = bed.relay()
    async with bed.pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await put_outgoing(slow, [Outgoing("order-status", b"slow", b"late")])
        await put(bed, *[Outgoing("order-status", b"fast", b"%d" % n) for n in range(1200)])
        relay.wake()
        await wait_until(lambda: _is(depth(bed), 0))
        await transaction.commit()
    assert await relay.flush(10)
    records = await bed.read("order-status", 1201)
    assert [record.value for record in records] == [*(b"%d" % n for n in range(1200)), b"late"]


async def test_writers_of_one_key_keep_their_order(bed: Bed) -> None:
    """
    Four writers that lock the state first and write the outbox last never reverse a key's versions.
    """
    await bed.topic("order-status", 3)
    await bed.pool.execute("create table shoe (key int primary key, version int not null)")
    await bed.pool.execute("insert into shoe select n, 0 from generate_series(0, 4) n")
    relay = bed.relay()

    async def write(rounds: int) -> None:
        for n in range(rounds):
            async with bed.pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(
                    "with locked as (select key from shoe where key <= $1 order by key for update)"
                    " update shoe set version = version + 1 from locked"
                    " where shoe.key = locked.key returning shoe.key, version",
                    n % 5,
                )
                out = [
                    Outgoing("order-status", b"%d" % row["key"], b"%d" % row["version"])
                    for row in rows
                ]
                await put_outgoing(connection, out)
            relay.wake()

    await asyncio.gather(*(write(60) for _ in range(4)))
    assert await relay.flush(20)
    versions: dict[bytes, list[int]] = {}
    for record in await bed.read("order-status", 4 * 60 * 3):
        versions.setdefault(record.key, []).append(int(record.value))
    assert versions == {key: list(range(1, len(found) + 1)) for key, found in versions.items()}
    assert sum(map(len, versions.values())) == 4 * 12 * (1 + 2 + 3 + 4 + 5)


async def test_an_oversize_message_is_refused_where_it_is_made(bed: Bed) -> None:
    """
    A message past the limit names itself and writes nothing; it never stands before the others.
    """
    await bed.topic("order-status")
    big = Outgoing("order-status", b"key-7", b"x" * 1_000_000)
    with pytest.raises(OversizeMessage) as caught:
        await put(bed, Outgoing("order-status", b"a", b"1"), big)
    assert str(caught.value) == (
        "oversize: topic order-status, key key-7: 1000005 bytes, limit 1000000"
    )
    assert await depth(bed) == 0


async def test_the_largest_message_passes(bed: Bed) -> None:
    """What the outbox admits the broker takes."""
    await bed.topic("order-status")
    await put(bed, Outgoing("order-status", b"a", b"x" * 999_999))
    assert await bed.relay().flush(10)


async def test_a_missing_topic_blocks_only_its_own_rows(
    bed: Bed, wait_until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows for a topic that does not exist wait, visibly, and go out when it is made."""
    monkeypatch.setattr("chassis.relay.TOPIC_WAIT_SECONDS", 0.3)
    await bed.topic("order-status")
    await put(
        bed, Outgoing("typo", b"a", b"waits"), *[Outgoing("order-status", b"a", b"passes")] * 2
    )
    relay = bed.relay()
    await wait_until(lambda: _is(depth(bed), 1))
    assert await relay.oldest_age_seconds() > 0
    await bed.topic("typo")
    assert await relay.flush(15)
    (record,) = await bed.read("typo", 1)
    assert record.value == b"waits"


async def test_one_relay_works_and_the_next_takes_over(bed: Bed, wait_until: Until) -> None:
    """Of two relays on one schema one is active; when it ends the other goes on."""
    await bed.topic("order-status")
    first = bed.relay()
    await wait_until(lambda: first.active)
    second = bed.relay()
    await put(bed, *[Outgoing("order-status", b"a", b"1")] * 10)
    await wait_until(lambda: _is(depth(bed), 0))
    assert (first.active, second.active) == (True, False)
    bed.relays[0].cancel()
    await wait_until(lambda: second.active)
    await put(bed, Outgoing("order-status", b"a", b"2"))
    assert await second.flush(10)
    assert len(await bed.read("order-status", 11)) == 11


async def test_a_wake_up_beats_the_poll(bed: Bed, wait_until: Until) -> None:
    """A woken relay publishes at once; without the word it finds the row by itself."""
    await bed.topic("order-status")
    relay = bed.relay()
    await wait_until(lambda: relay.active)
    await put(bed, Outgoing("order-status", b"a", b"silent"))
    await wait_until(lambda: _is(depth(bed), 0))
    await put(bed, Outgoing("order-status", b"a", b"told"))
    relay.wake()
    await wait_until(lambda: _is(depth(bed), 0))
    assert [record.value for record in await bed.read("order-status", 2)] == [b"silent", b"told"]


async def test_a_failed_round_deletes_nothing(bed: Bed, wait_until: Until) -> None:
    """
    When one row of a chunk cannot be sent, all stay, and all go out once the broker takes them.
    """
    await bed.topic("order-status")
    producer = make_producer(bed.kafka, "failing")
    await producer.start()
    send, failing = producer.send, True

    async def sometimes(topic: str, value: bytes, **more: object) -> object:
        if failing and value == b"7":
            raise ConnectionError("away")
        return await send(topic, value, **more)

    producer.send = sometimes
    await put(bed, *[Outgoing("order-status", b"a", b"%d" % n) for n in range(10)])
    relay = bed.relay(producer)
    await wait_until(lambda: _published(bed))
    left = await depth(bed)
    failing = False
    assert await relay.flush(10)
    values = [record.value for record in await bed.read("order-status", 17)]
    await producer.stop()
    assert left == 10
    assert list(dict.fromkeys(values)) == [b"%d" % n for n in range(10)]


def _published(bed: Bed) -> bool:
    """Return whether the relay has failed at least once."""
    value = bed.metrics.registry.get_sample_value("relay_errors_total")
    return bool(value)


async def _is(found: Awaitable[object], expected: object) -> bool:
    """Return whether *found* gives *expected*."""
    return bool(await found == expected)
