"""The composition root of notify: settings in, running service out."""

from __future__ import annotations

import asyncio
import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

from chassis.clock import Clock
from chassis.consuming import Consumption
from chassis.errors import SettingsError
from chassis.sealing import SealingKey
from chassis.service import Base, Parts, serve
from chassis.settings import ServiceSettings, load_settings
from contracts.payees import SEALING
from pydantic import Field, SecretStr

from notify.channels.line import LINE_URL
from notify.claims import Claims
from notify.contact_changes import ContactChanges
from notify.endpoints import SEALING as OWN_SEALING
from notify.endpoints import Endpoints
from notify.gateway import Gateway, Outside, ways_of
from notify.handlers import Handlers
from notify.ops import ops_routes
from notify.reading import ABOUT_CASES
from notify.rules import Rules
from notify.sender import Sender
from notify.telling import Telling
from notify.webhook_ops import webhook_routes

MIGRATIONS = Path(__file__).parents[2] / "migrations"


class NotifySettings(ServiceSettings):
    """
    What notify needs beside what every service does.

    `payee_key`: 32 bytes in base64, as intake has. `smtp_url` like `smtp://user:password@host:587`;
    without it no e-mail leaves, without `line_token` nothing goes to LINE, whose API is at
    `line_url`. `webhook_hosts`: hosts inside the private network that webhooks may reach, separated
    by commas. `public_url`: where the links of messages lead. `claim_seconds`: after so long a send
    without outcome is unknown; longer than the slowest send may take.
    """

    service: str = "notify"
    payee_key: SecretStr
    smtp_url: SecretStr = SecretStr("")
    mail_from: str = ""
    line_token: SecretStr = SecretStr("")
    line_url: str = LINE_URL
    webhook_hosts: str = ""
    public_url: str = "http://127.0.0.1"
    claim_seconds: float = Field(default=900.0, ge=1)


def sealing_key(settings: NotifySettings, purpose: bytes = SEALING) -> SealingKey:
    """
    The key that opens payees, or that for another *purpose*.

    Raises `SettingsError` when it is not 32 bytes in base64.
    """
    try:
        secret = base64.b64decode(settings.payee_key.get_secret_value(), validate=True)
        return SealingKey(secret, purpose)
    except (binascii.Error, ValueError) as error:
        raise SettingsError("TIDTAM_PAYEE_KEY", f"cannot be used: {error}") from None


def gateway_of(settings: NotifySettings, endpoints: Endpoints, clock: Clock) -> Gateway:
    """The channels whose settings are given. Raises `SettingsError`."""
    outside = Outside(
        smtp_url=settings.smtp_url.get_secret_value(),
        mail_from=settings.mail_from,
        line_token=settings.line_token.get_secret_value(),
        line_url=settings.line_url,
        webhook_hosts=settings.webhook_hosts,
    )
    return Gateway(ways_of(outside, endpoints.secrets_of, clock), clock, settings.public_url)


@dataclass(frozen=True, slots=True)
class Works:
    """All of one process of notify but what starts and stops it. *wake*: something may be due."""

    gateway: Gateway
    telling: Telling
    claims: Claims
    changes: ContactChanges
    handlers: Handlers
    sender: Sender
    wake: asyncio.Event


def works_of(base: Base, settings: NotifySettings) -> Works:
    """Put the parts of notify together. Raises `SettingsError`."""
    own_key = sealing_key(settings, OWN_SEALING)
    endpoints = Endpoints(own_key, base.clock)
    gateway = gateway_of(settings, endpoints, base.clock)
    telling = Telling(Rules(endpoints), sealing_key(settings), gateway.channels)
    wake, seconds = asyncio.Event(), settings.claim_seconds
    claims = Claims(base, telling, seconds)
    changes = ContactChanges(base, telling, gateway, own_key, claims.unknown, seconds)
    handlers = Handlers(base, telling, changes, wake)
    sender = Sender(base, claims, gateway, wake)
    return Works(gateway, telling, claims, changes, handlers, sender, wake)


async def build(base: Base) -> Parts:
    """Put notify together."""
    assert isinstance(base.settings, NotifySettings)
    works = works_of(base, base.settings)
    return Parts(
        consumptions=consumptions(works.handlers),
        routes=[
            *ops_routes(base, works.telling, works.gateway, works.changes, works.wake),
            *webhook_routes(base, works.telling, works.gateway, works.wake),
        ],
        tasks=[works.sender.run, works.changes.run],
        closers=[works.gateway.close],
    )


GROUP = "notify-cases"
"""
One name for one set of topics: a static member that is back within its session gets the assignment
of before, without the topics it reads since.
"""


def consumptions(handlers: Handlers) -> list[Consumption]:
    """
    What notify reads: all about cases together, so that what came of one is decided on once, and
    payees, whose batches let no decision pass.
    """
    return [
        Consumption(
            name="cases",
            handle=handlers.on_cases,
            prepare=handlers.read,
            topics=ABOUT_CASES,
            group=GROUP,
        ),
        Consumption(
            name="payee",
            handle=handlers.on_payee,
            topics=("payee",),
            group="notify-payees",
        ),
    ]


def main() -> None:
    """Run notify until it is told to stop."""
    settings = load_settings(NotifySettings)
    sealing_key(settings)
    serve(settings, schema="notify", migrations=MIGRATIONS, build=build)


if __name__ == "__main__":
    main()
