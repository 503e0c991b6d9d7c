"""Where messages leave: their words, the channels there are, and the outcome. No transaction."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from chassis.clock import Clock
from chassis.errors import SettingsError
from chassis.instants import microseconds
from contracts.notice import Channel
from contracts.notice_templates import Templates

from notify.channels.inbox import InboxChannel
from notify.channels.line import LINE_URL, LineChannel, LineSettings
from notify.channels.mail import Sender
from notify.channels.outcome import Channel as Way
from notify.channels.outcome import Delivery, Outcome
from notify.channels.smtp import SmtpChannel
from notify.channels.smtp_connections import Security, SmtpSettings
from notify.channels.webhook import SecretsOf, WebhookChannel, WebhookSettings
from notify.message import Item, message, webhook_body
from notify.rulebook import Rulebook
from notify.words import Speech

if TYPE_CHECKING:
    from notify.rows import Row

LOOPBACKS = frozenset({"127.0.0.1", "::1", "localhost"})
PORTS = {"smtp": 587, "smtps": 465}
CONNECTIONS_MAX, ACCEPTED_SECONDS_MAX, SEND_SECONDS_MAX = 8, 75.0, 90.0
"""So that all sends under way end well before their claims do, however slow the server is."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """
    One message that was claimed: the notices it tells, the cases as they are, and where it goes.

    `id` is the same at every attempt, `attempt` counts them from 1.
    """

    id: str
    rows: tuple[Row, ...]
    items: tuple[Item, ...] = field(repr=False)
    channel: Channel
    language: str
    to: str = field(repr=False)
    attempt: int
    digest: bool
    book: Rulebook = field(repr=False)
    templates: Templates = field(repr=False)


class Gateway:
    """The ways out by channel. *public_url* is where links lead."""

    def __init__(self, ways: Mapping[Channel, Way], clock: Clock, public_url: str) -> None:
        self._ways = ways
        self._clock = clock
        self.public_url = public_url

    @property
    def channels(self) -> Iterable[Channel]:
        """The channels there are."""
        return self._ways.keys()

    async def send(self, parcel: Parcel) -> Outcome:
        """Write *parcel* and hand it over, once."""
        return await self._ways[parcel.channel].send(self.delivery(parcel))

    def delivery(self, parcel: Parcel) -> Delivery:
        """The message of *parcel* with all its words, as of now."""
        kind = parcel.items[0].notice.recipient.kind
        now_us = microseconds(self._clock.now())
        zone = parcel.book.zone(kind)
        speech = Speech(parcel.book, parcel.language, zone, now_us, self.public_url)
        alone = parcel.items[0] if len(parcel.items) == 1 else None
        number = "" if alone is None else alone.picture.case.number
        said: dict[str, Any] = {}
        if parcel.channel is not Channel.WEBHOOK:
            said = message(parcel.items, parcel.templates, speech, parcel.digest)._asdict()
        elif alone is not None:
            said = {"data": webhook_body(alone, speech)}
        return Delivery(
            notice_id=parcel.id,
            to=parcel.to,
            language=parcel.language,
            link=speech.link(number),
            attempt=parcel.attempt,
            **said,
        )

    async def hand_over(self, channel: Channel, delivery: Delivery) -> Outcome:
        """Hand *delivery* over as it is, once."""
        return await self._ways[channel].send(delivery)

    async def refusal(self, url: str) -> str | None:
        """Why nothing would ever be sent to a webhook at *url*; None where it may be."""
        way = self._ways.get(Channel.WEBHOOK)
        return await way.refusal(url) if isinstance(way, WebhookChannel) else "no webhooks here"

    async def close(self) -> None:
        """Let go of open connections."""
        for way in self._ways.values():
            await way.close()


@dataclass(frozen=True, slots=True)
class Outside:
    """
    The outside world as the settings name it; what is empty is not there.

    `webhook_hosts`: names, separated by commas, of hosts that webhooks may reach inside a private
    network and without TLS.
    """

    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    line_token: str = field(default="", repr=False)
    line_url: str = LINE_URL
    webhook_hosts: str = ""


def ways_of(
    outside: Outside, secrets_of: SecretsOf, clock: Clock, tls: ssl.SSLContext | None = None
) -> dict[Channel, Way]:
    """
    The channels that *outside* names; web inbox and webhooks are always there.

    *tls* replaces the machine's trusted certificates. Raises `SettingsError`.
    """
    hosts = (host.strip().lower() for host in outside.webhook_hosts.split(","))
    allowed = WebhookSettings(hosts_allowed=frozenset(filter(None, hosts)))
    ways: dict[Channel, Way] = {
        Channel.INBOX: InboxChannel(),
        Channel.WEBHOOK: WebhookChannel(allowed, secrets_of, clock, tls=tls),
    }
    if outside.smtp_url:
        settings = smtp_settings(outside.smtp_url, outside.mail_from)
        ways[Channel.EMAIL] = SmtpChannel(settings, clock, tls)
    if outside.line_token:
        line = LineSettings(outside.line_token, line_url(outside.line_url))
        ways[Channel.LINE] = LineChannel(line, clock, tls)
    return ways


def line_url(url: str) -> str:
    """
    Where LINE's API is, as given.

    Raises `SettingsError` where the token would leave this machine unsealed.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACKS:
        raise SettingsError("TIDTAM_LINE_URL", "is no https address")
    return url


def smtp_settings(url: str, mail_from: str) -> SmtpSettings:
    """
    The mail server of `smtp://user:password@host:port`, and who letters come from.

    `smtps` is TLS from the first byte. `smtp` turns to TLS before anything is said, but on this
    very machine. Raises `SettingsError`, which repeats no password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
        host = parts.hostname or ""
    except (ValueError, KeyError):
        host, port = "", 0
    if not host:
        raise SettingsError("TIDTAM_SMTP_URL", "is no address like smtp://mail.example.org:587")
    name, address = parseaddr(mail_from)
    try:
        sender = Sender(address.lower(), name or address, address.lower().partition("@")[2])
    except ValueError as error:
        raise SettingsError("TIDTAM_MAIL_FROM", f"cannot be used: {error}") from None
    security = Security.TLS if parts.scheme == "smtps" else Security.STARTTLS
    if parts.scheme == "smtp" and host in LOOPBACKS:
        security = Security.NONE
    return SmtpSettings(
        host=host,
        port=port,
        sender=sender,
        security=security,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        accepted_seconds_max=ACCEPTED_SECONDS_MAX,
        total_seconds_max=SEND_SECONDS_MAX,
        connections_max=CONNECTIONS_MAX,
    )
