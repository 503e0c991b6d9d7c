"""
The portal without Kafka, on a real Postgres: messages in by hand, pages out, a clock that is set.

    await bed.say(said.payee("anna"), said.case_status(1, ...), said.line_status(1, ...))
    answer = await bed.get("/stages")
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
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
from contracts.agreement_file import load_agreement
from contracts.calendar_file import load_calendar
from contracts.office_file import load_offices
from ground.databases import Database
from portal.app import MIGRATIONS, Works, routes, works_of
from portal.house import House
from portal.settings import PortalSettings
from starlette.applications import Starlette

from contracts import agreement_file, calendar_file, office, process_file
from tests.integration.notify.said import SECRET
from tests.unit.contracts.saying import HOME, process

MONDAY = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
"""Half past nine in Bangkok, a working day."""
PUBLIC_URL = "http://portal.test"
OPERATOR = "operator-token"
SESSION_KEY = base64.b64encode(bytes(range(32, 64))).decode()
READ_TABLES = (
    "case_row",
    "line_chunk",
    "case_payee",
    "payee_row",
    "search_row",
    "clock_row",
    "notice_row",
    "source_row",
)


class SilentRelay:
    """Stands where the relay stands; the portal publishes nothing but redriven letters."""

    def wake(self) -> None:
        """Publish nothing."""


@dataclass(slots=True)
class HandClock:
    """A clock that shows what it was set to."""

    at: datetime = MONDAY

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.at


@dataclass(slots=True)
class Bed:
    """One database of the portal, one process on it, its pages. `works.house` is the house."""

    base: Base
    works: Works
    app: Starlette
    clock: HandClock
    offsets: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def house(self) -> House:
        """What pages are built with."""
        return self.works.house

    @property
    def pool(self) -> asyncpg.Pool[Any]:
        """The portal's own connections."""
        pool: asyncpg.Pool[Any] = self.base.pool
        return pool

    def record(self, topic: str, value: bytes | None, key: bytes = b"1") -> ConsumerRecord:
        """*value* as the consumer gives it."""
        size = len(value or b"")
        return ConsumerRecord(topic, 0, next(self.offsets), 0, 0, key, value, None, 1, size, ())

    async def say(self, *messages: bytes) -> None:
        """Messages of any topic, batched by topic in the order they are given."""
        for topic, group in itertools.groupby(messages, topic_of):
            await self.handle(topic, [self.record(topic, value) for value in group])

    async def bury(self, topic: str, *keys: str) -> None:
        """Tombstones: what is known of these keys is to be forgotten."""
        await self.handle(topic, [self.record(topic, None, key.encode()) for key in keys])

    async def handle(self, topic: str, records: list[ConsumerRecord]) -> None:
        """One batch of one topic, as its consumer gives it."""
        handlers = self.works.handlers
        if topic == "case-status":
            await handlers.on_case_status(handlers.read_cases(records))
        elif topic == "line-status":
            await handlers.on_line_status(handlers.read_lines(records))
        elif topic == "case-sla":
            await handlers.on_case_sla(handlers.read_days(records))
        elif topic == "notification":
            await handlers.on_notification(records)
        elif topic == "source-status":
            await handlers.on_source_status(records)
        else:
            await handlers.on_payee(records)

    def client(self, address: str = "192.0.2.1", **headers: str) -> httpx.AsyncClient:
        """A browser of its own: it keeps cookies and follows nothing by itself."""
        transport = httpx.ASGITransport(app=self.app, client=(address, 50_000))
        return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """One page, as somebody who is not signed in gets it."""
        async with self.client(**headers) as browser:
            return await browser.get(path)

    async def apply(self, rules: Mapping[str, Any]) -> None:
        """Put rules into force, as `config apply` does."""
        headers = {"authorization": f"Bearer {OPERATOR}"}
        async with self.client(**headers) as operator:
            answer = await operator.put("/ops/config", content=orjson.dumps(rules))
        assert answer.status_code == 200, answer.text

    async def tables(self, *leave_out: str) -> dict[str, list[dict[str, Any]]]:
        """All rows of the read tables, without the columns named."""
        found = {}
        for table in READ_TABLES:
            rows = await self.pool.fetch(f"select * from {table} as t order by t::text")
            found[table] = sorted(
                ({k: v for k, v in row.items() if k not in leave_out} for row in rows), key=str
            )
        return found


def topic_of(value: bytes) -> str:
    """The topic a message stands on."""
    kind: str = orjson.loads(value)["type"]
    return kind.rpartition(".")[2]


@cache
def rules() -> dict[str, Any]:
    """The rules this house ships, as `config apply` sends them."""
    calendars = sorted((HOME / "calendars").glob("*.yaml"))
    agreements = sorted((HOME / "agreements").glob("*.yaml"))
    offices = sorted((HOME / "offices").glob("*.yaml"))
    return {
        "processes": [process_file.to_json(process())],
        "calendars": [calendar_file.to_json(load_calendar(one)) for one in calendars],
        "agreements": [agreement_file.to_json(load_agreement(one)) for one in agreements],
        "offices": [office.to_json(load_offices(one)) for one in offices],
    }


async def make_bed(database: Database, applied: bool = True, **more: Any) -> Bed:
    """
    The portal with its tables made and, when *applied*, the rules this house ships.

    *more* are settings of the test's own.
    """
    told: dict[str, Any] = {
        "database_url": database.url("portal"),
        "kafka": "nowhere:1",
        "http_port": 0,
        "operator_token": OPERATOR,
        "payee_key": base64.b64encode(SECRET).decode(),
        "session_key": SESSION_KEY,
        "public_url": PUBLIC_URL,
        "intake_url": "http://127.0.0.1:9",
        "intake_token": "tdt_test",
        **more,
    }
    settings = PortalSettings(**told)
    pool = await open_pool(settings, "portal")
    await migrate(pool, "portal", [CHASSIS_MIGRATIONS, MIGRATIONS])
    clock = HandClock()
    relay: Any = SilentRelay()
    log: Any = setup("portal", "0", "WARNING")
    base = Base(settings, clock, pool, relay, Tracing(0.0), Metrics(), log)
    works = works_of(base, settings)
    bed = Bed(base, works, Starlette(routes=routes(works)), clock)
    if applied:
        await bed.apply(rules())
    return bed


async def close_bed(bed: Bed) -> None:
    """Give the connections back."""
    await bed.works.rebuilding.close()
    await bed.house.outgoing.close()
    await bed.works.services.close()
    await bed.pool.close()
