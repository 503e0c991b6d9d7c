"""Each test has a database of sla to itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from ground.databases import Database

from tests.integration.sla.bed import Bed, close_bed, make_bed


@pytest.fixture
async def bed(database: Database) -> AsyncIterator[Bed]:
    """Sla on its own database, with a promise of two working days for finance."""
    made = await make_bed(database)
    yield made
    await close_bed(made)
