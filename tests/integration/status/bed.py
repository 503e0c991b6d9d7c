"""
Status without Kafka, on a real Postgres: messages in by hand, outbox rows out.

The messages are made by the code that makes them in intake.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson
from aiokafka.structs import ConsumerRecord
from chassis.clock import clock_from
from chassis.database import open_pool
from chassis.logs import setup
from chassis.metrics import Metrics
from chassis.migrations import CHASSIS_MIGRATIONS, migrate
from chassis.service import Base
from chassis.telemetry import Tracing
from contracts.canonical import canonical_sha256
from contracts.messages import CaseStatus, LineStatus
from contracts.process_file import to_json
from ground.databases import Database
from intake.model import Key as IntakeKey
from intake.publish import Entry, case_event, regrouped
from status import store
from status.app import MIGRATIONS, StatusSettings
from status.handlers import Handlers
from status.rebuild import Rebuilt, rebuild
from status.rules import Rules

from tests.unit.status.cases import HOUR_US, ROLE_OF, disbursement

DAY_ONE_US = 1_767_225_600_000_000
Told = list[dict[str, Any]]


class SilentRelay:
    """Stands where the relay stands, so that the outbox keeps its rows."""

    def wake(self) -> None:
        """Publish nothing."""


@dataclass(slots=True)
class Bed:
    """One database of status, and one or more processes on it."""

    base: Base
    handlers: Handlers
    rules: Rules
    offsets: itertools.count[int] = field(default_factory=itertools.count)

    def record(self, value: bytes | None) -> ConsumerRecord:
        """*value* as the consumer gives it."""
        size = len(value or b"")
        return ConsumerRecord(
            "case-event", 0, next(self.offsets), 0, 0, b"1", value, None, 1, size, ()
        )

    def other(self) -> Handlers:
        """The handlers of a second process."""
        return Handlers(self.base, Rules())

    async def deliver(
        self, messages: Iterable[bytes | None], handlers: Handlers | None = None
    ) -> None:
        """One batch of `case-event`."""
        handlers = handlers or self.handlers
        await handlers.on_case_event(handlers.read([self.record(value) for value in messages]))

    async def say(self, *messages: bytes | None) -> Told:
        """One batch, and the `case-status` data it made, each parsed by its model."""
        await self.deliver(messages)
        return await self.cases()

    async def cases(self) -> Told:
        """The `case-status` data in the outbox, which is emptied."""
        return [value["data"] for topic, _, value in await self.outbox() if topic == "case-status"]

    async def outbox(self) -> list[tuple[str, str, Any]]:
        """Topic, key and value of all rows, which are taken out; each parses as its model."""
        rows = await self.base.pool.fetch(
            "with gone as (delete from outbox returning id, topic, key, value)"
            " select topic, key, value from gone order by id"
        )
        for row in rows:
            model = CaseStatus if row["topic"] == "case-status" else LineStatus
            if row["value"] is not None:
                model.model_validate_json(row["value"])
        return [
            (row["topic"], row["key"].decode(), row["value"] and orjson.loads(row["value"]))
            for row in rows
        ]

    async def rebuild(self, approved: bool = False) -> Rebuilt:
        """What `tidtam rebuild status` does."""
        return await rebuild(self.base, self.rules, self.handlers, approved)

    async def states(self, without: Sequence[str] = ("version",)) -> dict[int, dict[str, Any]]:
        """All cases as they were last told, from the database."""
        rows = await self.base.pool.fetch("select * from followed_case order by case_id")
        return {
            row["case_id"]: {k: v for k, v in dict(row).items() if k not in without} for row in rows
        }

    async def execute(self, query: str, *values: Any) -> None:
        """Plant something."""
        await self.base.pool.execute(query, *values)


def fact(case: int, name: str, fact: str, hour: int = 0, **more: Any) -> bytes:
    """The message of one fact of *case*; keywords not taken here are what its source said."""
    membership, text = more.pop("membership", 1), more.pop("text", None)
    role = more.pop("role", ROLE_OF.get(fact, "finance"))
    replay, retracts = more.pop("replay", False), more.pop("retracts", None)
    envelope = {
        "time": "2026-01-01T00:00:00Z",
        "precision": "instant",
        "traceparent": None,
        "joining": [("claim", role, "2569", str(case))],
        "about": [],
        "retracts": retracts,
        "said": more,
    }
    at_us = DAY_ONE_US + hour * HOUR_US
    key = IntakeKey(role, name)
    entry = Entry(key, "disbursement", fact, role, at_us, None, at_us, envelope, text)
    return case_event(entry, case, membership, replay)


def moved(
    case: int,
    membership: int,
    ins: Sequence[tuple[str, str]] = (),
    outs: Sequence[tuple[tuple[str, str], int | None]] = (),
    to: int | None = None,
) -> bytes:
    """The one message that says which events came to *case*, left it, and where it leads."""
    keys = [IntakeKey(*key) for key in ins]
    gone = [(IntakeKey(*key), home) for key, home in outs]
    (message,) = regrouped("disbursement", case, membership, DAY_ONE_US, keys, gone, to)
    return message


async def make_bed(database: Database) -> Bed:
    """Status with its tables made and the shipped process applied."""
    settings = StatusSettings(
        database_url=database.url("status"), kafka="nowhere:1", http_port=0, topic_prefix=""
    )
    pool = await open_pool(settings, "status")
    await migrate(pool, "status", [CHASSIS_MIGRATIONS, MIGRATIONS])
    tracing, log = Tracing(0.0), setup("status", "0", "WARNING")
    clock = clock_from(settings)
    relay: Any = SilentRelay()
    base = Base(settings, clock, pool, relay, tracing, Metrics(), log)
    body = to_json(disbursement())
    async with pool.acquire() as connection:
        await store.add_process_version(
            connection,
            "disbursement",
            orjson.dumps(body).decode(),
            canonical_sha256(body),
            clock.now(),
        )
    rules = Rules()
    return Bed(base, Handlers(base, rules), rules)


async def close_bed(bed: Bed) -> None:
    """Give the connections back."""
    pool: asyncpg.Pool[Any] = bed.base.pool
    await pool.close()
