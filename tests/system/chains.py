"""What the system tests stand on: the real chain, two sources, events to send, ways to wait."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import orjson
from aiokafka import AIOKafkaProducer
from contracts.process_file import load_process
from ground import zipkin
from ground.ports import LOOPBACK, free_ports
from ground.throwaway import Servers
from tidtam.proving.answer import Answer, read_answer
from tidtam.proving.chain import Chain, await_topics, run_service, settings_of
from tidtam.proving.chain import start_chain as start_services
from tidtam.proving.flight import settle
from tidtam.proving.rules import Rules, shipped_calendar

PROCESS = Path(__file__).parents[2] / "contracts/processes/disbursement.yaml"
UNIT, FINANCE = "letters-unit", "central-finance"
POLL_SECONDS = 0.05
Found = TypeVar("Found")
Headers = Sequence[tuple[str, bytes]]


async def start_chain(servers: Servers, otlp: str = "") -> Chain:
    """Start all services with one unit and one finance office registered."""
    process = load_process(PROCESS)
    rules = Rules((process,), (shipped_calendar("weekends-only"),))
    chain = await start_services(servers, rules, trace=otlp)
    async with chain.http("intake") as http:
        for name, role in ((UNIT, "unit"), (FINANCE, "finance")):
            source = {
                "source": name,
                "slug": name,
                "name_th": "หน่วยงานทดสอบ",
                "name_en": "A source of tests",
                "contact": "tests",
                "role": role,
                "issuers": [UNIT, FINANCE],
                "facts": {"disbursement": [f for f, x in process.facts.items() if role in x.roles]},
                "starts_at": "2025-01-01T00:00:00+07:00",
            }
            (await http.post("/ops/sources", json=source)).raise_for_status()
    await await_topics(chain, 2)
    return chain


async def start_again(chain: Chain, service: str, otlp: str = "", ratio: float = 1.0) -> None:
    """Start a stopped service, on its old port, with other settings of traces; wait until ready."""
    settings = settings_of(chain.servers, service, "prove", None, otlp)
    settings["TIDTAM_TRACE_SAMPLE_RATIO"] = str(ratio)
    run_service(chain.servers, service, int(chain.urls[service].rpartition(":")[2]), settings)
    await asyncio.to_thread(chain.servers.await_up, service)


def stop(chain: Chain, *services: str) -> None:
    """End services for good, the gentle way; what they had in hand is finished."""
    for service in services or chain.urls:
        chain.servers.stop(service)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A running Zipkin and the address that services export to."""

    url: str
    otlp: str

    async def trace(self, trace_id: str) -> list[dict[str, Any]]:
        """The spans of one trace, none when Zipkin does not know it."""
        answer = await self._get(f"trace/{trace_id}")
        return [] if answer.status_code == 404 else list(answer.json())

    async def search(self, tag: str, limit: int = 10) -> list[list[dict[str, Any]]]:
        """The traces that have a span with this tag, such as `tidtam.case=7`."""
        lookback_ms = 86_400_000
        asked = f"traces?annotationQuery={tag}&limit={limit}&lookback={lookback_ms}"
        found = await self._get(asked)
        return list(found.json())

    async def _get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            return await http.get(f"{self.url}/api/v2/{path}")


def start_viewer(servers: Servers) -> Viewer:
    """Start Zipkin and the bridge to it."""
    port, bridge = free_ports(2)
    url = f"http://{LOOPBACK}:{port}"
    servers.start(zipkin.program(servers.folder / "zipkin", port))
    argv = [sys.executable, "-m", "ground.otlp_bridge", str(bridge), url]
    servers.run("otlp", argv, http_port=bridge, path="/health")
    servers.await_up("zipkin")
    servers.await_up("otlp")
    return Viewer(url, f"http://{LOOPBACK}:{bridge}")


def event(fact: str, claim: str, number: int, **more: Any) -> dict[str, Any]:
    """The *number*-th event about a claim: `time` follows from the number, `data` is merged in."""
    source = UNIT if fact in ("drafted", "submitted", "approved", "withdrawn") else FINANCE
    reference = {"scheme": "claim", "value": claim, "issuer": UNIT}
    return {
        "specversion": "1.0",
        "id": f"{claim}/{number}",
        "source": source,
        "type": f"tidtam.disbursement.{fact}",
        "time": f"2026-01-12T{8 + number // 60:02d}:{number % 60:02d}:00+07:00",
        "sequence": str(number),
        **more,
        "data": {"refs": [reference], "unit": UNIT, **more.get("data", {})},
    }


def path_to_payment(claim: str) -> list[dict[str, Any]]:
    """The four events of a claim that is paid at once."""
    facts = ("submitted", "received", "in-process", "transferred")
    return [event(fact, claim, number) for number, fact in enumerate(facts, 1)]


@asynccontextmanager
async def producing(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer as a careful source would have it."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def publish(
    chain: Chain, events: Iterable[dict[str, Any]], headers: Headers = (), prefix: str = "inbound."
) -> int:
    """Publish each event on its source's topic; return how many, once the broker has them all."""
    async with producing(chain.servers.kafka) as producer:
        sent = [
            await producer.send(prefix + one["source"], orjson.dumps(one), headers=list(headers))
            for one in events
        ]
        await asyncio.gather(*sent)
    return len(sent)


async def until(
    ask: Callable[[], Awaitable[Found]], holds: Callable[[Found], object], seconds_max: float = 30.0
) -> Found:
    """Ask again and again until the answer *holds*; then return it. Fails with the last answer."""
    deadline = time.monotonic() + seconds_max
    while True:
        found = await ask()
        if holds(found):
            return found
        assert time.monotonic() < deadline, f"after {seconds_max} s still: {found!r:.2000}"
        await asyncio.sleep(POLL_SECONDS)


async def answered(chain: Chain, published: int) -> Answer:
    """Wait until the chain has nothing in flight after so many inputs; return what it says."""
    look = await settle(chain, published, lambda _: None)
    assert (look.lag, look.answered()) == (0, published)
    return await read_answer(chain.servers.kafka)
