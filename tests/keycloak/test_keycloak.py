"""Staff sign in through real Keycloak, with the realm file we ship. Run by `make test-keycloak`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from html import unescape

import httpx
import pyotp
import pytest
from ground.databases import Database
from ground.errors import GroundError
from ground.keycloak import program
from ground.ports import LOOPBACK, free_ports
from ground.throwaway import Servers

from tests.integration.portal.bed import Bed, close_bed, make_bed
from tests.integration.portal.staffed import csrf_of

START_SECONDS_MAX = 600.0
HERE = "http://localhost:1"
OPEN = {
    "TIDTAM_PUBLIC_URL": HERE,
    "TIDTAM_OIDC_CLIENT_SECRET": "a secret of this run",
    "TIDTAM_TRIAL_PASSWORD": "a password of this run",
}


@pytest.fixture(scope="session")
def realm(servers: Servers) -> Iterator[str]:
    """The issuer of our realm on a running Keycloak; one line where it cannot be had."""
    (port,) = free_ports(1)
    try:
        made = program(servers.folder / "keycloak", port, OPEN)
    except GroundError as error:
        pytest.skip(str(error))
    # The keeper of the run's servers ends it with us, also when we are killed.
    servers.start(made)
    servers.await_up("keycloak", START_SECONDS_MAX)
    yield f"http://{LOOPBACK}:{port}/realms/tidtam"
    servers.stop("keycloak")


@pytest.fixture
async def bed(database: Database, realm: str) -> AsyncIterator[Bed]:
    """A portal whose staff come from that realm, by a real clock."""
    made = await make_bed(
        database,
        public_url=HERE,
        oidc_issuer=realm,
        oidc_client_id="tidtam-portal",
        oidc_client_secret=OPEN["TIDTAM_OIDC_CLIENT_SECRET"],
    )
    yield made
    await close_bed(made)


async def back_from(url: str, password: str) -> httpx.Response:
    """Sign in at Keycloak's own page; its answer to the password."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        page = await http.get(url)
        found = re.search(r'<form[^>]+action="([^"]+)"', page.text)
        assert found is not None, page.text
        told = {"username": "somchai.example", "password": password, "credentialId": ""}
        # Browsers send secure cookies to loopback over http; httpx does not.
        kept = "; ".join(f"{one.name}={one.value}" for one in page.cookies.jar)
        return await http.post(unescape(found[1]), data=told, headers={"cookie": kept})


async def test_an_officer_of_keycloak_has_role_and_unit_and_a_second_factor_here(bed: Bed) -> None:
    """Password there, code of an app here; role and unit come from the realm."""
    bed.clock.at = datetime.now(UTC)
    async with bed.client() as browser:
        left = await browser.get("/staff/sign-in")
        answer = await back_from(left.headers["location"], OPEN["TIDTAM_TRIAL_PASSWORD"])
        assert answer.status_code == 302, answer.text
        back = answer.headers["location"]
        assert back.startswith(f"{HERE}/staff/callback?")
        came = await browser.get(back.removeprefix(HERE))
        assert came.headers.get("location") == "/staff/second", came.text
        page = await browser.get("/staff/second")
        found = re.search(r'class="command">([A-Z2-7]{32})<', page.text)
        assert found is not None
        code = pyotp.TOTP(found[1]).at(bed.clock.at)
        done = await browser.post("/staff/second", data={"csrf": csrf_of(page), "code": code})
        assert done.headers["location"] == "/board"
        assert (await browser.get("/board")).status_code == 200
    claims = await bed.pool.fetchval("select claims from session")
    assert '"roles":["unit-officer"],"units":["sci-chem"]' in claims


async def test_a_wrong_password_leads_nowhere(bed: Bed) -> None:
    """Keycloak asks again; the portal hears nothing of it."""
    async with bed.client() as browser:
        left = await browser.get("/staff/sign-in")
        answer = await back_from(left.headers["location"], "another")
    assert answer.status_code == 200
    assert await bed.pool.fetchval("select count(*) from session") == 0


async def test_keycloak_refuses_a_trip_without_pkce(realm: str) -> None:
    """The realm asks for S256 itself: a client that forgot it is turned away."""
    asked = {
        "client_id": "tidtam-portal",
        "redirect_uri": f"{HERE}/staff/callback",
        "response_type": "code",
        "scope": "openid",
    }
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"{realm}/protocol/openid-connect/auth"
        answer = await http.get(url, params=asked)
    assert "error=invalid_request" in answer.headers.get("location", "")
