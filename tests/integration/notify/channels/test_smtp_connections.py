"""Connections to a real mail server: shared, ended while idle, refused on and cancelled on."""

from __future__ import annotations

import asyncio

import pytest
from notify.channels.outcome import Sent

from tests.integration.notify.channels.deliveries import PAYEE, OpenMail, delivery
from tests.integration.notify.channels.mail_server import MailServer


async def test_letters_share_connections(mail_server: MailServer, channel_to: OpenMail) -> None:
    """Forty letters at once go over at most as many connections as are allowed."""
    await mail_server.open()
    channel = channel_to(mail_server.port, connections_max=3)
    letters = [delivery(PAYEE, notice_id=f"n{number}") for number in range(40)]
    outcomes = await asyncio.gather(*map(channel.send, letters))
    assert {Sent} == set(map(type, outcomes))
    assert 3 == mail_server.connections
    ids = {str(letter["Message-ID"]) for letter in mail_server.letters}
    assert {f"<{one.notice_id}@tidtam.example>" for one in letters} == ids


async def test_an_idle_connection_that_the_server_ended(
    mail_server: MailServer, channel_to: OpenMail
) -> None:
    """A connection that died while idle costs no attempt: the next letter opens another."""
    await mail_server.open()
    channel = channel_to(mail_server.port)
    await channel.send(delivery(PAYEE, notice_id="one"))
    mail_server.end_connections()
    assert Sent("2.0.0 queued as L2") == await channel.send(delivery(PAYEE, notice_id="two"))
    assert 2 == mail_server.connections


async def test_a_refusal_leaves_the_connection_usable(
    mail_server: MailServer, channel_to: OpenMail
) -> None:
    """One refused recipient does not spoil the letter that follows on the same connection."""
    await mail_server.open()
    channel = channel_to(mail_server.port)
    mail_server.at_recipient = "550 5.1.1 Unknown"
    await channel.send(delivery("nobody@example.org"))
    mail_server.at_recipient = ""
    assert Sent("2.0.0 queued as L1") == await channel.send(delivery(PAYEE))
    assert ([PAYEE], 1) == (mail_server.recipients, mail_server.connections)


async def test_a_cancelled_send_leaves_nothing_half_said(
    mail_server: MailServer, channel_to: OpenMail
) -> None:
    """A send that is cancelled ends its connection; the next letter is not mixed with it."""
    await mail_server.open()
    mail_server.hold = asyncio.Event()
    channel = channel_to(mail_server.port, connections_max=1)
    sending = asyncio.create_task(channel.send(delivery(PAYEE, notice_id="one")))
    while not mail_server.letters:
        await asyncio.sleep(0.001)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    mail_server.hold.set()
    assert Sent("2.0.0 queued as L2") == await channel.send(delivery(PAYEE, notice_id="two"))
    assert 2 == mail_server.connections
