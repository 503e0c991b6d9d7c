"""
The real chain on throw-away servers: topics, services as processes, rules applied, sources
registered.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from chassis.topics import ensure_topics
from contracts.plan import Plan
from contracts.process import Process
from contracts.process_file import to_json
from ground.ports import free_ports
from ground.throwaway import Servers

from contracts.topics import own_topics

OPERATOR = "prove"
# A fixed key: throw-away payees of throw-away servers, and the same hash in every run.
PAYEE_KEY = base64.b64encode(hashlib.sha256(b"tidtam prove").digest()).decode()
SERVICES = ("intake", "status")
GROUPS = ("intake", "intake-case-view", "status")


@dataclass(frozen=True, slots=True)
class Chain:
    """A running chain: its servers, its database and where its services answer."""

    servers: Servers
    database_url: str
    urls: dict[str, str]

    def http(self, service: str) -> httpx.AsyncClient:
        """A client of one service with the operator's token."""
        return httpx.AsyncClient(
            base_url=self.urls[service],
            headers={"authorization": f"Bearer {OPERATOR}"},
            timeout=60,
        )


async def start_chain(
    servers: Servers, processes: Sequence[Process], clock_us: int | None, trace: str = ""
) -> Chain:
    """Start intake and status on fresh topics and a fresh database; returns when both are ready."""
    name = "prove"
    url = await asyncio.to_thread(servers.postgres.create_database, name)
    await ensure_topics(servers.kafka, list(own_topics()))
    urls = {}
    for service, port in zip(SERVICES, free_ports(len(SERVICES)), strict=True):
        urls[service] = f"http://127.0.0.1:{port}"
        run_service(servers, service, port, settings_of(servers, service, name, clock_us, trace))
    for service in SERVICES:
        await asyncio.to_thread(servers.await_up, service, 120.0)
    chain = Chain(servers, url, urls)
    rules = {"processes": [to_json(process) for process in processes]}
    for service in SERVICES:
        async with chain.http(service) as http:
            (await http.put("/ops/config", json=rules)).raise_for_status()
    return chain


def run_service(servers: Servers, service: str, port: int, settings: Mapping[str, str]) -> None:
    """Start a service on its port; it is started again whenever it ends."""
    environment = {**settings, "TIDTAM_HTTP_PORT": str(port)}
    servers.run(service, [sys.executable, "-m", f"{service}.app"], environment, http_port=port)


def settings_of(
    servers: Servers, service: str, database: str, clock_us: int | None, trace: str
) -> dict[str, str]:
    """What a service of the chain reads from its environment; with *trace* all is sampled."""
    clock = ""
    if clock_us is not None:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=clock_us)
        clock = at.isoformat()
    return {
        "TIDTAM_DATABASE_URL": servers.postgres.url(service, database),
        "TIDTAM_KAFKA": servers.kafka,
        "TIDTAM_OPERATOR_TOKEN": OPERATOR,
        "TIDTAM_PAYEE_KEY": PAYEE_KEY,
        "TIDTAM_CLOCK_AT": clock,
        "TIDTAM_OTLP_ENDPOINT": trace,
        "TIDTAM_TRACE_SAMPLE_RATIO": "1" if trace else "0",
    }


async def register_sources(chain: Chain, plan: Plan) -> None:
    """Register the sources a plan speaks for; this makes their topics."""
    async with chain.http("intake") as http:
        for source in plan.sources:
            starts = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=source.starts_us)
            new: dict[str, Any] = {
                "source": source.name,
                "slug": source.name,
                "name_th": source.name,
                "name_en": source.name,
                "contact": "replay",
                "role": source.role,
                "zone": source.zone,
                "issuers": list(source.issuers),
                "facts": {plan.process: list(source.facts)},
                "starts_at": starts.isoformat(),
            }
            answer = await http.post("/ops/sources", json=new)
            if answer.status_code != 200:
                raise RuntimeError(f"source {source.name} was refused: {answer.text}")


async def await_topics(chain: Chain, count: int) -> None:
    """Wait until intake reads the sources' new topics: a running broker is part of the start."""
    async with chain.http("intake") as http:
        for _ in range(600):
            state = (await http.get("/readyz")).json()["consumptions"]["inbound"]
            if state["assigned_partitions"] >= count:
                return
            await asyncio.sleep(0.1)
    raise RuntimeError("intake has not found the sources' topics within a minute")


async def outbox_rows(chain: Chain) -> int:
    """Messages not yet published, of all services."""
    connection = await asyncpg.connect(chain.database_url)
    try:
        counts = [
            await connection.fetchval(f'select count(*) from "{service}".outbox')
            for service in SERVICES
        ]
        return sum(counts)
    finally:
        await connection.close()


def log_files(servers: Servers) -> list[Path]:
    """What the services wrote."""
    return [servers.log(service) for service in SERVICES]
