"""
The two services on a database and a topic prefix of their own, started and stopped one by one.

What is measured is preloaded while its reader is down: a publisher takes no part of the machine
from it then.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from aiokafka import AIOKafkaProducer
from chassis.topics import ensure_topics
from contracts.plan import Plan
from ground.ports import free_ports
from ground.throwaway import Servers
from tidtam.proving.chain import OPERATOR, PAYEE_KEY, SERVICES, Chain, register_sources
from tidtam.proving.rules import rules_of

from contracts.topics import own_topics, source_topics
from tests.bench.workload import Message, shipped_process

CHUNK = 500
READY_SECONDS_MAX = 120.0


@dataclass(slots=True)
class Rig:
    """
    An installation: one database, one prefix for topics and groups. *more*: settings by service.
    """

    servers: Servers
    database: str
    prefix: str = ""
    ports: dict[str, int] = field(default_factory=dict)
    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def start(self, service: str) -> None:
        """Start a service; it is not ready yet."""
        if service not in self.ports:
            (self.ports[service],) = free_ports(1)
        name = self.name(service)
        environment = {
            "TIDTAM_DATABASE_URL": self.servers.postgres.url(service, self.database),
            "TIDTAM_KAFKA": self.servers.kafka,
            "TIDTAM_HTTP_PORT": str(self.ports[service]),
            "TIDTAM_TOPIC_PREFIX": self.prefix,
            "TIDTAM_OPERATOR_TOKEN": OPERATOR,
            "TIDTAM_PAYEE_KEY": PAYEE_KEY,
            "TIDTAM_TRACE_SAMPLE_RATIO": "0",
            "TIDTAM_LOG_LEVEL": "WARNING",
            **self.more.get(service, {}),
        }
        argv = [sys.executable, "-m", f"{service}.app"]
        self.servers.run(name, argv, environment, http_port=self.ports[service])

    async def ready(self, service: str) -> None:
        """Wait until a started service is ready."""
        await asyncio.to_thread(self.servers.await_up, self.name(service), READY_SECONDS_MAX)

    async def stop(self, service: str) -> None:
        """Stop a service with what it has in hand finished."""
        await asyncio.to_thread(self.servers.stop, self.name(service), 30.0)

    def name(self, service: str) -> str:
        """What the ground calls this service of this rig."""
        return f"{self.prefix}{service}"

    def pid(self, service: str) -> int:
        """The process of a running service. Raises `LookupError` while it is down."""
        pid = self.servers.pid(self.name(service))
        if pid is None:
            raise LookupError(f"{service} is not running: {self.log_tail(service)}")
        return pid

    def log_tail(self, service: str) -> str:
        """The last lines a service wrote."""
        return self.servers.log_tail(self.name(service), 8)

    def pids(self, *services: str) -> dict[str, int]:
        """Whose processor time is counted: these services, PostgreSQL and the broker."""
        found = {service: self.pid(service) for service in services}
        for server in ("postgres", "kafka"):
            pid = self.servers.pid(server)
            if pid is None:
                raise LookupError(f"{server} is not running")
            found[server] = pid
        return found

    def chain(self) -> Chain:
        """This rig as `tidtam prove` sees one."""
        urls = {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        return Chain(self.servers, self.servers.postgres.url(database=self.database), urls)


async def new_rig(
    servers: Servers,
    database: str,
    plan: Plan,
    prefix: str = "",
    services: Sequence[str] = SERVICES,
    beating: bool = False,
    more: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Rig:
    """
    A fresh installation with rules and sources; its *services* run, with *more* settings each. With
    *beating* the sources may say that they have told everything.
    """
    await asyncio.to_thread(servers.postgres.create_database, database)
    rig = Rig(servers, database, prefix, more=more)
    await make_topics(rig, plan)
    for service in services:
        rig.start(service)
    rules = rules_of(shipped_process(), plan)
    for service in services:
        await rig.ready(service)
        async with rig.chain().http(service) as http:
            (await http.put("/ops/config", json=rules.body(service))).raise_for_status()
    await register_sources(rig.chain(), plan, shipped_process() if beating else None)
    return rig


async def make_topics(rig: Rig, plan: Plan) -> None:
    """Make the rig's own topics and those of the plan's sources."""
    topics = list(own_topics(rig.prefix))
    for source in plan.sources:
        topics += source_topics(source.name, rig.prefix)
    await ensure_topics(rig.servers.kafka, topics)


async def publish(rig: Rig, sent: Sequence[Message], topic: str = "") -> None:
    """Publish in order as fast as it goes: each source on its own topic, or all on *topic*."""
    producer = AIOKafkaProducer(
        bootstrap_servers=rig.servers.kafka,
        enable_idempotence=True,
        acks="all",
        max_batch_size=262_144,
        linger_ms=2,
    )
    await producer.start()
    try:
        for start in range(0, len(sent), CHUNK):
            futures = [
                await producer.send(
                    topic or f"{rig.prefix}inbound.{one.slug}", one.value, key=one.case
                )
                for one in sent[start : start + CHUNK]
            ]
            await asyncio.gather(*futures)
    finally:
        await producer.stop()
