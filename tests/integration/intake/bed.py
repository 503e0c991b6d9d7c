"""
A running chain for the tests of intake: services as processes, senders with topics and tokens.

Its clock stands, so that every instant a test writes is as far from now as it was when written.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from chassis.topics import ensure_topics
from ground.ports import free_ports
from ground.throwaway import Servers

from contracts.topics import own_topics
from tests.integration.intake.words import read_all, ref, registration, rules, until

OPERATOR = "operator of the tests"
PAYEE_SECRET = hashlib.sha256(b"payees of the tests").digest()
CLOCK_AT = "2026-01-31T05:00:00+00:00"
BATCH = "application/cloudevents-batch+json"
STRUCTURED = "application/cloudevents+json"
Headers = Sequence[tuple[str, bytes]]
_numbers = itertools.count(1)


@dataclass(slots=True)
class Chain:
    """Intake and status on their own topics and their own database."""

    servers: Servers
    database: str
    prefix: str
    producer: AIOKafkaProducer
    environment: Mapping[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)

    def start(self, service: str, instance: str = "0") -> str:
        """Start a process of *service*; return the name it runs under."""
        (port,) = free_ports(1)
        name = f"{self.prefix}{service}-{instance}"
        self.urls[service if instance == "0" else f"{service}-{instance}"] = (
            f"http://127.0.0.1:{port}"
        )
        settings = {
            "TIDTAM_DATABASE_URL": self.servers.postgres.url(service, self.database),
            "TIDTAM_KAFKA": self.servers.kafka,
            "TIDTAM_HTTP_PORT": str(port),
            "TIDTAM_INSTANCE": instance,
            "TIDTAM_TOPIC_PREFIX": self.prefix,
            "TIDTAM_OPERATOR_TOKEN": OPERATOR,
            "TIDTAM_PAYEE_KEY": base64.b64encode(PAYEE_SECRET).decode(),
            "TIDTAM_CLOCK_AT": CLOCK_AT,
            "TIDTAM_TRACE_SAMPLE_RATIO": "0",
            **self.environment,
        }
        self.servers.run(name, [sys.executable, "-m", f"{service}.app"], settings, http_port=port)
        return name

    async def up(self, service: str, instance: str = "0") -> None:
        """Wait until it serves."""
        await asyncio.to_thread(self.servers.await_up, f"{self.prefix}{service}-{instance}", 120.0)

    def http(self, service: str = "intake", token: str = OPERATOR) -> httpx.AsyncClient:
        """A client of one service."""
        headers = {"authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=self.urls[service], headers=headers, timeout=60)

    async def ask(self, path: str, service: str = "intake", **query: Any) -> Any:
        """GET *path* as the operator."""
        async with self.http(service) as http:
            answer = await http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tell(self, path: str, body: Any = None, service: str = "intake") -> httpx.Response:
        """POST to *path* as the operator."""
        async with self.http(service) as http:
            return await http.post(path, json=body)

    async def apply(self, config: Mapping[str, Any] | None = None, service: str = "intake") -> Any:
        """Apply process files."""
        async with self.http(service) as http:
            answer = await http.put("/ops/config", json=config or rules())
        assert answer.status_code == 200, answer.text
        return answer.json()["applied"]

    async def register(self, role: str = "unit", slug: str = "", **changes: Any) -> Sender:
        """Register a source of its own and take a token for it."""
        slug = slug or f"{role}-{next(_numbers)}"
        answer = await self.tell("/ops/sources", registration(slug, role, **changes))
        assert answer.status_code == 200, answer.text
        token = (await self.tell(f"/ops/sources/{slug}/tokens")).json()["token"]
        return Sender(self, slug, token)

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Ask the database, as its superuser."""
        url = self.servers.postgres.url(database=self.database)
        connection = await asyncpg.connect(url)
        try:
            return [dict(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    async def records(self, topic: str) -> list[ConsumerRecord]:
        """All records of a topic as it stands now."""
        reader = AIOKafkaConsumer(bootstrap_servers=self.servers.kafka)
        await reader.start()
        try:
            return await read_all(reader, self.prefix + topic)
        finally:
            await reader.stop()

    async def case_of(self, value: str) -> int:
        """The one case a number leads to."""
        (case,) = await until(lambda: self.cases_of(value))
        return int(case)

    async def cases_of(self, value: str) -> list[int]:
        """The cases a number leads to."""
        found: list[int] = (await self.ask("/ops/references", value=value))["cases"]
        return found

    async def case(self, case_id: int) -> dict[str, Any] | None:
        """A case as status has it."""
        async with self.http("status") as http:
            answer = await http.get(f"/ops/cases/{case_id}")
        return answer.json() if answer.status_code == 200 else None

    async def stage(self, case_id: int, stage: str) -> dict[str, Any]:
        """Wait until a case stands in *stage*, and return it."""

        async def there() -> dict[str, Any] | None:
            case = await self.case(case_id)
            return case if case is not None and case["stage"] == stage else None

        found: dict[str, Any] = await until(there)
        return found

    async def close(self) -> None:
        """Stop the services and drop the database."""
        await self.producer.stop()
        for key in self.urls:
            service, _, instance = key.partition("-")
            name = f"{self.prefix}{service}-{instance or '0'}"
            await asyncio.to_thread(self.servers.stop, name)
        self.servers.postgres.drop_database(self.database)


@dataclass(frozen=True, slots=True)
class Sender:
    """A registered source, as its own system sees it."""

    chain: Chain
    slug: str
    token: str

    @property
    def topic(self) -> str:
        """Where it speaks."""
        return f"{self.chain.prefix}inbound.{self.slug}"

    def event(self, fact: str, *refs: str | Mapping[str, str], **changes: Any) -> dict[str, Any]:
        """An event about these references; `data` adds to its data, other names are attributes."""
        data = changes.pop("data", {})
        named = [ref(r) if isinstance(r, str) else dict(r) for r in refs]
        return {
            "specversion": "1.0",
            "id": changes.pop("id", "") or uuid.uuid4().hex,
            "source": self.slug,
            "type": f"tidtam.disbursement.{fact}",
            "time": "2026-01-12T10:15:00+07:00",
            "data": {**({"refs": named} if named else {}), **data},
            **changes,
        }

    async def post(
        self, body: Any, headers: Mapping[str, str] | None = None, service: str = "intake"
    ) -> httpx.Response:
        """POST an event (a mapping), a batch (a list) or bytes."""
        kind = BATCH if isinstance(body, list) else STRUCTURED
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        async with self.chain.http(service, self.token) as http:
            given = {"content-type": kind, **(headers or {})}
            return await http.post("/v1/events", content=raw, headers=given)

    async def publish(self, *values: Any, headers: Headers = ()) -> list[str]:
        """Publish to its topic and wait for the broker's word; returns the positions."""
        raws = [v if isinstance(v, bytes) or v is None else orjson.dumps(v) for v in values]
        send = self.chain.producer.send
        key = b"k"  # A tombstone needs one.
        sent = [await send(self.topic, raw, key=key, headers=list(headers)) for raw in raws]
        done = await asyncio.gather(*sent)
        return [f"inbound.{self.slug}/{one.partition}/{one.offset}" for one in done]

    async def counts(self) -> dict[str, int]:
        """How its inputs ended so far."""
        sources = (await self.chain.ask("/ops/sources"))["sources"]
        mine = next(source for source in sources if source["slug"] == self.slug)
        return {name: mine[name] for name in ("accepted", "resent", "rejected")}

    async def ended(self, accepted: int = 0, resent: int = 0, rejected: int = 0) -> None:
        """Wait until its inputs ended so, no more and no less."""
        wanted = {"accepted": accepted, "resent": resent, "rejected": rejected}

        async def there() -> bool:
            now = await self.counts()
            assert all(now[name] <= wanted[name] for name in wanted), (now, wanted)
            return now == wanted

        await until(there, 60)

    async def rejects(self) -> list[dict[str, Any]]:
        """Its page of refusals, newest first."""
        found: list[dict[str, Any]] = (await self.chain.ask("/ops/rejects", source=self.slug))[
            "rejects"
        ]
        return found

    async def told(self) -> list[dict[str, Any]]:
        """What its rejects topic says."""
        records = await self.chain.records(f"inbound-rejected.{self.slug}")
        return [orjson.loads(record.value)["data"] for record in records]


async def make_chain(
    servers: Servers,
    services: Sequence[str] = ("intake", "status"),
    environment: Mapping[str, str] | None = None,
) -> Chain:
    """Start a chain of its own, its rules applied."""
    mark = uuid.uuid4().hex[:8]
    servers.postgres.create_database(f"c{mark}")
    prefix = f"c{mark}."
    await ensure_topics(servers.kafka, list(own_topics(prefix)))
    producer = AIOKafkaProducer(
        bootstrap_servers=servers.kafka,
        enable_idempotence=True,
        acks="all",
        linger_ms=2,
        max_batch_size=262_144,
        max_request_size=8_000_000,
    )
    await producer.start()
    chain = Chain(servers, f"c{mark}", prefix, producer, environment or {})
    for service in services:
        chain.start(service)
    for service in services:
        await chain.up(service)
        await chain.apply(service=service)
    return chain
