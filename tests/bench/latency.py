"""How long an event takes from its publisher to its case's status, through both services."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from ground.throwaway import Servers
from tidtam.proving.chain import SERVICES, await_topics

from tests.bench.meter import mark, rss_megabytes
from tests.bench.outcome import Figure, Run, percentile, run_between, told
from tests.bench.rig import Rig, new_rig
from tests.bench.workload import Message, cases_for, messages, plan

WARM_UP_SECONDS = 3.0
LATE_SECONDS_MAX = 30.0
LINGER_MS = 5
"""Kafka's own default for publishers since 4.0; it is part of the time measured."""
P50_AT_MOST_MS = 25.0
P99_AT_MOST_MS = 100.0

Say = Callable[[str], None]


@dataclass(slots=True)
class Latency:
    """Milliseconds from publishing to the case's status at a consumer, sorted."""

    rate: int
    milliseconds: list[float] = field(default_factory=list)
    run: Run | None = None

    def at(self, share: float) -> float:
        """A percentile in milliseconds."""
        return percentile(self.milliseconds, share)

    def figures(self) -> list[Figure]:
        """What is asked for."""
        return [
            Figure(f"latency p50 at {self.rate}/s", self.at(0.5), P50_AT_MOST_MS, False, "ms"),
            Figure(f"latency p99 at {self.rate}/s", self.at(0.99), P99_AT_MOST_MS, False, "ms"),
        ]

    def told(self) -> dict[str, Any]:
        """All of it as JSON."""
        shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
        return {
            "events": len(self.milliseconds),
            **{f"{name}_ms": round(self.at(share), 2) for name, share in shares.items()},
            "run": None if self.run is None else told(self.run),
        }


async def measure_latency(servers: Servers, rate: int, seconds: float, say: Say) -> Latency:
    """Publish *rate* events a second for so long and see each arrive in its case's timeline."""
    total = round(rate * (seconds + WARM_UP_SECONDS))
    planned = plan(cases_for(total))
    sent = messages(planned.events)[:total]
    rig = await new_rig(servers, "latency", planned, "latency.")
    await await_topics(rig.chain(), len(planned.sources))
    arrived: dict[str, float] = {}
    consumer = AIOKafkaConsumer(
        f"{rig.prefix}case-status",
        bootstrap_servers=servers.kafka,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    watching = asyncio.create_task(_watch(consumer, arrived))
    try:
        say(f"{rate} events/s for {seconds:.0f} s")
        found = await _steady(rig, sent, rate, arrived)
    finally:
        watching.cancel()
        await asyncio.wait({watching})
        await consumer.stop()
    for service in SERVICES:
        await rig.stop(service)
    return found


async def _steady(rig: Rig, sent: list[Message], rate: int, arrived: dict[str, float]) -> Latency:
    warm = round(rate * WARM_UP_SECONDS)
    pids = rig.pids(*SERVICES)
    left = await _publish(rig, sent[:warm], rate)
    begin = mark(pids)
    left |= await _publish(rig, sent[warm:], rate)
    end = mark(pids)
    await _all_arrived(left, arrived)
    measured = [_id(one) for one in sent[warm:]]
    rss = max(rss_megabytes(pids[service]) for service in SERVICES)
    return Latency(
        rate,
        sorted((arrived[id_] - left[id_]) * 1000 for id_ in measured),
        run_between("both services, steady", len(measured), begin, end, rss),
    )


async def _publish(rig: Rig, sent: list[Message], rate: int) -> dict[str, float]:
    """Publish evenly; when each event left, by its id."""
    left: dict[str, float] = {}
    topics = {slug: f"{rig.prefix}inbound.{slug}" for slug in {one.slug for one in sent}}
    producer = AIOKafkaProducer(
        bootstrap_servers=rig.servers.kafka,
        enable_idempotence=True,
        acks="all",
        linger_ms=LINGER_MS,
    )
    await producer.start()
    try:
        begun = time.monotonic()
        for place, one in enumerate(sent):
            pause = begun + place / rate - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            left[_id(one)] = time.monotonic()
            await producer.send(topics[one.slug], one.value, key=one.case)
        await producer.flush()
    finally:
        await producer.stop()
    return left


def _id(message: Message) -> str:
    found: str = orjson.loads(message.value)["id"]
    return found


async def _watch(consumer: AIOKafkaConsumer, arrived: dict[str, float]) -> None:
    """Note when each event is first seen in its case's timeline."""
    async for record in consumer:
        now = time.monotonic()
        for entry in orjson.loads(record.value)["data"]["timeline"]:
            arrived.setdefault(entry["id"], now)


async def _all_arrived(left: dict[str, float], arrived: dict[str, float]) -> None:
    """Wait for the last ones. Raises `TimeoutError` naming how many never came."""
    deadline = time.monotonic() + LATE_SECONDS_MAX
    while missing := left.keys() - arrived.keys():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(missing)} of {len(left)} events never reached case-status")
        await asyncio.sleep(0.05)
