"""Dead letters on real servers: kept once, shown, sent again once, and never a flood of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import asyncpg
from chassis.consuming import Consumption
from chassis.deadletters import (
    DeadLetter,
    list_dead_letters,
    put_dead_letters,
    redrive_dead_letter,
    show_dead_letter,
)
from chassis.health import consumer_problem

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

    from tests.integration.chassis.conftest import Bed

Until = Callable[..., Awaitable[None]]
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def letters_for_bad(
    bed: Bed, done: list[bytes | None]
) -> Callable[[Sequence[ConsumerRecord]], Awaitable[None]]:
    """A handler that dead-letters records beginning with `bad` and keeps the others."""

    async def handle(records: Sequence[ConsumerRecord]) -> None:
        bad = [record for record in records if record.value.startswith(b"bad")]
        async with bed.pool.acquire() as connection, connection.transaction():
            await put_dead_letters(
                connection, [DeadLetter(record, "unreadable", "byte 0", "s-1") for record in bad]
            )
        done.extend(record.value for record in records if record not in bad)

    return handle


def orders(handle: Callable[[Sequence[ConsumerRecord]], Awaitable[None]]) -> Consumption:
    """The consumption of this module."""
    return Consumption(name="orders", group="shoe", topics=("order",), handle=handle)


async def kept(bed: Bed) -> int:
    """Return how many letters are in the table."""
    return int(await bed.pool.fetchval("select count(*) from dead_letter"))


async def test_a_bad_record_is_kept_as_it_came(bed: Bed, wait_until: Until) -> None:
    """
    A dead letter has the record's bytes, headers and place, its class and its age; its neighbours
    pass.
    """
    done: list[bytes | None] = []
    await bed.topic("order")
    await bed.send("order", [b"1", b"bad\xff"], headers=[("h", b"\xfe")])
    await bed.consume(orders(letters_for_bad(bed, done)))
    await wait_until(lambda: _is(kept(bed), 1))
    async with bed.pool.acquire() as connection:
        (listed,) = await list_dead_letters(connection)
        shown = await show_dead_letter(connection, listed["id"]) or {}
    assert done == [b"1"]
    assert (shown["topic"], shown["record_offset"], shown["key"], shown["value"]) == (
        bed.name("order"),
        1,
        b"k",
        b"bad\xff",
    )
    assert (shown["header_names"], shown["header_values"]) == (["h"], [b"\xfe"])
    assert (listed["reason"], listed["subject"]) == ("unreadable", "s-1")
    assert 0 <= listed["age_seconds"] < 60


async def test_a_redelivered_record_is_one_letter(bed: Bed) -> None:
    """Writing the letter of one record twice keeps one."""
    await bed.topic("order")
    await bed.send("order", [b"bad"])
    (record,) = await bed.read("order", 1)
    async with bed.pool.acquire() as connection:
        for _ in range(2):
            await put_dead_letters(connection, [DeadLetter(record, "unreadable")])
    assert await kept(bed) == 1


async def test_a_redrive_sends_the_original_once(bed: Bed) -> None:
    """
    Two redrives of one letter publish its bytes, key and headers once, to the topic it came from.
    """
    await bed.topic("order")
    await bed.send("order", [b"bad\xff"], headers=[("h", b"\xfe")])
    (record,) = await bed.read("order", 1)
    async with bed.pool.acquire() as connection:
        await put_dead_letters(connection, [DeadLetter(record, "unreadable")])
        (listed,) = await list_dead_letters(connection)
        prefix = bed.settings.topic_prefix
        answers = [
            await redrive_dead_letter(connection, listed["id"], prefix, NOW),
            await redrive_dead_letter(connection, listed["id"], prefix, NOW),
            await redrive_dead_letter(connection, 999, prefix, NOW),
        ]
        open_letters = await list_dead_letters(connection)
    relay = bed.relay()
    assert await relay.flush(10)
    first, again = await bed.read("order", 2)
    assert answers == [True, False, None]
    assert open_letters == []
    assert (again.key, again.value, again.headers) == (first.key, first.value, first.headers)


async def test_a_flood_stops_the_consumer_until_an_operator_says_go(
    bed: Bed, wait_until: Until
) -> None:
    """
    More than 100 letters and a tenth of the records write nothing, stop, and say so; resume goes
    on.
    """
    done: list[bytes | None] = []
    await bed.topic("order")
    await bed.send("order", [b"bad"] * 150 + [b"good"])
    consumer = await bed.consume(orders(letters_for_bad(bed, done)))
    await wait_until(lambda: consumer.progress.flood is not None)
    told = consumer_problem(consumer) or ""
    stopped = (await kept(bed), await bed.committed("shoe", "order"))
    resumed = consumer.resume()
    await wait_until(lambda: done == [b"good"])
    await wait_until(lambda: consumer_problem(consumer) is None)
    assert ("too many" in told or "would be dead letters" in told, resumed) == (True, True)
    assert (stopped, await kept(bed)) == ((0, None), 150)


async def test_a_letter_and_its_batch_are_one_transaction(bed: Bed, wait_until: Until) -> None:
    """When the batch fails after its letters were written, the letters are gone with it."""
    attempts = 0
    await bed.topic("order")
    await bed.send("order", [b"bad"])

    async def handle(records: Sequence[ConsumerRecord]) -> None:
        nonlocal attempts
        attempts += 1
        async with bed.pool.acquire() as connection, connection.transaction():
            await put_dead_letters(connection, [DeadLetter(records[0], "unreadable")])
            if attempts == 1:
                raise asyncpg.DeadlockDetectedError("once")

    await bed.consume(orders(handle))
    await wait_until(lambda: attempts == 2)
    await wait_until(lambda: _is(kept(bed), 1))
    assert await kept(bed) == 1


async def _is(found: Awaitable[object], expected: object) -> bool:
    """Return whether *found* gives *expected*."""
    return bool(await found == expected)
