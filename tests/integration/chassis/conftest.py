"""
A test bed for the chassis: a schema with outbox and dead letters, topics, records, and consumers.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from chassis.consuming import Consumer, Consumption
from chassis.database import open_pool
from chassis.metrics import Metrics
from chassis.migrations import migrate
from chassis.relay import Relay, make_producer
from chassis.settings import ServiceSettings
from chassis.topics import ensure_topics
from ground.databases import Database
from ground.ports import free_ports
from ground.throwaway import Servers

SCHEMA = "intake"
APP = Path(__file__).with_name("shoe_app.py")


async def until(condition: Callable[[], Any], seconds_max: float = 20.0) -> None:
    """Wait until *condition* (plain or async) holds; fail after *seconds_max*."""
    deadline = time.monotonic() + seconds_max
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return
        assert time.monotonic() < deadline, f"not within {seconds_max} s"
        await asyncio.sleep(0.01)


@dataclass(slots=True)
class Bed:
    """What a test of the chassis stands on. All topics and groups carry the test's prefix."""

    settings: ServiceSettings
    pool: asyncpg.Pool[Any]
    producer: AIOKafkaProducer
    metrics: Metrics = field(default_factory=Metrics)
    running: list[Consumer] = field(default_factory=list)
    relays: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def kafka(self) -> str:
        """The broker's address."""
        return self.settings.kafka

    def name(self, topic: str) -> str:
        """Return the real name of *topic*."""
        return self.settings.prefixed(topic)

    async def topic(self, topic: str, partitions: int = 1) -> str:
        """Make *topic* and return its real name."""
        await ensure_topics(self.kafka, [(self.name(topic), partitions, {})])
        return self.name(topic)

    async def send(
        self,
        topic: str,
        values: Sequence[bytes | None],
        *,
        key: bytes | None = b"k",
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> None:
        """Publish *values* in order and wait until the broker has them."""
        name = self.name(topic)
        sent = [
            await self.producer.send(name, value, key=key, headers=headers, partition=partition)
            for value in values
        ]
        await asyncio.gather(*sent)

    async def consume(self, consumption: Consumption, instance: str = "0") -> Consumer:
        """Start a consumer; it is stopped with the test."""
        settings = self.settings.model_copy(update={"instance": instance})
        consumer = Consumer(consumption, settings, Metrics())
        self.running.append(consumer)
        await consumer.start()
        return consumer

    def relay(self, producer: AIOKafkaProducer | None = None) -> Relay:
        """Start a relay; it is stopped with the test."""
        relay = Relay(
            self.pool,
            producer or self.producer,
            self.settings.topic_prefix,
            metrics=self.metrics,
        )
        return self.relay_of(relay)

    def relay_of(self, relay: Relay) -> Relay:
        """Start a given relay; it is stopped with the test."""
        self.relays.append(asyncio.create_task(relay.run()))
        return relay

    async def committed(self, group: str, topic: str, partition: int = 0) -> int | None:
        """Return the committed offset of a group, None when there is none."""
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.kafka, group_id=self.name(group), enable_auto_commit=False
        )
        await reader.start()
        try:
            place = TopicPartition(self.name(topic), partition)
            offset: int | None = await reader.committed(place)
            return offset
        finally:
            await reader.stop()

    async def read(self, topic: str, count: int, seconds_max: float = 20.0) -> list[ConsumerRecord]:
        """Return the first *count* records of *topic*, as they stand on the broker."""
        reader = AIOKafkaConsumer(
            self.name(topic), bootstrap_servers=self.kafka, auto_offset_reset="earliest"
        )
        await reader.start()
        found: list[ConsumerRecord] = []
        deadline = time.monotonic() + seconds_max
        try:
            while len(found) < count and time.monotonic() < deadline:
                for records in (await reader.getmany(timeout_ms=200)).values():
                    found.extend(records)
        finally:
            await reader.stop()
        return found

    async def close(self) -> None:
        """Stop everything that was started."""
        for task in self.relays:
            task.cancel()
        await asyncio.gather(*self.relays, return_exceptions=True)
        await asyncio.gather(*(consumer.stop() for consumer in self.running))
        await self.producer.stop()
        await self.pool.close()


def make_settings(kafka: str, url: str, prefix: str) -> ServiceSettings:
    """Return the settings of an invented service."""
    return ServiceSettings(
        service="shoe", kafka=kafka, database_url=url, http_port=0, topic_prefix=prefix
    )


async def make_bed(kafka: str, url: str, prefix: str) -> Bed:
    """Return a bed on these servers, its schema migrated."""
    settings = make_settings(kafka, url, prefix)
    pool = await open_pool(settings, SCHEMA)
    await migrate(pool, SCHEMA)
    producer = make_producer(kafka, "test")
    await producer.start()
    return Bed(settings, pool, producer)


@pytest.fixture
async def bed(servers: Servers, database: Database, topic_prefix: str) -> AsyncIterator[Bed]:
    """A bed on the run's shared servers."""
    made = await make_bed(servers.kafka, database.url(SCHEMA), topic_prefix)
    yield made
    await made.close()


@pytest.fixture
async def killable_bed(killable: Servers, topic_prefix: str) -> AsyncIterator[Bed]:
    """A bed on servers that the test may kill."""
    name = "c" + topic_prefix.rstrip(".")
    killable.postgres.create_database(name)
    made = await make_bed(killable.kafka, killable.postgres.url(SCHEMA, name), topic_prefix)
    yield made
    await made.close()
    killable.postgres.drop_database(name)


@pytest.fixture
def wait_until() -> Callable[..., Awaitable[None]]:
    """The function that waits for a condition, at most 20 s."""
    return until


@dataclass(slots=True)
class Shoe:
    """The service as its clients see it."""

    servers: Servers
    name: str
    bed: Bed
    http: httpx.AsyncClient
    argv: list[str]
    env: dict[str, str]

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """GET *path*: status and JSON; status 0 while nobody answers."""
        return await self._ask("GET", path, headers)

    async def post(self, path: str, **headers: str) -> tuple[int, Any]:
        """POST *path*."""
        return await self._ask("POST", path, headers)

    async def _ask(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, Any]:
        try:
            answer = await self.http.request(method, path, headers=headers)
        except httpx.HTTPError:
            return 0, {}
        return answer.status_code, answer.json()

    async def ready(self) -> bool:
        """Return whether it says that it is ready."""
        return (await self.get("/readyz"))[0] == 200

    async def count(self) -> int:
        """Return how many orders it has counted."""
        return int((await self.get("/v1/count"))[1].get("count", -1))

    async def problem(self, check: str) -> str:
        """Return the reason that `/readyz` gives for *check* now, empty when it holds."""
        seen = (await self.get("/readyz"))[1].get("checks", {}).get(check, {})
        return str(seen.get("reason", ""))


def environment(bed: Bed, port: int) -> dict[str, str]:
    """Return the variables that the service reads."""
    return {
        "TIDTAM_DATABASE_URL": bed.settings.database_url,
        "TIDTAM_KAFKA": bed.kafka,
        "TIDTAM_HTTP_PORT": str(port),
        "TIDTAM_TOPIC_PREFIX": bed.settings.topic_prefix,
        "TIDTAM_OPERATOR_TOKEN": "operator-1",
    }


@pytest.fixture
async def shoe(killable: Servers, killable_bed: Bed, tmp_path: Path) -> AsyncIterator[Shoe]:
    """The service, started on servers that may be killed; its topics exist."""
    (tmp_path / "0001_seen.sql").write_text("create table seen (id text primary key);")
    (port,) = free_ports(1)
    bed = killable_bed
    await bed.topic("order", 4)
    await bed.topic("order-status", 4)
    name = "shoe-" + bed.settings.topic_prefix.rstrip(".")
    argv = [sys.executable, str(APP), str(tmp_path)]
    env = environment(bed, port)
    killable.run(name, argv, env, http_port=port, path="/livez", restart=True)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5) as http:
        yield Shoe(killable, name, bed, http, argv, env)
    await asyncio.to_thread(killable.stop, name)
