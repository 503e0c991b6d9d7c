"""A changed contact that is written while somebody asks for a code or signs in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from ground.databases import Database
from portal import people_store

from tests.integration.portal import said
from tests.integration.portal.bed import OPERATOR, Bed
from tests.integration.portal.entrance import ask_code, caught, enter_code, post, sign_in
from tests.integration.portal.staffed import app_of, staffed


async def test_a_letter_waits_for_a_change_that_is_being_written(bed: Bed) -> None:
    """Asked for while the change cannot be seen yet, it does not go to the old address."""
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
            change = asyncio.create_task(bed.say(moved()))
            await noted.wait()
            bed.clock.at += timedelta(seconds=31)
            await ask_code(browser)
            try:
                await waiting(bed)
                assert [] == letters.sent
            finally:
                go_on.set()
                await change
            assert 303 == (await enter_code(browser, await letters.code())).status_code
    assert ["new@example.org"] == [to for to, _ in letters.sent]


async def test_a_code_made_shortly_after_a_change_is_void_too(bed: Bed) -> None:
    """The clocks of processes differ: up to 30 seconds it may have been made before."""
    await bed.say(said.payee(email="anna@example.org"))
    await bed.say(moved())
    answers = []
    with caught() as letters:
        for seconds in (30, 1):
            bed.clock.at += timedelta(seconds=seconds)
            async with bed.client() as browser:
                answers.append((await sign_in(browser, letters)).status_code)
    assert [422, 303] == answers


async def test_a_change_while_somebody_signs_in_ends_what_begins(bed: Bed) -> None:
    """Heard in the last moment before the session is kept, it waits, finds it and ends it."""
    await bed.say(said.payee(email="anna@example.org"))
    real, changes = people_store.add_session, list[asyncio.Task[None]]()

    async def add_session(*arguments: Any) -> None:
        news = said.payee(version=2, email="new@example.org")
        changes.append(asyncio.create_task(bed.say(news)))
        await waiting(bed)
        await real(*arguments)

    with caught() as letters, pytest.MonkeyPatch.context() as patch:
        patch.setattr(people_store, "add_session", add_session)
        async with bed.client() as browser:
            assert 303 == (await sign_in(browser, letters)).status_code
            await asyncio.gather(*changes)
            assert 303 == (await browser.get("/me")).status_code
    assert 1 == await bed.pool.fetchval("select count(*) from session where ended_at is not null")


async def test_sessions_are_not_ended_beside_one_that_begins(bed: Bed) -> None:
    """The operator's order waits for the session that is being kept, and ends it too."""
    await bed.say(said.payee(email="anna@example.org"))
    asked = {"kind": "payee", "person": "anna", "reason": "asked by telephone"}
    with caught() as letters, ordered(bed, "/ops/sessions/end", asked) as orders:
        async with bed.client() as browser:
            assert 303 == (await sign_in(browser, letters)).status_code
            assert [{"sessions_ended": 1}] == [(await one).json() for one in orders]
            assert 303 == (await browser.get("/me")).status_code


async def test_an_app_is_not_forgotten_beside_a_session_that_begins_by_it(
    database: Database,
) -> None:
    """The order to forget it waits for the session its code begins, and ends it too."""
    asked = {"person": "demo-one-factor", "reason": "telephone stolen"}
    async with staffed(database) as house, house.bed.client() as browser:
        app, _ = await app_of(house, browser)
        house.bed.clock.at += timedelta(seconds=60)
        await house.bed.pool.execute("delete from session")
        with ordered(house.bed, "/ops/second-factor/forget", asked) as orders:
            async with house.bed.client() as other:
                await house.come_from_provider(other, "one-factor")
                code = app.at(house.bed.clock.at)
                done = await post(other, "/staff/second", "/staff/second", code=code)
                assert "/board" == done.headers["location"]
                told = [(await one).json() for one in orders]
                assert [{"forgotten": True, "sessions_ended": 1}] == told
                assert 303 == (await other.get("/board")).status_code


@contextmanager
def ordered(bed: Bed, path: str, asked: Any) -> Iterator[list[asyncio.Task[httpx.Response]]]:
    """In the last moment before a session is kept an operator orders *asked*, and has to wait."""
    real, orders = people_store.add_session, list[asyncio.Task[httpx.Response]]()

    async def order() -> httpx.Response:
        async with bed.client(authorization=f"Bearer {OPERATOR}") as operator:
            return await operator.post(path, json=asked)

    async def add_session(*arguments: Any) -> None:
        orders.append(asyncio.create_task(order()))
        await waiting(bed)
        await real(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people_store, "add_session", add_session)
        yield orders


def moved() -> bytes:
    """Late news of a change that is so old that codes are mailed to where it leads."""
    return said.payee(version=2, email="new@example.org", said_at="2026-11-01T00:00:00+07:00")


async def waiting(bed: Bed) -> None:
    """Come back when somebody waits for a lock. Raises `TimeoutError` where nobody ever does."""
    asked = """select count(*) from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()"""
    async with asyncio.timeout(20):
        while not await bed.pool.fetchval(asked):
            await asyncio.sleep(0.01)
