"""Each test has a database of the portal to itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from ground.databases import Database

from tests.integration.portal.bed import Bed, close_bed, make_bed


@pytest.fixture
async def bed(database: Database) -> AsyncIterator[Bed]:
    """The portal on its own database, with the rules this house ships."""
    made = await make_bed(database)
    yield made
    await close_bed(made)
