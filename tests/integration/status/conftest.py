"""Each test has a database of status to itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from ground.databases import Database

from tests.integration.status.bed import Bed, close_bed, make_bed


@pytest.fixture
async def bed(database: Database) -> AsyncIterator[Bed]:
    """Status on its own database."""
    made = await make_bed(database)
    yield made
    await close_bed(made)
