"""Sessions that end: a contact changed, an app was lost, an operator said so."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
import pyotp
import pytest
from chassis.health import Health
from chassis.web import make_app, open_routes
from ground.databases import Database
from portal.app import routes
from portal.people import hash_of

from tests.integration.portal import said
from tests.integration.portal.bed import OPERATOR, PUBLIC_URL, Bed
from tests.integration.portal.counted import staff
from tests.integration.portal.entrance import ask_code, caught, enter_code, sign_in
from tests.integration.portal.staffed import csrf_of, staffed
from tests.integration.portal.two_payees import BOB, signed_in, told


async def is_open(browser: Any) -> bool:
    """Whether the session of *browser* still opens the own pages."""
    return bool((await browser.get("/me")).status_code == 200)


async def test_a_changed_contact_ends_the_sessions_of_that_payee(bed: Bed) -> None:
    """All of theirs, none of another's; language and channels are no way to reach anybody."""
    await told(bed)
    async with signed_in(bed) as phone, signed_in(bed) as desk, signed_in(bed, BOB) as bob:
        await bed.say(said.payee("anna", 2, email="anna@example.org", language="en", off=["line"]))
        assert (True, True) == (await is_open(phone), await is_open(desk))
        await bed.say(said.payee("anna", 3, email="thief@example.org"))
        assert (False, False) == (await is_open(phone), await is_open(desk))
        assert await is_open(bob)


@pytest.mark.parametrize("way", ["email", "telephone", "phone", "line"])
async def test_whatever_a_source_calls_an_address_is_one(bed: Bed, way: str) -> None:
    """Only known wishes are passed over: an unknown word may be a way to reach somebody."""
    first = {"email": "anna@example.org", "telephone": "1", "phone": "1", "line": "U1"}
    await bed.say(said.payee("anna", 1, **first))
    async with signed_in(bed) as browser:
        await bed.say(said.payee("anna", 2, **{**first, way: "another@example.org"}))
        assert not await is_open(browser)


async def test_the_first_word_of_a_payee_ends_nothing(bed: Bed) -> None:
    """Who is heard of for the first time has changed nothing, at whichever version."""
    cookie = await begun(bed, "anna")
    await bed.say(said.payee("anna", 4, email="anna@example.org"))
    async with bed.client(cookie=cookie) as browser:
        assert await is_open(browser)
    assert 0 == await bed.pool.fetchval("select count(*) from contact_move")


async def test_a_change_that_is_heard_again_ends_nothing(bed: Bed) -> None:
    """A replay, and a rebuild from nothing, find the change in the topic; it was heard before."""
    story = [said.payee("anna", n, email=f"{n}@example.org") for n in (1, 2, 3)]
    for one in story:
        await bed.say(one)
    async with bed.client(cookie=await begun(bed, "anna")) as browser:
        for one in story:
            await bed.say(one)
        assert await is_open(browser)
        await bed.pool.execute("truncate payee_row")
        for one in story:
            await bed.say(one)
        assert await is_open(browser)
        await bed.say(said.payee("anna", 4, email="4@example.org"))
        assert not await is_open(browser)


async def test_who_was_found_to_be_the_same_person_is_signed_out_too(bed: Bed) -> None:
    """Two ids are one person: a change of either's contact ends the sessions of both."""
    same = {"email": "anna@example.org"}
    await bed.say(said.payee("anna", **same), said.payee("bert", **same))
    cookie = await begun(bed, "bert")
    await bed.say(said.payee("bert", 2, to="anna", **same))
    async with bed.client(cookie=cookie) as browser:
        assert await is_open(browser)
        await bed.say(said.payee("anna", 2, email="new@example.org"))
        assert not await is_open(browser)


async def test_a_forgotten_payee_is_signed_out(bed: Bed) -> None:
    """Their time of keeping is over: nothing opens any more, and nothing is kept of the change."""
    await bed.say(said.payee("anna", 1, email="a@example.org"))
    await bed.say(said.payee("anna", 2, email="b@example.org"))
    cookie = await begun(bed, "anna")
    await bed.bury("payee", "anna")
    async with bed.client(cookie=cookie) as browser:
        assert not await is_open(browser)
    assert 0 == await bed.pool.fetchval("select count(*) from contact_move")


async def test_nothing_is_kept_when_the_sessions_cannot_be_ended(bed: Bed) -> None:
    """The new contact and the end of the sessions are one transaction."""
    await told(bed)
    async with signed_in(bed) as browser:
        await bed.pool.execute(
            "alter table session add constraint full_up check (ended_at is null)"
        )
        with pytest.raises(Exception, match="full_up"):
            await bed.say(said.payee("anna", 2, email="thief@example.org"))
        versions = await bed.pool.fetch("select version from payee_row where payee_id = 'anna'")
        assert [1] == [row[0] for row in versions]
        assert await is_open(browser)


async def test_a_code_that_waits_is_worth_nothing_after_a_change(bed: Bed) -> None:
    """It went to where the payee no longer is; late news of an old change counts too."""
    await bed.say(said.payee(email="anna@example.org", said_at="2026-10-01T00:00:00+07:00"))
    with caught() as letters:
        async with bed.client() as browser:
            await ask_code(browser)
            code = await letters.code()
            bed.clock.at += timedelta(minutes=1)
            late = "2026-11-20T00:00:00+07:00"
            await bed.say(said.payee(version=2, email="new@example.org", said_at=late))
            assert 422 == (await enter_code(browser, code)).status_code
            bed.clock.at += timedelta(minutes=1)
            assert 303 == (await sign_in(browser, letters)).status_code
    assert ["anna@example.org", "new@example.org"] == [to for to, _ in letters.sent]


async def test_sessions_begun_before_two_ids_were_joined_are_listed_and_end(bed: Bed) -> None:
    """Whichever id they began under they are one person's; nobody else's can be ended."""
    await bed.say(said.payee("anna"), said.payee("bert"), said.payee("bob", tax_id=BOB))
    old, new, others = [await begun(bed, one) for one in ("bert", "anna", "bob")]
    await bed.say(said.payee("bert", 2, to="anna"))
    async with (
        bed.client(cookie=old) as phone,
        bed.client(cookie=new) as desk,
        bed.client(cookie=others) as bob,
    ):
        assert ([named(old)], [named(new)], []) == (
            await listed(desk), await listed(phone), await listed(bob),
        )  # fmt: skip
        csrf = csrf_of(await desk.get("/me/settings"))
        for one in (named(others), named(old)):
            fields = {"csrf": csrf, "session": one}
            assert 303 == (await desk.post("/me/sessions", data=fields)).status_code
        assert [False, True, True] == [await is_open(one) for one in (phone, desk, bob)]


async def test_a_lost_app_is_forgotten_and_its_sessions_end(database: Database) -> None:
    """The next sign-in sets up another one; whoever has the old telephone is out at once."""
    async with staffed(database) as house, house.bed.client() as browser:
        await house.come_from_provider(browser, "one-factor")
        page = await browser.get("/staff/second")
        secret = str(page.text.split('class="command">')[1].split("<")[0])
        code = pyotp.TOTP(secret).at(house.bed.clock.at)
        await browser.post("/staff/second", data={"csrf": csrf_of(page), "code": code})
        assert 200 == (await browser.get("/board")).status_code
        asked = {"person": "demo-one-factor", "reason": "telephone stolen"}
        assert (200, 1) == await forgotten(house.bed, asked)
        assert 303 == (await browser.get("/board")).status_code
        assert (404, None) == await forgotten(house.bed, asked)
        async with house.bed.client() as again:
            await house.come_from_provider(again, "one-factor")
            page = await again.get("/staff/second")
            assert 'class="command"' in page.text
            assert secret not in page.text
        looks = await house.bed.pool.fetch("select role, what, reason from access_log")
    assert ("operator", "second-factor-forgotten demo-one-factor", "telephone stolen") in [
        tuple(row) for row in looks
    ]


async def test_an_operator_ends_sessions_of_one_or_of_all(bed: Bed) -> None:
    """Only those meant; each is a row of the access log with its reason."""
    await told(bed)
    async with (
        signed_in(bed) as anna,
        signed_in(bed, BOB) as bob,
        staff(bed, "operator") as officer,
    ):
        one = {"kind": "payee", "person": "anna", "reason": "asked by telephone"}
        answer = await operate(bed, "/ops/sessions/end", one)
        assert (200, {"sessions_ended": 1}) == (answer.status_code, answer.json())
        assert (False, True) == (await is_open(anna), await is_open(bob))
        every = {"kind": "payee", "all": True, "reason": "the key was lost"}
        assert {"sessions_ended": 1} == (await operate(bed, "/ops/sessions/end", every)).json()
        assert not await is_open(bob)
        assert 200 == (await officer.get("/operator")).status_code
    asked = "select what, payee_id, reason from access_log where kind = 'operator' order by place"
    assert [
        ("sessions-ended payee anna", "anna", "asked by telephone"),
        ("sessions-ended payee all", None, "the key was lost"),
    ] == [tuple(row) for row in await bed.pool.fetch(asked)]


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "payee", "reason": "nobody named"},
        {"kind": "payee", "person": "anna", "all": True, "reason": "two at once"},
        {"kind": "robot", "person": "anna", "reason": "no such kind"},
        {"kind": "payee", "person": "anna"},
        {"kind": "payee", "person": "anna", "reason": "x"},
        {"kind": "payee", "person": "anna", "reason": "more", "force": True},
        "no object",
    ],
)
async def test_a_wrong_order_ends_nothing_and_is_not_repeated(bed: Bed, asked: Any) -> None:
    """What is wrong is named by its place; the person asked for is not said back."""
    await told(bed)
    async with signed_in(bed) as anna, bed.client(cookie=await begun(bed, "anna")) as other:
        before = await bed.pool.fetchval("select count(*) from access_log")
        answer = await operate(bed, "/ops/sessions/end", asked)
        assert 422 == answer.status_code
        assert "anna" not in answer.text
        assert before == await bed.pool.fetchval("select count(*) from access_log")
        assert (True, True) == (await is_open(anna), await is_open(other))


@pytest.mark.parametrize(
    ("token", "status", "still"),
    [(None, 401, True), ("Bearer another", 401, True), (f"Bearer {OPERATOR}", 200, False)],
)
async def test_only_the_operators_token_opens_these_doors(
    bed: Bed, token: str | None, status: int, still: bool
) -> None:
    """The application the chassis makes guards all under `/ops/`, these routes too."""
    await told(bed)
    whole = make_app(Health(bed.base.metrics), bed.base.settings)
    open_routes(whole, routes(bed.works))
    transport = httpx.ASGITransport(app=whole)
    headers = {} if token is None else {"authorization": token}
    orders = {
        "/ops/second-factor/forget": {"person": "nobody-of-ours", "reason": "lost"},
        "/ops/sessions/end": {"kind": "payee", "person": "anna", "reason": "asked by telephone"},
    }
    async with (
        signed_in(bed) as anna,
        httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers) as asking,
    ):
        found = [
            (await asking.post(path, content=orjson.dumps(order))).status_code
            for path, order in orders.items()
        ]
        assert [404 if status == 200 else status, status] == found
        assert still == await is_open(anna)


def named(cookie: str) -> str:
    """What the settings page calls the session with this cookie."""
    return base64.urlsafe_b64encode(hash_of(cookie.partition("=")[2])).decode()


async def listed(browser: httpx.AsyncClient) -> list[str]:
    """The other sessions that can be ended on the settings page."""
    page = await browser.get("/me/settings")
    return re.findall(r'name="session" value="([^"]+)"', page.text)


async def begun(bed: Bed, payee_id: str) -> str:
    """The cookie of a session of this payee, begun as signing in begins one."""
    asked: Any = SimpleNamespace(cookies={}, headers={}, state=SimpleNamespace())
    cookie = await bed.house.people.begin("payee", payee_id, {}, asked)
    return f"{cookie.name}={cookie.value}"


async def forgotten(bed: Bed, asked: dict[str, str]) -> tuple[int, int | None]:
    """Ask as the operator; the status and how many sessions ended."""
    answer = await operate(bed, "/ops/second-factor/forget", asked)
    return answer.status_code, answer.json().get("sessions_ended")


async def operate(bed: Bed, path: str, asked: Any) -> Any:
    """POST as the operator's tools do."""
    async with bed.client(authorization=f"Bearer {OPERATOR}") as operator:
        return await operator.post(path, content=orjson.dumps(asked))
