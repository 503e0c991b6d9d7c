"""What the log says of signing in and of refusals: enough to see an attack, nobody's identity."""

from __future__ import annotations

import base64
import hashlib
import logging
import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
import pytest
from chassis.logs import setup
from ground.databases import Database
from portal.app import routes
from portal.totp import new_secret
from starlette.applications import Starlette

from tests.integration.portal import said
from tests.integration.portal.bed import Bed, close_bed, make_bed
from tests.integration.portal.counted import staff
from tests.integration.portal.entrance import ask_code, caught, enter_code, sign_in, unknown
from tests.integration.portal.staffed import csrf_of, staffed
from tests.integration.portal.two_payees import THEIRS, signed_in, told

Line = Mapping[str, Any]


class Kept:
    """A log that keeps its lines: each with level, event, and what stands beside."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def __getattr__(self, level: str) -> Any:
        return lambda event, **more: self.lines.append({"level": level, "event": event, **more})

    def of(self, event: str) -> list[Line]:
        """The lines of one event."""
        return [one for one in self.lines if one["event"] == event]


def listen(bed: Bed) -> Kept:
    """Let this bed's pages, made anew, write into a log that is kept."""
    log = Kept()
    object.__setattr__(bed.base, "log", log)
    bed.app = Starlette(routes=routes(bed.works))
    return log


async def test_each_step_of_signing_in_is_logged_under_a_name_that_tells_nobody(bed: Bed) -> None:
    """Asked, failed with its reason, signed in: one pseudonym for one number, another's differs."""
    await bed.say(said.payee(email="anna@example.org"))
    log = listen(bed)
    with caught() as letters:
        async with bed.client() as browser:
            await ask_code(browser)
            code = await letters.code()
            wrong = f"{(int(code) + 1) % 1_000_000:06d}"
            await enter_code(browser, wrong)
            bed.clock.at += timedelta(minutes=11)
            await enter_code(browser, code)
            await sign_in(browser, letters)
        (who,) = {one["who"] for one in log.lines if "who" in one}
        async with bed.client() as another:
            await ask_code(another, unknown())
            await letters.settle()
    assert 2 == len({one["who"] for one in log.lines if "who" in one})
    assert 12 == len(who)
    assert 3 == len(log.of("a sign-in code was asked for"))
    failed = log.of("a payee's sign-in failed")
    assert [("warning", "wrong code"), ("warning", "no code")] == [
        (one["level"], one["reason"]) for one in failed
    ]
    assert 1 == len(log.of("a payee signed in"))
    text = str(log.lines)
    for word in (said.TAX_ID, unknown(), "anna", "example.org", code, "192.0.2.1"):
        assert word not in text


async def test_a_limit_that_is_reached_is_logged(bed: Bed) -> None:
    """With the scope it was reached in."""
    log = listen(bed)
    with caught() as letters:
        async with bed.client() as browser:
            statuses = [(await ask_code(browser)).status_code for _ in range(5)]
            await letters.settle()
    assert [303, 303, 303, 303, 429] == statuses
    assert ["ask-pair"] == [str(one["scope"]) for one in log.of("sign-in is limited")]
    assert [429] == [one["status"] for one in log.of("refused")]


async def test_what_is_refused_is_logged_by_page_and_role(bed: Bed) -> None:
    """A page of another role, a form of elsewhere, another's case: neither who nor which."""
    await told(bed)
    log = listen(bed)
    async with signed_in(bed) as anna, staff(bed, "auditor") as auditor:
        await auditor.get("/operator")
        await anna.get("/board")
        await anna.get(f"/case/{THEIRS}")
        await anna.post("/sign-out", data={"csrf": "x"})
        await bed.get("/case/none")
    refused = [(one["page"], one["role"], one["status"], one["why"]) for one in log.of("refused")]
    assert [
        ("overview", "auditor", 403, "not_yours"),
        ("board", "payee", 403, "not_yours"),
        ("show", "payee", 404, "not_found"),
        ("sign_out", "payee", 403, "form_expired"),
    ] == refused
    assert not [word for word in (THEIRS, "anna", "tester") if word in str(log.of("refused"))]


async def test_signing_in_of_staff_is_logged(database: Database) -> None:
    """Success with its roles, a wrong second factor, and a provider's refusal."""
    async with staffed(database) as house:
        log = listen(house.bed)
        async with house.signed_in("operator"):
            pass
        async with house.bed.client() as browser:
            await house.come_from_provider(browser, "one-factor")
            page = await browser.get("/staff/second")
            sent = {"csrf": csrf_of(page), "code": "000000"}
            assert 422 == (await browser.post("/staff/second", data=sent)).status_code
            back = "/staff/callback?state=x&code=y"
            assert 400 == (await browser.get(back)).status_code
    assert ["operator"] == [one["roles"] for one in log.of("staff signed in")]
    assert ["second_factor", "stale"] == [one["reason"] for one in log.of("staff sign-in failed")]
    assert "demo-operator" not in str(log.lines)


def test_no_value_makes_a_line_of_its_own(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Line ends of every kind are written as escapes, in our lines, errors and libraries' lines."""
    forged = 'x\r\n{"event":"staff signed in"}\u2028\x85\x0b\x1b[2J'
    log = setup("portal", "0", "WARNING")
    log.warning("refused", why=forged, **{f"a{forged}": 1})
    log.error(forged, exc_info=RuntimeError(forged))
    logging.getLogger("library").warning("it said %s", forged)
    lines = capfdbinary.readouterr().out.removesuffix(b"\n").split(b"\n")
    assert ["refused", forged, f"it said {forged}"] == [orjson.loads(one)["event"] for one in lines]
    assert not [one for one in lines if b"\r" in one or b"\x1b" in one or b"\x0b" in one]


async def test_nothing_secret_comes_from_a_generator_that_can_be_seeded(bed: Bed) -> None:
    """With the same seed codes, sessions, form tokens and app secrets differ; they are long."""
    await bed.say(said.payee(email="anna@example.org"))
    made: list[tuple[str, ...]] = []
    with caught() as letters:
        for _ in range(2):
            random.seed(1)
            async with bed.client() as browser:
                await sign_in(browser, letters)
                token = csrf_of(await browser.get("/me/settings"))
                made.append((browser.cookies["tidtam-session"], token, new_secret()))
        for _ in range(2):
            random.seed(1)
            async with bed.client() as browser:
                await ask_code(browser)
                await letters.settle()
    codes = [code for _, code in letters.sent]
    # One pair alone could be the same by chance, one time in a million.
    assert (codes[0], codes[2]) != (codes[1], codes[3])
    for one, two in zip(*made, strict=True):
        assert one != two
    for session, token, secret in made:
        assert (32, 24) == tuple(len(base64.urlsafe_b64decode(t + "==")) for t in (session, token))
        assert 20 == len(base64.b32decode(secret))
    kept = await bed.pool.fetch("select hash, session::text as row from session")
    assert {hashlib.sha256(one[0].encode()).digest() for one in made} == {r["hash"] for r in kept}
    assert not [row for row in kept if made[0][0] in row["row"] or made[1][0] in row["row"]]


async def test_without_rules_nobody_signs_in(database: Database) -> None:
    """The house does not yet know whose numbers sign in: no code is asked for, none is sent."""
    bed = await make_bed(database, applied=False)
    try:
        await bed.say(said.payee(email="anna@example.org"))
        with caught() as letters:
            async with bed.client() as browser:
                answer = await ask_code(browser)
                await letters.settle()
        assert 503 == answer.status_code
        assert [] == letters.sent
    finally:
        await close_bed(bed)


@pytest.mark.parametrize(("role", "idle", "longest"), [("operator", 60, 600)])
async def test_a_session_of_staff_ends_unused_and_in_any_case(
    bed: Bed, role: str, idle: int, longest: int
) -> None:
    """After an hour without a page, and ten hours after it began however often it was used."""
    async with staff(bed, role) as browser:
        bed.clock.at += timedelta(minutes=idle, seconds=1)
        assert 303 == (await browser.get("/operator")).status_code
    async with staff(bed, role) as browser:
        for _ in range(longest // 50 - 1):
            bed.clock.at += timedelta(minutes=50)
            assert 200 == (await browser.get("/operator")).status_code
        bed.clock.at += timedelta(minutes=50)
        assert 303 == (await browser.get("/operator")).status_code
