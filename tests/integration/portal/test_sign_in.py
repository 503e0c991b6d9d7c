"""Signing in by number and code: who gets in, who does not, and what nobody can tell apart."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.integration.portal import said
from tests.integration.portal.bed import MONDAY, Bed
from tests.integration.portal.entrance import (
    ask_code,
    caught,
    enter_code,
    hidden,
    post,
    sign_in,
    unknown,
    wrong,
)

SECRETS = re.compile(r'value="[^"]*"')


async def test_the_code_from_the_letter_opens_the_own_pages(bed: Bed) -> None:
    """A payee gives the number, gets a code by mail, and is led to the own payments."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as browser:
            answer = await sign_in(browser, letters)
            assert (303, "/me") == (answer.status_code, answer.headers["location"])
            assert 200 == (await browser.get("/me")).status_code
    assert [("anna@example.org")] == [to for to, _ in letters.sent]


async def test_the_way_back_leads_where_one_wanted_to_go(bed: Bed) -> None:
    """The link of a letter asks to sign in first and then leads to its case."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as browser:
            first = await browser.get("/case/4821-7735-6")
            assert "/sign-in?next=/case/4821-7735-6" == first.headers["location"]
            await post(browser, first.headers["location"], "/sign-in", number=said.TAX_ID)
            answer = await enter_code(browser, await letters.code())
    assert "/case/4821-7735-6" == answer.headers["location"]


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_no_other_house_is_led_to(bed: Bed, to: str) -> None:
    """A link that names another place as the way back leads home."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as browser:
            shown = await browser.get("/sign-in", params={"next": to})
            assert 'name="next" value="/"' in shown.text
            await sign_in(browser, letters)


async def test_thai_digits_and_hyphens_are_one_number(bed: Bed) -> None:
    """The number is known however it is typed, and the code too."""
    await bed.say(said.payee(email="anna@example.org"))
    thai = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
    with caught() as letters:
        async with bed.client() as browser:
            await ask_code(browser, "๐-๙๙๔๐-๐๐๑๕๘-๓๗-๘")
            code = await letters.code()
            answer = await enter_code(browser, f"{code[:3]} {code[3:]}".translate(thai))
    assert "/me" == answer.headers["location"]


@pytest.mark.parametrize(
    "number",
    ["", "123", "0994000158379", "abc", "<script>", "' or 1=1 --", "9" * 400, "👛", "\u202e1"],
)
async def test_a_number_that_is_none_is_told_before_anything_is_looked_up(
    bed: Bed, number: str
) -> None:
    """What is wrong with the number itself is said at once, and no code is made."""
    async with bed.client() as browser:
        answer = await ask_code(browser, number)
    assert 422 == answer.status_code
    assert "aria-invalid" in answer.text
    assert "<script>" not in answer.text.replace('<script src="/static', "")
    assert 0 == await bed.pool.fetchval("select count(*) from signin_code")


async def test_nobody_can_tell_whether_a_number_is_known(bed: Bed) -> None:
    """Asking with a number nobody has, and a wrong code for one somebody has, read the same."""
    await bed.say(said.payee(email="anna@example.org"))
    pages = []
    with caught() as letters:
        for number in (said.TAX_ID, unknown()):
            async with bed.client() as browser:
                asked = await ask_code(browser, number)
                second = await browser.get("/sign-in/code")
                code = "000000" if not letters.sent else wrong(letters.sent[-1][1])
                entered = await enter_code(browser, code)
                answers = (asked, second, entered)
                pages.append([(a.status_code, SECRETS.sub("", a.text)) for a in answers])
        await letters.settle()
    assert pages[0] == pages[1]
    assert 1 == len(letters.sent)


async def test_both_are_written_alike(bed: Bed) -> None:
    """For known and unknown the same rows are written before the answer: the same work."""
    await bed.say(said.payee(email="anna@example.org"))
    counted = []
    with caught() as letters:
        for number in (said.TAX_ID, unknown()):
            before = await rows(bed)
            async with bed.client() as browser:
                await ask_code(browser, number)
                await enter_code(browser, "000000")
            counted.append(
                [after - old for after, old in zip(await rows(bed), before, strict=True)]
            )
        await letters.settle()
    assert counted[0] == counted[1]


async def test_a_code_is_for_once(bed: Bed) -> None:
    """Sent once more as it was, by the browser as it was, the right code gets nobody in."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as browser:
            await ask_code(browser)
            fields = hidden(await browser.get("/sign-in/code"))
            fields["code"] = await letters.code()
            before = browser.cookies["tidtam-form"]
            assert 303 == (await browser.post("/sign-in/code", data=fields)).status_code
            for name in ("tidtam-session", "tidtam-form"):
                browser.cookies.delete(name)
            browser.cookies.set("tidtam-form", before)
            again = await browser.post("/sign-in/code", data=fields)
    assert 422 == again.status_code
    assert "tidtam-session" not in again.cookies
    assert 1 == await bed.pool.fetchval("select count(*) from session")


async def test_signing_in_again_ends_the_session_of_before(bed: Bed) -> None:
    """A browser has one session: the cookie it had opens nothing after a second sign-in."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as browser, bed.client() as thief:
            await sign_in(browser, letters)
            thief.cookies.set("tidtam-session", browser.cookies["tidtam-session"])
            assert 200 == (await thief.get("/me")).status_code
            assert 303 == (await post(browser, "/me", "/sign-in", number=said.TAX_ID)).status_code
            assert 303 == (await enter_code(browser, await letters.code())).status_code
            assert (303, 200) == tuple(
                [(await one.get("/me")).status_code for one in (thief, browser)]
            )


async def test_a_code_is_for_ten_minutes(bed: Bed) -> None:
    """After ten minutes the right code is a wrong one."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as browser:
            await ask_code(browser)
            bed.clock.at = MONDAY + timedelta(minutes=10, seconds=1)
            answer = await enter_code(browser, await letters.code())
    assert 422 == answer.status_code


async def test_five_tries_and_no_more(bed: Bed) -> None:
    """After five wrong codes the right one does not get in."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as browser:
            await ask_code(browser)
            code = await letters.code()
            for _ in range(5):
                assert 422 == (await enter_code(browser, wrong(code))).status_code
            assert 422 == (await enter_code(browser, code)).status_code


async def test_a_stranger_cannot_spoil_a_code(bed: Bed) -> None:
    """Codes belong to a browser: asking and failing elsewhere leaves mine as it is."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as mine, bed.client("198.51.100.7") as theirs:
            await ask_code(mine)
            code = await letters.code()
            await ask_code(theirs)
            for _ in range(5):
                await enter_code(theirs, wrong(code))
            assert 422 == (await enter_code(theirs, code)).status_code
            assert 303 == (await enter_code(mine, code)).status_code


async def test_two_tabs_are_one_browser(bed: Bed) -> None:
    """A code asked for in a second tab gets in through the first."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as browser:
            await ask_code(browser)
            first = await browser.get("/sign-in/code")
            await letters.settle()
            await ask_code(browser)
            code = await letters.code()
            answer = await browser.post("/sign-in/code", data={**hidden(first), "code": code})
    assert 303 == answer.status_code


async def test_a_new_address_gets_no_code_for_a_day(bed: Bed) -> None:
    """Who changed the address may not be the payee: for a day no code goes there."""
    await bed.say(said.payee(email="anna@example.org", said_at="2026-11-01T00:00:00+07:00"))
    changed = said.payee(version=2, email="thief@example.org", said_at="2026-11-23T09:00:00+07:00")
    await bed.say(changed)
    with caught() as letters:
        async with bed.client() as browser:
            await ask_code(browser)
            await letters.settle()
            assert [] == letters.sent
            bed.clock.at = MONDAY + timedelta(days=1)
            await ask_code(browser)
            await letters.settle()
    assert ["thief@example.org"] == [to for to, _ in letters.sent]


async def test_signing_out_ends_the_session(bed: Bed) -> None:
    """After signing out the cookie of before opens nothing."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as browser:
            await sign_in(browser, letters)
            cookie = browser.cookies["tidtam-session"]
            answer = await post(browser, "/me", "/sign-out")
            assert (303, "/") == (answer.status_code, answer.headers["location"])
            browser.cookies.set("tidtam-session", cookie)
            assert 303 == (await browser.get("/me")).status_code


async def test_a_session_ends_when_it_is_not_used(bed: Bed) -> None:
    """Half an hour without a page ends it; pages in between keep it, but not past twelve hours."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as browser:
            await sign_in(browser, letters)
            for _ in range(24):
                bed.clock.at += timedelta(minutes=29)
                assert 200 == (await browser.get("/me")).status_code
            bed.clock.at += timedelta(minutes=29)
            assert 303 == (await browser.get("/me")).status_code
            await sign_in(browser, letters)
            bed.clock.at += timedelta(minutes=31)
            assert 303 == (await browser.get("/me")).status_code


async def test_forms_of_elsewhere_are_refused(bed: Bed) -> None:
    """A form without our token, with another session's, or from another site changes nothing."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as browser:
            await sign_in(browser, letters)
            other = {"origin": "https://evil.example"}
            token = (await browser.get("/me")).text.split('name="csrf" value="')[1].split('"')[0]
            right = {"csrf": token}
            for data, headers in (({"csrf": ""}, {}), ({"csrf": "x"}, {}), (right, other)):
                answer = await browser.post("/sign-out", data=data, headers=headers)
                assert 403 == answer.status_code
            cross = await browser.post(
                "/sign-out", data=right, headers={"sec-fetch-site": "cross-site"}
            )
            assert 403 == cross.status_code
            assert 200 == (await browser.get("/me")).status_code


async def rows(bed: Bed) -> list[int]:
    """How many rows each table of signing in has."""
    tables = ("signin_code", "attempt", "session")
    return [await bed.pool.fetchval(f"select count(*) from {table}") for table in tables]
