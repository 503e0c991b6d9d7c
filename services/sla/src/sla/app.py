"""The composition root of sla: settings in, running service out."""

from __future__ import annotations

from pathlib import Path

from chassis.consuming import Consumption
from chassis.service import Base, Parts, serve
from chassis.settings import ServiceSettings, load_settings

from sla.gateway import Topics
from sla.handlers import Handlers
from sla.ops import ops_routes
from sla.rules import Rules
from sla.settling import Settling
from sla.ticks import Ticks

MIGRATIONS = Path(__file__).parents[2] / "migrations"


class SlaSettings(ServiceSettings):
    """Sla needs nothing but what every service does."""

    service: str = "sla"


async def build(base: Base) -> Parts:
    """Put sla together."""
    rules = Rules()
    handlers = Handlers(base, rules)
    topics = Topics(base.settings)
    ticks = Ticks(base, handlers, Settling(handlers, topics))
    return Parts(
        consumptions=[
            Consumption(
                name="case-status",
                handle=handlers.on_case_status,
                prepare=handlers.read,
                topics=("case-status",),
                group="sla",
                records_max=1000,
            ),
            Consumption(
                name="source-status",
                handle=handlers.on_source_status,
                topics=("source-status",),
                group="sla-sources",
                pace_seconds=0.5,
            ),
        ],
        routes=ops_routes(base, rules, handlers),
        tasks=[ticks.run, ticks.listen],
        closers=[topics.close],
    )


def main() -> None:
    """Run sla until it is told to stop."""
    serve(load_settings(SlaSettings), schema="sla", migrations=MIGRATIONS, build=build)


if __name__ == "__main__":
    main()
