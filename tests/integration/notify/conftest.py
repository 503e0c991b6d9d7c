"""Each test has a database of notify and a mail server to itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from ground.databases import Database

from tests.integration.notify.bed import Bed, close_bed, make_bed
from tests.integration.notify.channels.mail_server import MailServer
from tests.integration.notify.outside import House, close_house, open_house


@pytest.fixture
async def bed(database: Database) -> AsyncIterator[Bed]:
    """Notify on its own database, with the rules this house ships."""
    server = MailServer()
    made = await make_bed(database, server)
    yield made
    await close_bed(made)
    await server.close()


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """Notify with all its ways out: letters, LINE and webhooks."""
    server = MailServer()
    made = await open_house(database, server)
    yield made
    await close_house(made)
    await server.close()
