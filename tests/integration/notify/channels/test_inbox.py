"""The web inbox: what is stored has arrived."""

from __future__ import annotations

from notify.channels.inbox import InboxChannel
from notify.channels.outcome import Channel, Sent

from tests.integration.notify.channels.deliveries import NOTICE, delivery


async def test_what_is_stored_has_arrived() -> None:
    """The inbox takes every delivery at once, under its own id, and holds nothing open."""
    channel: Channel = InboxChannel()
    assert Sent(NOTICE) == await channel.send(delivery("payee-1"))
    await channel.close()
