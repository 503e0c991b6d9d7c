"""
Sla without Kafka, on a real Postgres: messages in by hand, outbox rows out, a clock that is set.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import orjson
from aiokafka.structs import ConsumerRecord
from chassis.database import open_pool
from chassis.logs import setup
from chassis.metrics import Metrics
from chassis.migrations import CHASSIS_MIGRATIONS, migrate
from chassis.service import Base
from chassis.telemetry import Tracing
from contracts.messages import CaseSla, SlaEvent
from ground.databases import Database
from sla.app import MIGRATIONS, SlaSettings
from sla.handlers import Handlers
from sla.ops import ops_routes
from sla.rules import Rules
from starlette.applications import Starlette

from tests.integration.sla.rules import AGREEMENT, CALENDAR, process_json

MODELS = {"case-sla": CaseSla, "sla-event": SlaEvent}


class SilentRelay:
    """Stands where the relay stands, so that the outbox keeps its rows."""

    def wake(self) -> None:
        """Publish nothing."""


@dataclass(slots=True)
class HandClock:
    """A clock that shows what it was set to."""

    at: datetime

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.at


@dataclass(slots=True)
class Told:
    """What a step told: states by case, and moments in order."""

    states: dict[str, dict[str, Any]]
    moments: list[dict[str, Any]]

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """The moments' kinds and clauses."""
        return [(one["kind"], one["clause"].partition("#")[2]) for one in self.moments]


@dataclass(slots=True)
class Bed:
    """One database of sla and one process on it."""

    base: Base
    handlers: Handlers
    rules: Rules
    clock: HandClock
    offsets: itertools.count[int] = field(default_factory=itertools.count)

    def record(self, topic: str, value: bytes | None) -> ConsumerRecord:
        """*value* as the consumer gives it."""
        size = len(value or b"")
        return ConsumerRecord(topic, 0, next(self.offsets), 0, 0, b"1", value, None, 1, size, ())

    async def say(self, *messages: bytes | None) -> Told:
        """One batch of `case-status`, and what was told of it."""
        batch = self.handlers.read([self.record("case-status", value) for value in messages])
        await self.handlers.on_case_status(batch)
        return await self.told()

    async def hear(self, *messages: bytes) -> None:
        """One batch of `source-status`, with nothing on its way that it covers."""
        await self.overhear(*messages)
        await self.handlers.settle(await self.handlers.unsettled())

    async def overhear(self, *messages: bytes) -> None:
        """One batch of `source-status` that has not settled."""
        records = [self.record("source-status", value) for value in messages]
        await self.handlers.on_source_status(records)

    async def at(self, local: str) -> Told:
        """Set the clock (UTC), let it make due what it makes due, and say what was told."""
        self.clock.at = datetime.fromisoformat(local).replace(tzinfo=UTC)
        while await self.handlers.tick():
            pass
        return await self.told()

    async def told(self) -> Told:
        """All rows of the outbox, which are taken out; each parses as its model."""
        rows = await self.base.pool.fetch(
            "with gone as (delete from outbox returning id, topic, key, value)"
            " select topic, key, value from gone order by id"
        )
        for row in rows:
            MODELS[row["topic"]].model_validate_json(row["value"])
        data = [(row["topic"], orjson.loads(row["value"])["data"]) for row in rows]
        return Told(
            {one["case"]: one for topic, one in data if topic == "case-sla"},
            [one for topic, one in data if topic == "sla-event"],
        )

    async def apply(self, **rules: Sequence[Any]) -> dict[str, Any]:
        """Put rules into force by the service's own route."""
        answer = await ask(self, "PUT", "/ops/config", {**rules})
        found: dict[str, Any] = answer["applied"]
        return found

    async def case(self, number: int = 1) -> dict[str, Any]:
        """What an operator sees of a case."""
        return await ask(self, "GET", f"/ops/cases/{number}")


async def ask(bed: Bed, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """One request to the routes, in this event loop."""
    app = Starlette(routes=ops_routes(bed.base, bed.rules, bed.handlers))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        answer = await client.request(method, path, json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def status(
    spans: Iterable[tuple[str, str, str]], version: int = 1, case: int = 1, **more: Any
) -> bytes:
    """
    The `case-status` of a case with these spans: stage, holder, instant in UTC (`2026-01-05T03`).
    """
    rows = [
        {"stage": stage, "holder": holder, "since": f"{at}:00:00Z", "anchor": ["unit", f"e{place}"]}
        for place, (stage, holder, at) in enumerate(spans)
    ]
    last = rows[-1] if rows else {"stage": None, "since": None, "holder": None}
    data = {
        "case": str(case),
        "number": "0768-7933-5",
        "epoch": 0,
        "version": version,
        "process": "disbursement",
        "process_version": 1,
        "stage": last["stage"],
        "since": last["since"],
        "holder": last["holder"],
        "spans": rows,
        "unit": "arts",
        **more,
    }
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": f"case-status/{case}/{version}",
            "source": "urn:tidtam:status",
            "type": "tidtam.disbursement.case-status",
            "time": "2026-01-05T00:00:00Z",
            "data": data,
        }
    )


def source(name: str, complete_until: str | None, version: int = 1, **more: Any) -> bytes:
    """The `source-status` of a source that may say everything of the process."""
    data = {
        "source": name,
        "epoch": 0,
        "version": version,
        "name": {"th": name, "en": name},
        "contact": "desk",
        "role": "finance",
        "zone": "Asia/Bangkok",
        "facts": {"disbursement": ["submitted", "received", "transferred", "returned"]},
        "promise": "live",
        "complete_until": complete_until,
        **more,
    }
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": f"source-status/{name}/{version}",
            "source": "urn:tidtam:intake",
            "type": "tidtam.source-status",
            "time": "2026-01-05T00:00:00Z",
            "data": data,
        }
    )


async def make_bed(database: Database, applied: bool = True) -> Bed:
    """Sla with its tables made and, when *applied*, rules in force."""
    settings = SlaSettings(
        database_url=database.url("sla"), kafka="nowhere:1", http_port=0, topic_prefix=""
    )
    pool = await open_pool(settings, "sla")
    await migrate(pool, "sla", [CHASSIS_MIGRATIONS, MIGRATIONS])
    clock, relay = HandClock(datetime(2026, 1, 5, 12, tzinfo=UTC)), SilentRelay()
    log: Any = setup("sla", "0", "WARNING")
    silent: Any = relay
    base = Base(settings, clock, pool, silent, Tracing(0.0), Metrics(), log)
    rules = Rules()
    bed = Bed(base, Handlers(base, rules), rules, clock)
    if applied:
        await bed.apply(processes=[process_json()], calendars=[CALENDAR], agreements=[AGREEMENT])
    return bed


async def close_bed(bed: Bed) -> None:
    """Give the connections back."""
    pool: asyncpg.Pool[Any] = bed.base.pool
    await pool.close()
