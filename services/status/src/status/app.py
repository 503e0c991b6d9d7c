"""The composition root of status: settings in, running service out."""

from __future__ import annotations

from pathlib import Path

from chassis.consuming import Consumption
from chassis.service import Base, Parts, serve
from chassis.settings import ServiceSettings, load_settings

from status.handlers import Handlers
from status.ops import ops_routes
from status.rules import Rules

MIGRATIONS = Path(__file__).parents[2] / "migrations"


class StatusSettings(ServiceSettings):
    """Status needs nothing but what every service does."""

    service: str = "status"


async def build(base: Base) -> Parts:
    """Put status together."""
    rules = Rules()
    handlers = Handlers(base, rules)
    return Parts(
        consumptions=[
            Consumption(
                name="case-event",
                handle=handlers.on_case_event,
                prepare=handlers.read,
                topics=("case-event",),
                group="status",
                records_max=1000,
            )
        ],
        routes=ops_routes(base, rules, handlers),
    )


def main() -> None:
    """Run status until it is told to stop."""
    serve(load_settings(StatusSettings), schema="status", migrations=MIGRATIONS, build=build)


if __name__ == "__main__":
    main()
