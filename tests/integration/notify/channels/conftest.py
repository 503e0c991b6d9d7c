"""Servers and channels of one test, gone after it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from notify.channels.smtp import SmtpChannel
from notify.channels.smtp_connections import Security, SmtpSettings

from tests.integration.notify.channels.deliveries import SENDER, HandClock, OpenMail
from tests.integration.notify.channels.mail_server import LOOPBACK, MailServer


@pytest.fixture
def clock() -> HandClock:
    """A clock that the test moves."""
    return HandClock()


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    """A mail server; the test opens it."""
    server = MailServer()
    yield server
    await server.close()


@pytest.fixture
async def channel_to(clock: HandClock) -> AsyncIterator[OpenMail]:
    """A channel to a port, with settings of the test's own."""
    made: list[SmtpChannel] = []

    def open_channel(port: int, **settings: Any) -> SmtpChannel:
        told = SmtpSettings(LOOPBACK, port, SENDER, security=Security.NONE)
        made.append(SmtpChannel(replace(told, **settings), clock))
        return made[-1]

    yield open_channel
    for channel in made:
        await channel.close()
