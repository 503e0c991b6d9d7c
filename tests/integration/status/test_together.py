"""Two processes of status on cases they share: one end state, no deadlock, versions in a row."""

from __future__ import annotations

import asyncio
import random

import asyncpg
import pytest

from tests.integration.status.bed import Bed, fact, moved

CASES = range(1, 13)
FACTS = ("submitted", "received", "in-process", "delayed", "transferred")


def story() -> list[bytes]:
    """Sixty facts of twelve cases, and regroupings that tie neighbours together."""
    messages = [
        fact(case, f"{case}-{name}", name, hour)
        for case in CASES
        for hour, name in enumerate(FACTS)
    ]
    for membership, case in enumerate(CASES[:-1], 2):
        key = ("finance", f"{case}-delayed")
        messages.append(moved(case, membership, outs=[(key, case + 1)], to=None))
        messages.append(moved(case + 1, membership, ins=[key], to=None))
    for case in (3, 6, 9):
        messages.append(moved(case, 40, outs=[(("unit", f"{case}-submitted"), 1)], to=1))
        messages.append(moved(1, 40, ins=[("unit", f"{case}-submitted")]))
    return messages


def batches(seed: int) -> list[list[bytes]]:
    """The story in random order and random pieces, some of it twice."""
    chance = random.Random(seed)
    messages = story()
    messages += chance.sample(messages, 30)
    chance.shuffle(messages)
    pieces = []
    while messages:
        size = chance.randint(1, 12)
        pieces.append(messages[:size])
        messages = messages[size:]
    return pieces


@pytest.mark.parametrize("seed", range(4))
async def test_two_processes_end_where_one_does(bed: Bed, seed: int) -> None:
    """
    Batches on overlapping cases at the same time, in two orders, give what one batch alone gives.
    """
    await bed.deliver(story())
    expected = await bed.states(without=("version", "facts"))
    await bed.execute("truncate event, event_text, followed_case, outbox")

    async def work(pieces: list[list[bytes]]) -> None:
        handlers = bed.other()
        for piece in pieces:
            await handlers.on_case_event(handlers.read([bed.record(m) for m in piece]))

    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    before = await bed.base.pool.fetchval(deadlocks)
    await asyncio.gather(work(batches(seed)), work(batches(seed + 100)))
    assert expected == await bed.states(without=("version", "facts"))
    assert before == await bed.base.pool.fetchval(deadlocks)
    versions: dict[str, list[int]] = {}
    for state in await bed.cases():
        versions.setdefault(state["case"], []).append(state["version"])
    assert {case: list(range(1, len(told) + 1)) for case, told in versions.items()} == versions


async def test_redirects_lock_in_the_order_of_cases(bed: Bed) -> None:
    """
    A batch that redirects a late case waits its turn for an early one, and holds nothing back.

    Were the late case written first, the two would wait for each other.
    """
    await bed.deliver([fact(1, "a", "received"), fact(3, "c", "received")])
    async with bed.base.pool.acquire() as holder:
        async with holder.transaction():
            await holder.execute("select from followed_case where case_id = 1 for update")
            message = moved(3, 5, outs=[(("finance", "c"), 1)], to=1)
            joining = asyncio.create_task(bed.deliver([message]))
            await waiting_for_a_lock(holder)
            await holder.execute("select from followed_case where case_id = 3 for update nowait")
        await asyncio.wait_for(joining, 10)
    assert 1 == (await bed.states())[3]["redirect_to"]


async def waiting_for_a_lock(connection: asyncpg.Connection) -> None:
    """Wait, ten seconds at most, until somebody waits for a lock of ours."""
    asking = "select count(*) from pg_locks where not granted"
    for _ in range(1000):
        if await connection.fetchval(asking):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")
