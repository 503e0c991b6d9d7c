"""A changed contact that is written while somebody asks for a code or signs in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from portal import people_store

from tests.integration.portal import said
from tests.integration.portal.bed import Bed
from tests.integration.portal.entrance import ask_code, caught, enter_code, sign_in


async def test_a_code_made_before_a_change_is_committed_is_worth_nothing(bed: Bed) -> None:
    """The change is dated before it can be seen; a code made meanwhile goes to the old address."""
    await bed.say(said.payee(email="anna@example.org"))
    real, noted, go_on = people_store.end_of_movers, asyncio.Event(), asyncio.Event()

    async def end_of_movers(*arguments: Any) -> Any:
        ended = await real(*arguments)
        noted.set()
        await go_on.wait()
        return ended

    with caught() as letters, pytest.MonkeyPatch.context() as patch:
        patch.setattr(people_store, "end_of_movers", end_of_movers)
        async with bed.client() as browser:
            change = asyncio.create_task(bed.say(said.payee(version=2, email="new@example.org")))
            await noted.wait()
            bed.clock.at += timedelta(seconds=30)
            await ask_code(browser)
            code = await letters.code()
            go_on.set()
            await change
            assert 422 == (await enter_code(browser, code)).status_code
    assert ["anna@example.org"] == [to for to, _ in letters.sent]
    assert 0 == await bed.pool.fetchval("select count(*) from session")


async def test_a_change_while_somebody_signs_in_ends_what_begins(bed: Bed) -> None:
    """Heard in the last moment before the session is kept, it waits, finds it and ends it."""
    await bed.say(said.payee(email="anna@example.org"))
    real, changes = people_store.add_session, list[asyncio.Task[None]]()

    async def add_session(*arguments: Any) -> None:
        news = said.payee(version=2, email="new@example.org")
        changes.append(asyncio.create_task(bed.say(news)))
        await waiting(bed, changes[0])
        await real(*arguments)

    with caught() as letters, pytest.MonkeyPatch.context() as patch:
        patch.setattr(people_store, "add_session", add_session)
        async with bed.client() as browser:
            assert 303 == (await sign_in(browser, letters)).status_code
            await asyncio.gather(*changes)
            assert 303 == (await browser.get("/me")).status_code
    assert 1 == await bed.pool.fetchval("select count(*) from session where ended_at is not null")


async def waiting(bed: Bed, change: asyncio.Task[None]) -> None:
    """Come back when *change* waits for its turn to write payees, or is over."""
    asked = """select count(*) from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())"""
    while not change.done() and not await bed.pool.fetchval(asked):
        await asyncio.sleep(0.01)
