"""The portal behind a real port, and a real browser before it; skipped in one line without one."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import uvicorn
from ground.databases import Database
from playwright.async_api import Browser, async_playwright

from tests.integration.portal.bed import Bed, close_bed, make_bed

USUAL = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
ARTEFACTS = Path(os.environ.get("TIDTAM_ARTEFACTS", ".artefacts")) / "pages"


class Portal(NamedTuple):
    """A portal that answers at `url`."""

    bed: Bed
    url: str


def chromium() -> str | None:
    """Where a Chromium is: `TIDTAM_CHROMIUM`, else the usual names."""
    named = os.environ.get("TIDTAM_CHROMIUM")
    return named or next((found for name in USUAL if (found := shutil.which(name))), None)


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    """The portal on a database of its own, answering on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    bed = await make_bed(database, public_url=url)
    config = uvicorn.Config(bed.app, port=port, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield Portal(bed, url)
    server.should_exit = True
    await serving
    await close_bed(bed)


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
