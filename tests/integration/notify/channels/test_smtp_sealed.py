"""Sealing and login on a real mail server: never in the clear, never to a stranger."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

from aiosmtpd.smtp import SMTP
from notify.channels.outcome import Retry, Sent
from notify.channels.smtp import SmtpChannel
from notify.channels.smtp_connections import Security, SmtpSettings

from tests.integration.notify.channels.certificates import sealed_for
from tests.integration.notify.channels.deliveries import PAYEE, SENDER, HandClock, delivery
from tests.integration.notify.channels.mail_server import (
    LOOPBACK,
    PASSWORD,
    USERNAME,
    MailServer,
)


def settings(port: int) -> SmtpSettings:
    """A server that asks for STARTTLS and a login."""
    return SmtpSettings("localhost", port, SENDER, username=USERNAME, password=PASSWORD)


async def sent_by(channel: SmtpChannel) -> object:
    """What comes of one letter."""
    outcome = await channel.send(delivery(PAYEE))
    await channel.close()
    return outcome


async def test_sealed_and_logged_in(
    mail_server: MailServer, clock: HandClock, tmp_path: Path
) -> None:
    """With STARTTLS, a trusted certificate and the right password the letter is taken."""
    tls = sealed_for("localhost", tmp_path)
    await mail_server.open(tls=tls.server, login=True)
    channel = SmtpChannel(settings(mail_server.port), clock, tls.client)
    assert Sent("2.0.0 queued as L1") == await sent_by(channel)


async def test_sealed_from_the_first_byte(clock: HandClock, tmp_path: Path) -> None:
    """A server that speaks TLS from the first byte is spoken to so."""
    tls = sealed_for("localhost", tmp_path)
    box, loop = MailServer(), asyncio.get_running_loop()
    listening = await loop.create_server(lambda: SMTP(box), LOOPBACK, 0, ssl=tls.server)
    port = listening.sockets[0].getsockname()[1]
    told = replace(settings(port), security=Security.TLS, username="")
    async with listening:
        assert Sent("2.0.0 queued as L1") == await sent_by(SmtpChannel(told, clock, tls.client))


async def test_a_wrong_password_is_our_fault(
    mail_server: MailServer, clock: HandClock, tmp_path: Path
) -> None:
    """A refused login is tried again: it says nothing about the recipient."""
    tls = sealed_for("localhost", tmp_path)
    await mail_server.open(tls=tls.server, login=True)
    told = replace(settings(mail_server.port), password="wrong")
    outcome = await sent_by(SmtpChannel(told, clock, tls.client))
    assert Retry(60, "SMTPAuthenticationError 535 at connect") == outcome


async def test_no_seal_no_letter(mail_server: MailServer, clock: HandClock) -> None:
    """Where STARTTLS is asked for and not offered, neither password nor letter leaves."""
    await mail_server.open()
    told = settings(mail_server.port)
    for one in (told, replace(told, username="")):
        assert Retry(60, "SMTPException at connect") == await sent_by(SmtpChannel(one, clock))
    assert [] == mail_server.letters


async def test_a_stranger_gets_no_letter(
    mail_server: MailServer, clock: HandClock, tmp_path: Path
) -> None:
    """A certificate of an unknown authority, or for another name, ends the connection."""
    other = sealed_for("other.test", tmp_path)
    await mail_server.open(tls=other.server)
    told = replace(settings(mail_server.port), username="")
    for trusting in (other.client, ssl.create_default_context()):
        outcome = await sent_by(SmtpChannel(told, clock, trusting))
        assert Retry(60, "SSLCertVerificationError at connect") == outcome
    assert [] == mail_server.letters


def test_settings_do_not_show_the_password() -> None:
    """Settings can be logged: the password is not among what they show."""
    assert PASSWORD not in repr(settings(25))
