"""One chain for all tests of intake that kill nothing; each test registers sources of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from ground.throwaway import Servers

from tests.integration.intake.bed import Chain, make_chain


@pytest.fixture(scope="session")
async def chain(servers: Servers) -> AsyncIterator[Chain]:
    """Intake and status, running."""
    made = await make_chain(servers)
    yield made
    await made.close()


@pytest.fixture
async def killable_chain(killable: Servers) -> AsyncIterator[Chain]:
    """The same on servers that the test may kill."""
    made = await make_chain(killable)
    yield made
    await made.close()
