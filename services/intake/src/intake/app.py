"""The composition root of intake: settings in, running service out."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from chassis.consuming import Consumption
from chassis.errors import SettingsError
from chassis.service import Base, Parts, serve
from chassis.settings import ServiceSettings, load_settings
from pydantic import SecretStr

from intake.acceptance import Acceptance
from intake.handlers import Handlers
from intake.http import routes
from intake.inspection import inspection_routes
from intake.ops import ops_routes
from intake.payees import PayeeKeys
from intake.registry import Registry

MIGRATIONS = Path(__file__).parents[2] / "migrations"


class IntakeSettings(ServiceSettings):
    """What intake needs beside what every service does. `payee_key`: 32 bytes in base64."""

    service: str = "intake"
    payee_key: SecretStr


def payee_keys(settings: IntakeSettings) -> PayeeKeys:
    """
    The keys of the payee vault. Raises `SettingsError` when the secret is not 32 bytes in base64.
    """
    try:
        return PayeeKeys(base64.b64decode(settings.payee_key.get_secret_value(), validate=True))
    except (binascii.Error, ValueError) as error:
        raise SettingsError("TIDTAM_PAYEE_KEY", f"cannot be used: {error}") from None


async def build(base: Base) -> Parts:
    """Put intake together."""
    assert isinstance(base.settings, IntakeSettings)
    registry = Registry()
    acceptance = Acceptance(base, registry, payee_keys(base.settings))
    handlers = Handlers(base, registry, acceptance)
    await handlers.refresh()
    return Parts(
        consumptions=[
            Consumption(
                name="inbound",
                handle=handlers.on_inbound,
                prepare=handlers.judge,
                pattern=r"inbound\.[a-z0-9-]+",
                group="intake",
                assignor="roundrobin",
                records_max=1000,
            ),
            Consumption(
                name="case-status",
                handle=handlers.on_case_status,
                topics=("case-status",),
                group="intake-case-view",
                # What sources read back may be a moment old: it must not cost what payees wait for.
                pace_seconds=0.5,
            ),
        ],
        routes=[
            *routes(base, registry, handlers, acceptance),
            *ops_routes(base, registry),
            *inspection_routes(base, registry, handlers),
        ],
    )


def main() -> None:
    """Run intake until it is told to stop."""
    settings = load_settings(IntakeSettings)
    payee_keys(settings)
    serve(settings, schema="intake", migrations=MIGRATIONS, build=build)


if __name__ == "__main__":
    main()
