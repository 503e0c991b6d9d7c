"""
The real chain on throw-away servers: topics, services as processes, rules applied, sources
registered.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from chassis.topics import ensure_topics
from contracts.plan import Plan, PlannedSource
from contracts.process import Process
from ground.ports import free_ports
from ground.throwaway import Servers

from contracts.topics import own_topics
from tidtam.proving.heartbeats import facts_of
from tidtam.proving.rules import Rules

OPERATOR = "prove"
# A fixed key: throw-away payees of throw-away servers, and the same hash in every run.
PAYEE_KEY = base64.b64encode(hashlib.sha256(b"tidtam prove").digest()).decode()
SERVICES = ("intake", "status")
"""Those that follow a case: enough for a chain whose days nobody counts."""

ALL_SERVICES = (*SERVICES, "sla")
GROUPS = {
    "intake": ("intake", "intake-case-view"),
    "status": ("status",),
    "sla": ("sla", "sla-sources"),
}
UNDONE_IN_SLA = """
select (select count(*) from sla.followed_case where next_check_at <= $1)
     + (select count(*) from sla.source_state
        where (heard_epoch, heard_version) > (epoch, version))
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chain:
    """
    A running chain: its servers, its database and where its services answer.

    `clocks_us` says by service where its clock stands; a service left out has the machine's.
    """

    servers: Servers
    database_url: str
    urls: dict[str, str]
    clocks_us: Mapping[str, int] = field(default_factory=dict)

    def http(self, service: str) -> httpx.AsyncClient:
        """A client of one service with the operator's token."""
        return httpx.AsyncClient(
            base_url=self.urls[service],
            headers={"authorization": f"Bearer {OPERATOR}"},
            timeout=60,
        )

    def groups(self) -> list[str]:
        """The consumer groups of its services."""
        return [group for service in self.urls for group in GROUPS[service]]


async def start_chain(
    servers: Servers,
    rules: Rules,
    clocks_us: Mapping[str, int] | None = None,
    trace: str = "",
    sla_from_us: int | None = None,
) -> Chain:
    """
    Start all services on fresh topics and a fresh database; returns when they are ready.

    *clocks_us* says by service where its clock stands; without it a service has the machine's.
    With *sla_from_us* sla's begins there and can be moved, to end where *clocks_us* says.
    """
    name = "prove"
    url = await asyncio.to_thread(servers.postgres.create_database, name)
    await ensure_topics(servers.kafka, list(own_topics()))
    urls = {}
    for service, port in zip(ALL_SERVICES, free_ports(len(ALL_SERVICES)), strict=True):
        urls[service] = f"http://127.0.0.1:{port}"
        clock_us = (clocks_us or {}).get(service)
        settings = settings_of(servers, service, name, clock_us, trace)
        if service == "sla" and sla_from_us is not None:
            settings |= steered(servers, sla_from_us)
        run_service(servers, service, port, settings)
    for service in ALL_SERVICES:
        await asyncio.to_thread(servers.await_up, service, 120.0)
    chain = Chain(servers, url, urls, clocks_us or {})
    for service in ALL_SERVICES:
        async with chain.http(service) as http:
            answer = await http.put("/ops/config", json=rules.body(service))
        if answer.status_code != 200:
            raise RuntimeError(f"{service} refused the rules: {answer.text}")
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
        clock = (_EPOCH + timedelta(microseconds=clock_us)).isoformat()
    return {
        "TIDTAM_DATABASE_URL": servers.postgres.url(service, database),
        "TIDTAM_KAFKA": servers.kafka,
        "TIDTAM_OPERATOR_TOKEN": OPERATOR,
        "TIDTAM_PAYEE_KEY": PAYEE_KEY,
        "TIDTAM_CLOCK_AT": clock,
        "TIDTAM_OTLP_ENDPOINT": trace,
        "TIDTAM_TRACE_SAMPLE_RATIO": "1" if trace else "0",
    }


def steered(servers: Servers, from_us: int) -> dict[str, str]:
    """What lets the clock of sla be moved from *from_us* on; the file outlives the process."""
    begins = (_EPOCH + timedelta(microseconds=from_us)).isoformat()
    return {"TIDTAM_CLOCK_AT": begins, "TIDTAM_CLOCK_FILE": str(servers.folder / "sla.clock")}


async def register_sources(
    chain: Chain,
    plan: Plan,
    process: Process | None = None,
    promise: Callable[[PlannedSource], str] = lambda _: "live",
) -> None:
    """
    Register the sources a plan speaks for; this makes their topics.

    With *process* they may send heartbeats too, where it lets them; *promise* says of each what it
    keeps: `live`, or `daily by HH:MM`.
    """
    async with chain.http("intake") as http:
        for source in plan.sources:
            own = source.facts
            facts = list(own) if process is None else facts_of(own, source.role, process)
            starts = _EPOCH + timedelta(microseconds=source.starts_us)
            new: dict[str, Any] = {
                "source": source.name,
                "slug": source.name,
                "name_th": source.name,
                "name_en": source.name,
                "contact": "replay",
                "role": source.role,
                "zone": source.zone,
                "issuers": list(source.issuers),
                "facts": {plan.process: facts},
                "promise": promise(source),
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


async def await_heard(chain: Chain, count: int) -> None:
    """
    Wait until sla has heard of so many sources.

    Whom it does not know it cannot wait for: it would tell a breach that nobody may tell yet.
    """
    connection = await asyncpg.connect(chain.database_url)
    try:
        for _ in range(600):
            if await connection.fetchval("select count(*) from sla.source_state") >= count:
                return
            await asyncio.sleep(0.1)
    finally:
        await connection.close()
    raise RuntimeError("sla has not heard of the sources within a minute")


async def undone(chain: Chain) -> int:
    """
    What services have yet to do by themselves: publish their outboxes, and in sla take over what
    sources said of themselves and judge the cases that are due.
    """
    connection = await asyncpg.connect(chain.database_url)
    try:
        counts = [
            await connection.fetchval(f'select count(*) from "{service}".outbox')
            for service in chain.urls
        ]
        if "sla" in chain.urls:
            counts.append(await connection.fetchval(UNDONE_IN_SLA, _now(chain, "sla")))
        return sum(counts)
    finally:
        await connection.close()


def _now(chain: Chain, service: str) -> datetime:
    """What the clock of a service shows."""
    at_us = chain.clocks_us.get(service)
    return datetime.now(UTC) if at_us is None else _EPOCH + timedelta(microseconds=at_us)


def log_files(servers: Servers) -> list[Path]:
    """What the services wrote."""
    return [servers.log(service) for service in ALL_SERVICES]
