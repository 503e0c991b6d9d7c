"""Staff sign in through the body's provider, and nobody else does."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import portal
import pyotp
import pytest
from ground.databases import Database
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.integration.portal.staffed import (
    HERE,
    SECRET,
    StaffedBed,
    csrf_of,
    query_of,
    staffed,
)

FORGED = (
    "another key",
    "client secret",
    "public key",
    "public key in DER",
    "no key",
    "none",
)
"""Ways to sign a token without the provider's private key."""


@pytest.fixture
async def house(database: Database) -> AsyncIterator[StaffedBed]:
    """The portal with the development provider beside it."""
    async with staffed(database) as made:
        yield made


async def test_an_officer_signs_in_and_has_the_roles_and_units_of_the_claims(
    house: StaffedBed,
) -> None:
    """Roles and units come from the ID token; the person is its subject. The token stays here."""
    real, tokens = house.provider.id_token, []

    def kept(_: object, person: Any, nonce: str) -> str:
        tokens.append(real(person, nonce))
        return tokens[-1]

    with patch.object(type(house.provider), "id_token", kept):
        async with house.signed_in("unit-officer") as browser:
            page = await browser.get("/staff?lang=en")
            brought = page.text + str(page.headers) + str([c.value for c in browser.cookies.jar])
    (token,) = tokens
    whole = await house.bed.pool.fetchval("select string_agg(session::text, '') from session")
    for part in token.split("."):
        assert part not in brought + whole
    row = await house.bed.pool.fetchrow("select kind, person, claims from session")
    assert row is not None
    assert (row["kind"], row["person"]) == ("staff", "demo-unit-officer")
    assert '"roles":["unit-officer"],"units":["sci-chem"]' in row["claims"]
    assert "Unit officer" in page.text
    assert "Chemistry, department office" in page.text


async def test_who_asked_for_a_page_is_led_back_to_it(house: StaffedBed) -> None:
    """Signing in on the way to a page ends at that page, and never at another site."""
    async with house.bed.client() as browser:
        asked = await browser.get("/executive")
        assert asked.headers["location"] == "/staff/sign-in?next=/executive"
        done = await house.come_from_provider(browser, "executive", "/executive")
        assert done.headers["location"] == "/executive"
    async with house.bed.client() as browser:
        done = await house.come_from_provider(browser, "executive", "//elsewhere.example")
        assert done.headers["location"] == "/"


async def test_the_way_to_the_provider_carries_pkce_state_and_nonce(house: StaffedBed) -> None:
    """The code alone is worth nothing: the verifier stays sealed with the browser."""
    async with house.bed.client() as browser:
        left = await browser.get("/staff/sign-in")
        asked = query_of(left.headers["location"])
        (kept,) = [c.value or "" for c in browser.cookies.jar]
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{HERE}/staff/callback"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 32
    assert asked["state"] not in kept
    assert "HttpOnly" in left.headers["set-cookie"]


async def test_a_callback_of_another_browser_lets_nobody_in(house: StaffedBed) -> None:
    """Whoever is sent somebody else's link is not signed in as them."""
    async with house.bed.client() as browser:
        left = await browser.get("/staff/sign-in")
        back = await house.chosen(left.headers["location"], "operator")
    async with house.bed.client() as other:
        answer = await other.get(back.removeprefix(HERE))
    assert answer.status_code == 400
    assert await house.bed.pool.fetchval("select count(*) from session") == 0


async def test_a_callback_opens_once(house: StaffedBed) -> None:
    """The back button on the callback signs nobody in again."""
    async with house.bed.client() as browser:
        left = await browser.get("/staff/sign-in")
        back = await house.chosen(left.headers["location"], "operator")
        first = await browser.get(back.removeprefix(HERE))
        second = await browser.get(back.removeprefix(HERE))
    assert (first.status_code, second.status_code) == (303, 400)


@pytest.mark.parametrize("name", ["nonce", "aud", "iss", "exp", "sub"])
async def test_a_token_that_is_not_for_this_trip_lets_nobody_in(
    house: StaffedBed, name: str
) -> None:
    """Nonce, audience, issuer, time and subject are each looked at."""
    wrong = {"nonce": "another", "aud": "another", "iss": "http://127.0.0.1:9", "exp": 1, "sub": ""}
    real = house.provider.id_token

    def spoiled(person: object, nonce: str) -> str:
        key = house.provider.key
        told = jwt.decode(real(person, nonce), key).claims  # type: ignore[arg-type]
        return jwt.encode({"alg": "RS256", "kid": key.kid}, {**told, name: wrong[name]}, key)

    with patch.object(type(house.provider), "id_token", lambda _, p, n: spoiled(p, n)):
        async with house.bed.client() as browser:
            answer = await house.come_from_provider(browser, "operator")
    assert answer.status_code == 400
    assert await house.bed.pool.fetchval("select count(*) from session") == 0


async def test_a_token_signed_with_another_key_lets_nobody_in(house: StaffedBed) -> None:
    """All claims are right, the signature alone is not; the same claims well signed get in."""
    real = house.provider.id_token
    for how in (*FORGED, "as published"):

        def signed(_: object, person: Any, nonce: str, how: str = how) -> str:
            claims = jwt.decode(real(person, nonce), house.provider.key).claims
            return resigned(how, claims, house.provider.key)

        with patch.object(type(house.provider), "id_token", signed):
            async with house.bed.client() as browser:
                answer = await house.come_from_provider(browser, "operator")
        begun = await house.bed.pool.fetchval("select count(*) from session")
        expected = (303, 1) if how == "as published" else (400, 0)
        assert expected == (answer.status_code, begun), how


def resigned(how: str, claims: Mapping[str, Any], key: RSAKey) -> str:
    """The *claims* under the published key's name, signed as *how* says (`FORGED`)."""
    if how in ("as published", "another key"):
        signing = key if how == "as published" else RSAKey.generate_key(2048)
        return jwt.encode({"alg": "RS256", "kid": key.kid}, dict(claims), signing)
    shared = {
        "client secret": SECRET.encode(),
        "public key": key.as_pem(private=False),
        "public key in DER": key.as_der(private=False),
        "no key": b"",
    }
    alg = "HS256" if how in shared else "none"
    head = {"alg": alg, "kid": key.kid, "typ": "JWT"}
    content = b".".join(plain(orjson.dumps(part)) for part in (head, claims))
    mac = hmac.digest(shared[how], content, "sha256") if how in shared else b""
    return (content + b"." + plain(mac)).decode()


def plain(raw: bytes) -> bytes:
    """Base64 as tokens have it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


async def test_without_a_second_factor_the_portal_asks_for_one(house: StaffedBed) -> None:
    """The first time an app is set up by its code; the next time a code is asked for, once each."""
    async with house.bed.client() as browser:
        to = await house.come_from_provider(browser, "one-factor")
        assert to.headers["location"] == "/staff/second"
        page = await browser.get("/staff/second?lang=en")
        found = re.search(r'class="command">([A-Z2-7]{32})<', page.text)
        assert found is not None
        app = pyotp.TOTP(found[1])
        code = app.at(house.bed.clock.at)
        refused = await browser.get("/board")
        assert refused.headers["location"].startswith("/staff/sign-in")
        wrong = await browser.post("/staff/second", data={"csrf": csrf_of(page), "code": "1"})
        assert wrong.status_code == 422
        done = await browser.post("/staff/second", data={"csrf": csrf_of(page), "code": code})
        assert done.headers["location"] == "/board"
    async with house.bed.client() as browser:
        await house.come_from_provider(browser, "one-factor")
        page = await browser.get("/staff/second")
        assert "otpauth" not in page.text
        again = await browser.post("/staff/second", data={"csrf": csrf_of(page), "code": code})
        assert again.status_code == 422, "a code is good once"
        house.bed.clock.at += timedelta(seconds=60)
        fresh = app.at(house.bed.clock.at)
        done = await browser.post("/staff/second", data={"csrf": csrf_of(page), "code": fresh})
        assert done.status_code == 303


async def test_codes_cannot_be_tried_for_ever(house: StaffedBed) -> None:
    """After six tries within a quarter of an hour even the right code waits."""
    async with house.bed.client() as browser:
        await house.come_from_provider(browser, "one-factor")
        page = await browser.get("/staff/second")
        answers = [
            await browser.post("/staff/second", data={"csrf": csrf_of(page), "code": "000000"})
            for _ in range(7)
        ]
    assert [one.status_code for one in answers] == [422] * 6 + [429]


async def test_a_session_is_listed_and_can_be_ended_by_its_person(house: StaffedBed) -> None:
    """Ended elsewhere, a session is over at its next page; a stranger's cannot be ended."""
    async with (
        house.signed_in("operator") as one,
        house.signed_in("operator") as two,
        house.signed_in("auditor") as stranger,
    ):
        page = await one.get("/staff")
        marks = re.findall(r'name="session" value="([0-9a-f]{16})"', page.text)
        assert len(marks) == 1
        theirs = {"csrf": csrf_of(await stranger.get("/staff")), "session": marks[0]}
        await stranger.post("/staff/sessions/end", data=theirs)
        assert (await two.get("/operator")).status_code == 200
        await one.post("/staff/sessions/end", data={"csrf": csrf_of(page), "session": marks[0]})
        assert (await two.get("/operator")).status_code == 303
        assert (await one.get("/operator")).status_code == 200


async def test_a_role_that_was_taken_away_ends_the_sessions_that_have_it(
    house: StaffedBed,
) -> None:
    """Whoever signs in with fewer roles leaves no session behind that has more."""
    async with house.signed_in("operator") as before:
        claims = {"sub": "demo-operator", "roles": ["auditor"], "amr": ["otp"]}
        with patch("ground.oidc_people.Person.claims", lambda _: claims):
            async with house.signed_in("operator") as after:
                assert (await after.get("/operator")).status_code == 403
        assert (await before.get("/operator")).status_code == 303


def test_sessions_begin_in_two_places_and_nowhere_else() -> None:
    """At the end of the payees' way and of the staff's: there is no third way in."""
    home = Path(portal.__file__).parent
    texts = {str(one.relative_to(home)): one.read_text() for one in home.rglob("*.py")}
    added = {name for name, text in texts.items() if "add_session(" in text}
    assert {"people.py", "people_store.py"} == added
    begun = {name for name, text in texts.items() if re.search(r"people\.begin(_on)?\(", text)}
    assert {"pages/sign_in.py", "pages/staff.py"} == begun


async def test_an_account_without_a_role_of_ours_is_told_so(house: StaffedBed) -> None:
    """Being known to the provider lets nobody into anything."""
    claims = {"sub": "somebody", "roles": ["gardener"], "amr": ["otp"]}
    with patch("ground.oidc_people.Person.claims", lambda _: claims):
        async with house.bed.client() as browser:
            answer = await house.come_from_provider(browser, "operator")
    assert answer.status_code == 403
    assert await house.bed.pool.fetchval("select count(*) from session") == 0
