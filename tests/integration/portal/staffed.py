"""Staff for tests: the development provider on a port of its own, and browsers signed in by it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import uvicorn
from ground.databases import Database
from ground.oidc import Provider
from ground.ports import LOOPBACK, free_ports

from tests.integration.portal.bed import MONDAY, Bed, close_bed, make_bed

CLIENT = "tidtam-portal"
SECRET = "a secret of tests"
HERE = "http://localhost:1"
"""Where the portal says it is: the provider leads back to loopback alone."""


@dataclass(slots=True)
class StaffedBed:
    """A portal whose staff come from *provider*; pages as in `Bed`."""

    bed: Bed
    provider: Provider

    async def come_from_provider(
        self, browser: httpx.AsyncClient, person: str, to: str = "/staff"
    ) -> httpx.Response:
        """Walk through the provider as *person*; returns the portal's answer to the callback."""
        left = await browser.get(f"/staff/sign-in?next={to}")
        back = await self.chosen(left.headers["location"], person)
        return await browser.get(back.removeprefix(HERE))

    async def chosen(self, url: str, person: str) -> str:
        """The address the provider leads back to when *person* is chosen."""
        async with httpx.AsyncClient(trust_env=False) as http:
            page = await http.get(url)
            trip = re.search(r"trip=([\w-]+)", page.text)
            assert trip is not None, page.text
            asked = {"trip": trip[1], "person": person}
            answer = await http.get(f"{self.provider.issuer}/choose", params=asked)
        return str(answer.headers["location"])

    @contextlib.asynccontextmanager
    async def signed_in(self, person: str) -> AsyncIterator[httpx.AsyncClient]:
        """A browser of *person*, signed in."""
        async with self.bed.client() as browser:
            answer = await self.come_from_provider(browser, person)
            assert answer.status_code == 303, answer.text
            yield browser


@contextlib.asynccontextmanager
async def staffed(database: Database, here: str = HERE, **more: Any) -> AsyncIterator[StaffedBed]:
    """A bed with the development provider beside it; *here* is where the portal says it is."""
    (port,) = free_ports(1)
    provider = Provider(
        f"http://{LOOPBACK}:{port}",
        CLIENT,
        SECRET,
        f"{HERE}/staff/callback",
    )
    # It is made for http alone; where the portal is reached by https, it leads back there.
    provider.callback = f"{here}/staff/callback"
    config = uvicorn.Config(provider.app(), host=LOOPBACK, port=port, log_level="error")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    bed = await make_bed(
        database,
        public_url=here,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        **more,
    )
    provider.now = lambda: bed.clock.at.timestamp()
    assert bed.clock.at == MONDAY
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        yield StaffedBed(bed, provider)
    finally:
        server.should_exit = True
        await serving
        await close_bed(bed)


async def app_of(
    house: StaffedBed, browser: httpx.AsyncClient
) -> tuple[pyotp.TOTP, httpx.Response]:
    """Sign in who has no app yet: the app they set up, and the answer to its first code."""
    await house.come_from_provider(browser, "one-factor")
    page = await browser.get("/staff/second")
    found = re.search(r'class="command">([A-Z2-7]{32})<', page.text)
    assert found is not None, page.text
    app = pyotp.TOTP(found[1])
    fields = {"csrf": csrf_of(page), "code": app.at(house.bed.clock.at)}
    return app, await browser.post("/staff/second", data=fields)


def csrf_of(page: httpx.Response) -> str:
    """The token of the forms of a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None, "the page has no form"
    return found[1]


def query_of(url: str) -> dict[str, str]:
    """The query of *url*, each name once."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
