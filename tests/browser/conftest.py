"""The portal behind a real port, and a real browser before it; skipped in one line without one."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import uvicorn
from ground.databases import Database
from ground.oidc import Provider
from ground.ports import LOOPBACK, free_ports
from playwright.async_api import Browser, async_playwright

from tests.integration.portal.bed import Bed, close_bed, make_bed
from tests.integration.portal.staffed import CLIENT, SECRET

USUAL = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
ARTEFACTS = Path(os.environ.get("TIDTAM_ARTEFACTS", ".artefacts")) / "pages"


class Portal(NamedTuple):
    """A portal that answers at `url`, with a provider of staff; its mail goes to `smtp_port`."""

    bed: Bed
    url: str
    smtp_port: int


def chromium() -> str | None:
    """Where a Chromium is: `TIDTAM_CHROMIUM`, else the usual names."""
    named = os.environ.get("TIDTAM_CHROMIUM")
    return named or next((found for name in USUAL if (found := shutil.which(name))), None)


@asynccontextmanager
async def answering_at(app: Any, port: int) -> AsyncIterator[None]:
    """*app* answers on a port of the loopback."""
    config = uvicorn.Config(
        app, host=LOOPBACK, port=port, log_config=None, lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    """The portal on a database of its own, the development provider of staff beside it."""
    port, provider_port, smtp_port = free_ports(3)
    url = f"http://{LOOPBACK}:{port}"
    issuer = f"http://{LOOPBACK}:{provider_port}"
    provider = Provider(issuer, CLIENT, SECRET, f"{url}/staff/callback")
    bed = await make_bed(
        database,
        public_url=url,
        smtp_url=f"smtp://{LOOPBACK}:{smtp_port}",
        mail_from="portal@tidtam.example",
        oidc_issuer=issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
    )
    provider.now = lambda: bed.clock.at.timestamp()
    async with answering_at(provider.app(), provider_port), answering_at(bed.app, port):
        yield Portal(bed, url, smtp_port)
    await close_bed(bed)


@pytest.fixture
async def mail_page(portal: Portal, tmp_path: Path) -> AsyncIterator[str]:
    """The ground's mail sink takes the portal's letters; returns where its page is."""
    (port,) = free_ports(1)
    arguments = ("-m", "ground.mail", str(portal.smtp_port), str(port), str(tmp_path))
    sink = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    try:
        await _listening(portal.smtp_port)
        await _listening(port)
        yield f"http://{LOOPBACK}:{port}/"
    finally:
        sink.terminate()
        await sink.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            await writer.wait_closed()
            return


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium without a window."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium: install one (`apt-get install chromium`) or set TIDTAM_CHROMIUM")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        await started.close()
