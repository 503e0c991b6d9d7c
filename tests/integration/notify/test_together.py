"""What happens at the same time: no order in which transactions commit may lose a letter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from tests.integration.notify.bed import Bed
from tests.integration.notify.said import (
    case_status,
    event,
    line,
    line_status,
    paid_line,
    payee,
)
from tests.integration.notify.test_offices import RETURNED, offices, unit_office

PAID = event("transferred", "2026-11-23T02:00")
RECEIVED = event("received", "2026-11-23T00:30")
ANNA = payee(email="anna@example.org")
WAITING = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


@asynccontextmanager
async def the_hour_is_held(bed: Bed) -> AsyncIterator[None]:
    """Every decision that asks for something stands still at its last step."""
    async with bed.base.pool.acquire() as connection:
        await connection.execute(
            "insert into hour_count values (date_trunc('hour', $1::timestamptz), 0)"
            " on conflict do nothing",
            bed.clock.at,
        )
        async with connection.transaction():
            await connection.execute("select * from hour_count for update")
            yield


async def waits_or_is_done(bed: Bed, task: asyncio.Task[Any], count: int) -> None:
    """Until *task* is done or *count* transactions wait for a lock."""
    async with asyncio.timeout(20):
        while not task.done() and await bed.base.pool.fetchval(WAITING) < count:
            await asyncio.sleep(0.01)


async def at_once(bed: Bed, first: Awaitable[object], second: Awaitable[object]) -> None:
    """*second* begins when *first* has seen all it looks at and has written nothing."""
    async with the_hour_is_held(bed):
        tasks = [asyncio.ensure_future(first)]
        await waits_or_is_done(bed, tasks[0], 1)
        assert not tasks[0].done()
        tasks.append(asyncio.ensure_future(second))
        await waits_or_is_done(bed, tasks[1], 2)
    await asyncio.gather(*tasks)


async def test_an_address_that_comes_during_a_decision_is_not_missed(bed: Bed) -> None:
    """
    A payee and the news for her arrive in two batches at once, as after a restart.

    The decision has seen no address and the payee's batch no notice that waits for one: without
    a lock between them both would commit, and nobody would ever look again.
    """
    await bed.say(line_status(1, paid_line(PAID)))
    news = bed.say(case_status(1, PAID, lines="transferred"))
    await at_once(bed, news, bed.say(ANNA))
    assert [("paid", "requested", None)] == await bed.mails()
    assert ["anna@example.org"] == [letter["To"] for letter in await bed.sent()]


async def test_an_office_that_is_applied_during_a_decision_is_not_missed(bed: Bed) -> None:
    """The list of offices comes into force while a returned claim finds no office: it is told."""
    anna_too = (ANNA, line_status(1, line()))
    await bed.say(*anna_too)
    applied = bed.ask("PUT", "/ops/config", offices(unit_office()))
    await at_once(bed, bed.say(case_status(1, RECEIVED, RETURNED)), applied)
    told = [one for one in await bed.mails() if one[0] == "returned"]
    assert [("returned", "requested", None)] == told


async def test_an_address_refused_after_it_changed_is_not_the_new_one(bed: Bed) -> None:
    """
    The old mailbox refuses the letter while the new address arrives: it goes to the new one.

    What was refused was not what is known now; struck out, she would wait for a third address.
    """
    await bed.say(ANNA, line_status(1, paid_line(PAID)))
    await bed.say(case_status(1, PAID, lines="transferred"))
    bed.clock.at += timedelta(seconds=3)
    (parcel,) = await bed.claims.claim()
    bed.mail.at_recipient = "550 5.1.1 no such user"
    outcome = await bed.gateway.send(parcel)
    await bed.say(payee(version=2, email="anna@new.example.org"))
    await bed.claims.record([(parcel, outcome)])
    assert [("paid", "failed-temporary", None)] == await bed.mails()
    bed.mail.at_recipient = ""
    # The address that was left is told so, by a letter of its own.
    letters = sorted(letter["To"] for letter in await bed.later(seconds=1))
    assert ["anna@example.org", "anna@new.example.org"] == letters
    assert [("paid", "sent", None)] == await bed.mails()
