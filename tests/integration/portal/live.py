"""
The portal as a process of its own, on a real Postgres and a real Kafka with topics of its own.

    async with live_portal(servers, database, topic_prefix) as portal:
        await portal.publish(said.case_status(1, ...))
        await portal.until(lambda: ...)
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
from aiokafka import AIOKafkaProducer
from chassis.topics import ensure_topics
from ground.databases import Database
from ground.ports import LOOPBACK, free_ports
from ground.throwaway import Servers

from contracts.topics import own_topics
from tests.integration.notify.said import SECRET
from tests.integration.portal.bed import OPERATOR, SESSION_KEY, topic_of

READY_SECONDS_MAX = 60.0
SEEN_SECONDS_MAX = 60.0
READ = ("case-status", "line-status", "case-sla", "payee", "notification", "source-status")


@dataclass(slots=True)
class LivePortal:
    """A running portal: its URL, the way onto its topics, its database as it sees it."""

    url: str
    prefix: str
    producer: AIOKafkaProducer
    pool: asyncpg.Pool[Any]
    process: asyncio.subprocess.Process

    def http(self, operator: bool = False) -> httpx.AsyncClient:
        """A browser, or an operator's tool."""
        headers = {"authorization": f"Bearer {OPERATOR}"} if operator else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    async def publish(self, *messages: bytes) -> None:
        """Put messages on their topics, under the keys they have there."""
        for message in messages:
            await self.put(topic_of(message), key_of(message), message)

    async def put(self, topic: str, key: str, value: bytes | None) -> None:
        """One record; None is a tombstone."""
        await self.producer.send_and_wait(self.prefix + topic, value, key=key.encode())

    async def count(self, query: str, *values: Any) -> int:
        """What a counting query says."""
        return int(await self.pool.fetchval(query, *values))

    async def until(self, seen: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something is there. Raises `TimeoutError`."""
        deadline = time.monotonic() + SEEN_SECONDS_MAX
        while not await seen():
            if time.monotonic() > deadline:
                raise TimeoutError("the portal has not shown it")
            await asyncio.sleep(0.05)


def key_of(message: bytes) -> str:
    """The key a message has on its topic."""
    told = orjson.loads(message)["data"]
    topic = topic_of(message)
    if topic == "line-status":
        return f"{told['case']}/{told['chunk']}"
    name = {"payee": "payee", "source-status": "source"}.get(topic, "case")
    return str(told[name])


@contextlib.asynccontextmanager
async def live_portal(
    servers: Servers, database: Database, prefix: str, more: Mapping[str, str] | None = None
) -> AsyncIterator[LivePortal]:
    """Start the portal and wait until it is ready. *more* are variables of its environment."""
    topics = [(prefix + one.name, one.partitions, one.config) for one in own_topics()]
    await ensure_topics(servers.kafka, topics)
    (port,) = free_ports(1)
    url = f"http://{LOOPBACK}:{port}"
    environment = {**os.environ, **_settings(servers, database, prefix, port), **(more or {})}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "portal.log"
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "portal.app", env=environment, stdout=file, stderr=file
            )
        producer = AIOKafkaProducer(bootstrap_servers=servers.kafka, acks="all")
        await producer.start()
        pool = await asyncpg.create_pool(
            database.url("portal"), min_size=1, server_settings={"search_path": "portal"}
        )
        portal = LivePortal(url, prefix, producer, pool, process)
        try:
            await _ready(portal, log)
            yield portal
        finally:
            await pool.close()
            await producer.stop()
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _settings(servers: Servers, database: Database, prefix: str, port: int) -> dict[str, str]:
    return {
        "TIDTAM_DATABASE_URL": database.url("portal"),
        "TIDTAM_KAFKA": servers.kafka,
        "TIDTAM_TOPIC_PREFIX": prefix,
        "TIDTAM_HTTP_PORT": str(port),
        "TIDTAM_OPERATOR_TOKEN": OPERATOR,
        "TIDTAM_PAYEE_KEY": base64.b64encode(SECRET).decode(),
        "TIDTAM_SESSION_KEY": SESSION_KEY,
        "TIDTAM_PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "TIDTAM_INTAKE_URL": f"http://{LOOPBACK}:9",
        "TIDTAM_INTAKE_TOKEN": "tdt_test",
        "TIDTAM_OTLP_ENDPOINT": "",
    }


async def _ready(portal: LivePortal, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    async with portal.http() as http:
        while True:
            ended = portal.process.returncode is not None
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"the portal is not ready:\n{_end_of(log)}")
            with contextlib.suppress(httpx.TransportError):
                if (await http.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)


def _end_of(log: Path) -> str:
    return log.read_text()[-4000:]
