"""
Notify without Kafka, on a real Postgres and a real mail server: messages in by hand, letters out,
a clock that is set.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
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
from contracts.calendar_file import load_calendar
from contracts.messages import Notification
from contracts.notice_file import load_notices
from ground.databases import Database
from notify.app import MIGRATIONS, NotifySettings, works_of
from notify.claims import Claims
from notify.contact_changes import ContactChanges
from notify.gateway import Gateway
from notify.handlers import Handlers
from notify.ops import ops_routes
from notify.sender import Sender
from notify.telling import Telling
from notify.webhook_ops import webhook_routes
from starlette.applications import Starlette

from contracts import calendar_file, notice_file, process_file
from tests.integration.notify.channels.mail_server import LOOPBACK, MailServer
from tests.integration.notify.said import SECRET
from tests.unit.contracts.saying import HOME, process

MONDAY = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
"""Half past nine in Bangkok, a working day."""


class SilentRelay:
    """Stands where the relay stands, so that the outbox keeps its rows."""

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
    """One database of notify, one process on it, and the mail server it speaks to."""

    base: Base
    handlers: Handlers
    telling: Telling
    gateway: Gateway
    claims: Claims
    sender: Sender
    changes: ContactChanges
    clock: HandClock
    mail: MailServer
    offsets: itertools.count[int] = field(default_factory=itertools.count)

    def record(self, topic: str, value: bytes | None, key: bytes = b"1") -> ConsumerRecord:
        """*value* as the consumer gives it."""
        size = len(value or b"")
        return ConsumerRecord(topic, 0, next(self.offsets), 0, 0, key, value, None, 1, size, ())

    async def say(self, *messages: bytes) -> None:
        """Messages of any topic: payees by themselves, all others in the order they are given."""
        for topic, group in itertools.groupby(messages, topic_of):
            records = [self.record(topic, value) for value in group]
            if topic == "payee":
                await self.handlers.on_payee(records)
            else:
                await self.handlers.on_cases(self.handlers.read(records))

    async def say_at_once(self, *messages: bytes) -> None:
        """Messages about cases, of whichever topics, as one batch."""
        records = [self.record(topic_of(value), value) for value in messages]
        await self.handlers.on_cases(self.handlers.read(records))

    async def later(self, **span: float) -> list[EmailMessage]:
        """Let time pass, send what is due, and give the letters that arrived meanwhile."""
        self.clock.at += timedelta(**span)
        before = len(self.mail.letters)
        while await self.sender.round() + await self.changes.round():
            pass
        return self.mail.letters[before:]

    async def sent(self) -> list[EmailMessage]:
        """The letters of what is due three seconds from now: the SLA's word is waited for."""
        return await self.later(seconds=3)

    async def told(self) -> list[dict[str, Any]]:
        """All rows of the outbox, which are taken out; each parses as its model."""
        rows = await self.base.pool.fetch(
            "with gone as (delete from outbox returning id, topic, value)"
            " select topic, value from gone order by id"
        )
        for row in rows:
            assert row["topic"] == "notification"
            Notification.model_validate_json(row["value"])
        return [orjson.loads(row["value"])["data"] for row in rows]

    async def notices(self, case: int = 1) -> list[dict[str, Any]]:
        """What an operator sees of a case's notices."""
        found: list[dict[str, Any]] = (await self.ask("GET", f"/ops/cases/{case}/notices"))[
            "notices"
        ]
        return found

    async def mails(self, case: int = 1) -> list[tuple[str, str, str | None]]:
        """Rule, state and reason of the e-mail notices of a case."""
        return [
            (one["rule"], one["state"], one["reason"])
            for one in await self.notices(case)
            if one["channel"] == "email"
        ]

    async def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """One request to the routes that must succeed."""
        answer = await self.request(method, path, body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def request(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One request to the routes, in this event loop."""
        wake = asyncio.Event()
        routes = ops_routes(self.base, self.telling, self.gateway, self.changes, wake)
        routes += webhook_routes(self.base, self.telling, self.gateway, wake)
        transport = httpx.ASGITransport(app=Starlette(routes=routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
            return await client.request(method, path, json=body)

    def unknown(self) -> float:
        """How many unknown outcomes were counted for e-mail."""
        name, of = "notice_unknown_outcome_total", {"channel": "email"}
        return self.base.metrics.registry.get_sample_value(name, of) or 0.0


def topic_of(value: bytes) -> str:
    """The topic a message stands on."""
    kind: str = orjson.loads(value)["type"]
    return kind.rpartition(".")[2]


@cache
def rules() -> dict[str, Any]:
    """The rules this house ships, as `config apply` sends them."""
    calendar = load_calendar(HOME / "calendars" / "thai-government.yaml")
    notices = load_notices(HOME / "notices" / "disbursement.yaml")
    return {
        "processes": [process_file.to_json(process())],
        "calendars": [calendar_file.to_json(calendar)],
        "notices": [notice_file.to_json(notices)],
    }


async def make_bed(
    database: Database,
    mail: MailServer,
    applied: bool = True,
    tracing: Tracing | None = None,
    **more: Any,
) -> Bed:
    """
    Notify with its tables made, a mail server that listens and, when *applied*, its rules.

    *more* are settings of the test's own.
    """
    if not mail.port:
        await mail.open()
    settings = NotifySettings(
        database_url=database.url("notify"),
        kafka="nowhere:1",
        http_port=0,
        payee_key=base64.b64encode(SECRET).decode(),
        smtp_url=f"smtp://{LOOPBACK}:{mail.port}",
        mail_from="ติดตามการจ่ายเงิน <notices@tidtam.example>",
        public_url="https://tidtam.example",
        **more,
    )
    pool = await open_pool(settings, "notify")
    await migrate(pool, "notify", [CHASSIS_MIGRATIONS, MIGRATIONS])
    clock, relay = HandClock(), SilentRelay()
    log: Any = setup("notify", "0", "WARNING")
    silent: Any = relay
    base = Base(settings, clock, pool, silent, tracing or Tracing(0.0), Metrics(), log)
    works = works_of(base, settings)
    parts = (works.handlers, works.telling, works.gateway, works.claims, works.sender)
    bed = Bed(base, *parts, works.changes, clock, mail)
    if applied:
        await bed.ask("PUT", "/ops/config", rules())
    return bed


async def close_bed(bed: Bed) -> None:
    """Give the connections back."""
    await bed.gateway.close()
    pool: asyncpg.Pool[Any] = bed.base.pool
    await pool.close()
