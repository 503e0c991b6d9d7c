"""The composition root of notify: settings in, running service out."""

from __future__ import annotations

import asyncio
import base64
import binascii
from pathlib import Path

from chassis.consuming import Consumption
from chassis.errors import SettingsError
from chassis.sealing import SealingKey
from chassis.service import Base, Parts, serve
from chassis.settings import ServiceSettings, load_settings
from contracts.payees import SEALING
from pydantic import Field, SecretStr

from notify.claims import Claims
from notify.gateway import Gateway, ways_of
from notify.handlers import Handlers
from notify.ops import ops_routes
from notify.rules import Rules
from notify.sender import Sender
from notify.telling import Telling

MIGRATIONS = Path(__file__).parents[2] / "migrations"


class NotifySettings(ServiceSettings):
    """
    What notify needs beside what every service does.

    `payee_key`: 32 bytes in base64, as intake has. `smtp_url` like `smtp://user:password@host:587`;
    without it no e-mail leaves, without `line_token` nothing goes to LINE. `public_url`: where the
    links of messages lead. `claim_seconds`: after so long a send without outcome is unknown; longer
    than the slowest send may take.
    """

    service: str = "notify"
    payee_key: SecretStr
    smtp_url: SecretStr = SecretStr("")
    mail_from: str = ""
    line_token: SecretStr = SecretStr("")
    public_url: str = "http://127.0.0.1"
    claim_seconds: float = Field(default=900.0, ge=1)


def sealing_key(settings: NotifySettings) -> SealingKey:
    """The key that opens payees. Raises `SettingsError` when it is not 32 bytes in base64."""
    try:
        secret = base64.b64decode(settings.payee_key.get_secret_value(), validate=True)
        return SealingKey(secret, SEALING)
    except (binascii.Error, ValueError) as error:
        raise SettingsError("TIDTAM_PAYEE_KEY", f"cannot be used: {error}") from None


def gateway_of(settings: NotifySettings, base: Base) -> Gateway:
    """The channels whose settings are given. Raises `SettingsError`."""
    ways = ways_of(
        settings.smtp_url.get_secret_value(),
        settings.mail_from,
        settings.line_token.get_secret_value(),
        base.clock,
    )
    return Gateway(ways, base.clock, settings.public_url)


async def build(base: Base) -> Parts:
    """Put notify together."""
    assert isinstance(base.settings, NotifySettings)
    gateway = gateway_of(base.settings, base)
    telling = Telling(Rules(), sealing_key(base.settings), gateway.channels)
    wake = asyncio.Event()
    handlers = Handlers(base, telling, wake)
    sender = Sender(base, Claims(base, telling, base.settings.claim_seconds), gateway, wake)
    return Parts(
        consumptions=consumptions(handlers),
        routes=ops_routes(base, telling, gateway, wake),
        tasks=[sender.run],
        closers=[gateway.close],
    )


def consumptions(handlers: Handlers) -> list[Consumption]:
    """What notify reads: each topic in a group of its own, with its own guard."""
    return [
        Consumption(
            name="case-status",
            handle=handlers.on_case_status,
            prepare=handlers.read_cases,
            topics=("case-status",),
            group="notify",
        ),
        Consumption(
            name="line-status",
            handle=handlers.on_line_status,
            prepare=handlers.read_lines,
            topics=("line-status",),
            group="notify-lines",
        ),
        Consumption(
            name="sla-event",
            handle=handlers.on_sla_event,
            topics=("sla-event",),
            group="notify-sla",
        ),
        Consumption(
            name="case-sla",
            handle=handlers.on_case_sla,
            topics=("case-sla",),
            group="notify-days",
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
