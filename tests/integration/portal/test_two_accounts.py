"""One person, two accounts: every employee is also a payee, and both sign in in one browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from ground.databases import Database
from portal import people_store
from portal.asking import Services

from tests.integration.portal import said
from tests.integration.portal.entrance import ask_code, caught, enter_code, post, sign_in
from tests.integration.portal.staffed import StaffedBed, app_of, staffed

OPEN = "select kind from session where ended_at is null"


@pytest.fixture
async def house(database: Database) -> AsyncIterator[StaffedBed]:
    """The portal with the development provider beside it; Anna is a payee."""
    async with staffed(database) as made:
        await made.bed.say(said.payee(email="anna@example.org"))
        yield made


async def test_a_payee_signs_in_as_staff_with_our_second_factor(house: StaffedBed) -> None:
    """The form for the code is taken though a payee is signed in, whose session then ends."""
    with caught() as letters:
        async with house.bed.client() as browser:
            assert 303 == (await sign_in(browser, letters)).status_code
            _, done = await app_of(house, browser)
            assert (303, "/board") == (done.status_code, done.headers["location"])
            assert 200 == (await browser.get("/board")).status_code
    assert ["staff"] == [row[0] for row in await house.bed.pool.fetch(OPEN)]


async def test_staff_sign_in_as_a_payee(house: StaffedBed) -> None:
    """Both forms are taken though one of the staff is signed in, whose session then ends."""
    with caught() as letters:
        async with house.signed_in("operator") as browser:
            assert 422 == (await ask_code(browser, "1")).status_code
            assert 303 == (await ask_code(browser)).status_code
            code = await letters.code()
            assert 422 == (await enter_code(browser, "1")).status_code
            done = await enter_code(browser, code)
            assert (303, "/me") == (done.status_code, done.headers["location"])
            assert 200 == (await browser.get("/me")).status_code
    assert ["payee"] == [row[0] for row in await house.bed.pool.fetch(OPEN)]


async def test_a_code_is_a_browsers_own_also_where_staff_are_signed_in(house: StaffedBed) -> None:
    """A browser that never saw the form has nothing its code could be bound to: none is made."""
    async with house.signed_in("operator") as browser:
        browser.cookies.delete("tidtam-form")
        refused = await post(browser, "/staff", "/sign-in", number=said.TAX_ID)
    assert 403 == refused.status_code
    assert 0 == await house.bed.pool.fetchval("select count(*) from signin_code")


async def test_the_token_of_a_source_is_taken_from_a_payee_too(
    house: StaffedBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who develops a source and is signed in as a payee opens the page of the source."""

    async def known(*_: Any) -> dict[str, Any]:
        return {"source": {"slug": "payroll"}}

    monkeypatch.setattr(Services, "ask_as", known)
    with caught() as letters:
        async with house.bed.client() as browser:
            await sign_in(browser, letters)
            done = await post(browser, "/source/payroll", "/source/payroll", token="tdt_mine")
    assert (303, "/source/payroll") == (done.status_code, done.headers["location"])


async def test_a_fault_of_ours_leaves_the_code_of_an_app_good(
    house: StaffedBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is taken in the transaction that begins the session; the try counts all the same."""
    async with house.bed.client() as browser:
        app, _ = await app_of(house, browser)
    house.bed.clock.at += timedelta(seconds=60)
    code = app.at(house.bed.clock.at)
    async with house.bed.client() as browser:
        await house.come_from_provider(browser, "one-factor")
        with monkeypatch.context() as patch:
            patch.setattr(people_store, "add_session", broken)
            failed = await post(browser, "/staff/second", "/staff/second", code=code)
        done = await post(browser, "/staff/second", "/staff/second", code=code)
    assert (500, 303) == (failed.status_code, done.status_code)
    tried = "select count(*) from attempt where scope = 'staff-second'"
    assert 3 == await house.bed.pool.fetchval(tried)


async def test_a_fault_of_ours_leaves_a_mailed_code_good(
    house: StaffedBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is used up in the transaction that begins the session; the try counts all the same."""
    with caught() as letters:
        async with house.bed.client() as browser:
            await ask_code(browser)
            code = await letters.code()
            with monkeypatch.context() as patch:
                patch.setattr(people_store, "add_session", broken)
                failed = await enter_code(browser, code)
            done = await enter_code(browser, code)
    assert (500, 303) == (failed.status_code, done.status_code)
    assert 2 == await house.bed.pool.fetchval("select tries from signin_code")


async def broken(*_: Any) -> None:
    """What a fault of ours does."""
    raise RuntimeError("planted")
