"""How often codes are asked for and tried: by number, by address, by both, known or not."""

from __future__ import annotations

import itertools
from datetime import timedelta

from contracts.normalise import has_thai_check_digit

from tests.integration.portal import said
from tests.integration.portal.bed import MONDAY, Bed
from tests.integration.portal.entrance import ask_code, caught, enter_code, sign_in, unknown


async def test_asking_is_limited_by_number(bed: Bed) -> None:
    """The eleventh code in a quarter of an hour is refused, for a known number and any other."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        for number in (said.TAX_ID, unknown()):
            statuses = []
            for place in range(11):
                async with bed.client(f"192.0.2.{place}") as browser:
                    statuses.append((await ask_code(browser, number)).status_code)
            assert [303] * 10 + [429] == statuses
        await letters.settle()
        bed.clock.at = MONDAY + timedelta(minutes=16)
        async with bed.client() as browser:
            assert 303 == (await ask_code(browser)).status_code
            await letters.settle()


async def test_nobody_alone_keeps_a_payee_out(bed: Bed) -> None:
    """Who asks for another's number and fails, refused or not, leaves enough for its payee."""
    await bed.say(said.payee(email="anna@example.org"))
    asked, tried = [], []
    with caught() as letters:
        async with bed.client("198.51.100.7") as stranger:
            for _ in range(12):
                asked.append((await ask_code(stranger)).status_code)
            await letters.settle()
            for _ in range(40):
                tried.append((await enter_code(stranger, "000000")).status_code)
        async with bed.client() as mine:
            assert 303 == (await sign_in(mine, letters)).status_code
    assert [303] * 4 + [429] * 8 == asked
    assert [422] * 15 + [429] * 25 == tried


async def test_what_one_address_is_refused_is_not_held_against_all(bed: Bed) -> None:
    """One address that asks for ever new numbers uses up its own limit and no more of others'."""
    async with bed.client() as browser:
        with caught() as letters:
            statuses = [(await ask_code(browser, number)).status_code for number in many(32)]
            await letters.settle()
    assert [303] * 30 + [429] * 2 == statuses
    rows = await bed.pool.fetch("select scope, count(*) from attempt group by scope")
    assert {"ask-pair": 32, "ask-address": 32, "ask-number": 30, "ask-all": 30} == dict(rows)


async def test_trying_is_limited_by_number_over_many_codes(bed: Bed) -> None:
    """New codes, from ever new places, bring thirty tries within a quarter of an hour."""
    await bed.say(said.payee(email="anna@example.org"))
    statuses = []
    with caught() as letters:
        for place in range(8):
            async with bed.client(f"192.0.2.{place}") as browser:
                await ask_code(browser)
                await letters.settle()
                for _ in range(4):
                    statuses.append((await enter_code(browser, "000000")).status_code)
    assert [422] * 30 + [429] * 2 == statuses


def many(count: int) -> list[str]:
    """So many well-formed numbers of nobody."""
    numbers = (f"{n:013d}" for n in range(994_000_200_000, 994_000_300_000))
    return list(itertools.islice(filter(has_thai_check_digit, numbers), count))
