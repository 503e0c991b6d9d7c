"""The composition root of sla: settings in, running service out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chassis.consuming import Consumption
from chassis.service import Base, Parts, serve
from chassis.settings import ServiceSettings, load_settings
from pydantic import ValidationInfo, field_validator

from sla.gateway import Topics
from sla.handlers import Handlers
from sla.ops import ops_routes
from sla.rules import Rules
from sla.settling import Settling
from sla.steering import SteeredClock, Steering, elsewhere
from sla.ticks import Ticks

MIGRATIONS = Path(__file__).parents[2] / "migrations"
Judge = Callable[[Any], Awaitable[None]]


class SlaSettings(ServiceSettings):
    """
    What every service needs. With `clock_file` the clock begins at `clock_at` and is moved from
    outside, to check the chain on a log of the past; only where all servers are on this machine.
    """

    service: str = "sla"
    clock_file: Path | None = None

    @field_validator("clock_file", mode="before")
    @classmethod
    def _empty_is_not_given(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("clock_file")
    @classmethod
    def _only_on_this_machine(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        """A clock that stands wherever somebody puts it would judge real promises wrongly."""
        known = info.data
        if value is None or not {"database_url", "kafka", "http_host"} <= known.keys():
            return value
        if known.get("clock_at") is None:
            raise ValueError("it needs TIDTAM_CLOCK_AT, where the clock begins")
        far = elsewhere(known["database_url"], known["kafka"], known["http_host"])
        if far:
            raise ValueError(f"a clock is moved only where all is on this machine, not {far}")
        return value


async def build(base: Base) -> Parts:
    """Put sla together."""
    file: Path | None = base.settings.clock_file
    if file is not None:
        return await build_steered(base, SteeredClock(base.settings.clock_at, file))
    rules = Rules()
    handlers = Handlers(base, rules)
    topics = Topics(base.settings)
    ticks = Ticks(base, handlers, Settling(handlers, topics))
    return Parts(
        consumptions=consumptions(handlers, handlers.on_case_status),
        routes=ops_routes(base, rules, handlers),
        tasks=[ticks.run, ticks.listen],
        closers=[topics.close],
    )


async def build_steered(base: Base, clock: SteeredClock) -> Parts:
    """Put sla together with a clock that is moved: time comes in from there alone."""
    base, rules = replace(base, clock=clock), Rules()
    handlers = Handlers(base, rules)
    steering = Steering(base, handlers, clock)
    await steering.resume()
    base.log.warning("the clock is moved from outside", at=clock.now().isoformat())
    return Parts(
        consumptions=consumptions(handlers, steering.held(handlers.on_case_status), pace=0.01),
        routes=[*steering.routes(), *ops_routes(base, rules, handlers)],
        tasks=[steering.run],
    )


def consumptions(handlers: Handlers, judge: Judge, pace: float = 0.5) -> list[Consumption]:
    """What sla reads; sources are heard in batches *pace* seconds apart."""
    return [
        Consumption(
            name="case-status",
            handle=judge,
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
            pace_seconds=pace,
        ),
    ]


def main() -> None:
    """Run sla until it is told to stop."""
    serve(load_settings(SlaSettings), schema="sla", migrations=MIGRATIONS, build=build)


if __name__ == "__main__":
    main()
