"""
How long news takes from its publisher until its letter is handed to the mail server's channel.

A steady stream of claims goes through all four services. Each has one payee; one claim of every
`ADDRESSED_EVERY` has one with an address of their own, so that a letter leaves when finance has
received it and one when it is paid. Handed over means: the notice is claimed, and the state
`sending` is told with that instant; what the mail server needs is its own affair.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from contracts.plan import Plan, PlannedSource
from ground.throwaway import Servers
from tidtam.proving.chain import ALL_SERVICES, await_topics

from tests.bench.latency import LINGER_MS
from tests.bench.meter import mark, rss_megabytes
from tests.bench.outcome import Figure, Run, percentile, run_between, told
from tests.bench.rig import Rig, new_rig
from tests.bench.workload import plan
from tests.system.test_letters import apply_rules

SERVICES = (*ALL_SERVICES, "notify")
STEPS = ("submitted", "received", "in-process", "transferred")
LANES = len(STEPS)
ADDRESSED_EVERY = 5
NAMELESS = 200
WARM_UP_SECONDS = 8
LATE_SECONDS_MAX = 60.0
P99_AT_MOST_MS = 400.0
BUSY = """
insert into notify.hour_count
select date_trunc('hour', now()) - hours * interval '1 hour', 1000000
from generate_series(1, 48) as hours
"""
"""So many letters were usual yesterday that the guard against a flood holds none back."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Letters:
    """Milliseconds from publishing to the claim of the letter, sorted."""

    rate: int
    milliseconds: list[float] = field(default_factory=list)
    run: Run | None = None

    def at(self, share: float) -> float:
        """A percentile in milliseconds."""
        return percentile(self.milliseconds, share)

    def figures(self) -> list[Figure]:
        """What is asked for."""
        name = f"handed to the channel, p99 at {self.rate}/s"
        return [Figure(name, self.at(0.99), P99_AT_MOST_MS, False, "ms")]

    def told(self) -> dict[str, Any]:
        """All of it as JSON."""
        shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
        return {
            "letters": len(self.milliseconds),
            **{f"{name}_ms": round(self.at(share), 2) for name, share in shares.items()},
            "run": None if self.run is None else told(self.run),
        }


async def measure_letters(servers: Servers, rate: int, seconds: float, say: Say) -> Letters:
    """Publish *rate* events a second for so long and see each letter handed over."""
    planned = plan(1)
    sink = await asyncio.start_server(_take_letters, "127.0.0.1", 0)
    rig = await _rig(servers, planned, sink.sockets[0].getsockname()[1])
    handed: dict[str, float] = {}
    consumer = AIOKafkaConsumer(
        f"{rig.prefix}notification",
        bootstrap_servers=servers.kafka,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    watching = asyncio.create_task(_watch(consumer, handed))
    try:
        say(f"{rate} events/s for {seconds:.0f} s, a letter for one claim of {ADDRESSED_EVERY}")
        found = await _steady(rig, planned, rate, round(seconds), handed)
    finally:
        watching.cancel()
        await asyncio.wait({watching})
        await consumer.stop()
        sink.close()
    for service in SERVICES:
        await rig.stop(service)
    return found


async def _rig(servers: Servers, planned: Plan, smtp_port: int) -> Rig:
    """All four services, letters at any hour and in any number."""
    mail = {
        "TIDTAM_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "TIDTAM_MAIL_FROM": "Tidtam <notices@tidtam.example>",
    }
    rig = await new_rig(servers, "letters", planned, "letters.", SERVICES, more={"notify": mail})
    await apply_rules(rig.chain())
    connection = await asyncpg.connect(rig.servers.postgres.url(database=rig.database))
    try:
        await connection.execute(BUSY)
    finally:
        await connection.close()
    await await_topics(rig.chain(), len(planned.sources))
    return rig


async def _steady(
    rig: Rig, planned: Plan, rate: int, seconds: int, handed: dict[str, float]
) -> Letters:
    pids = rig.pids(*SERVICES)
    warm = await _publish(rig, planned, rate, range(WARM_UP_SECONDS))
    begin = mark(pids)
    left = await _publish(rig, planned, rate, range(WARM_UP_SECONDS, WARM_UP_SECONDS + seconds))
    end = mark(pids)
    await _all_handed(warm | left, handed)
    rss = max(rss_megabytes(pids[service]) for service in SERVICES)
    return Letters(
        rate,
        sorted((handed[id_] - at) * 1000 for id_, at in left.items()),
        run_between("all services, letters too", rate * seconds, begin, end, rss),
    )


async def _publish(rig: Rig, planned: Plan, rate: int, when: range) -> dict[str, float]:
    """Publish evenly; of each event that brings a letter, when it left (seconds since 1970)."""
    left: dict[str, float] = {}
    sources = {source.role: source for source in planned.sources}
    producer = AIOKafkaProducer(
        bootstrap_servers=rig.servers.kafka,
        enable_idempotence=True,
        acks="all",
        linger_ms=LINGER_MS,
    )
    await producer.start()
    try:
        begun = time.monotonic()
        for place, (step, claim, number) in enumerate(_stream(rate, when)):
            pause = begun + place / rate - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            source = sources["unit" if STEPS[step] == "submitted" else "finance"]
            event = _event(source, sources["unit"], step, claim, number)
            if number % ADDRESSED_EVERY == 0 and STEPS[step] in ("received", "transferred"):
                left[event["id"]] = time.time()
            topic = f"{rig.prefix}inbound.{source.name}"
            await producer.send(topic, orjson.dumps(event), key=claim.encode())
        await producer.flush()
    finally:
        await producer.stop()
    return left


def _stream(rate: int, when: range) -> Iterator[tuple[int, str, int]]:
    """
    Step, claim and its number: each second a quarter of the claims takes each of the four steps.
    """
    for second in when:
        for number in range(rate // LANES):
            for lane in range(LANES):
                wave, step = divmod(second - lane, LANES)
                if wave >= 0:
                    yield step, f"L{lane}-{wave}-{number}", number


def _event(
    source: PlannedSource, unit: PlannedSource, step: int, claim: str, number: int
) -> dict[str, Any]:
    """One event of a claim; the first one names the payee."""
    reference = {"scheme": "claim", "value": claim, "issuer": unit.name}
    data: dict[str, Any] = {"refs": [reference], "unit": "bench"}
    if step == 0:
        data["lines"] = [{"id": "1", "payee": _payee(unit.name, claim, number), "net": "1070.00"}]
    if STEPS[step] == "transferred":
        data["transfer"] = {"reference": f"TR-{claim}", "method": "transfer"}
    return {
        "specversion": "1.0",
        "id": f"{claim}/{step}",
        "source": source.name,
        "type": f"tidtam.disbursement.{STEPS[step]}",
        "time": datetime.now(UTC).isoformat(),
        "sequence": str(step + 1),
        "data": data,
    }


def _payee(issuer: str, claim: str, number: int) -> dict[str, Any]:
    """A payee with an address of their own, or one of those without."""
    addressed = number % ADDRESSED_EVERY == 0
    value = claim if addressed else f"nameless-{number % NAMELESS}"
    who = {"scheme": "staff", "value": value, "issuer": issuer}
    contact = {"contact": {"email": f"{claim}@payee.example"}} if addressed else {}
    return {"identities": [who], **contact}


async def _watch(consumer: AIOKafkaConsumer, handed: dict[str, float]) -> None:
    """Note when the letter of each event was claimed first."""
    async for record in consumer:
        data = orjson.loads(record.value)["data"]
        if data["channel"] == "email" and data["state"] == "sending":
            at = datetime.fromisoformat(data["state_at"]).timestamp()
            handed.setdefault(data["anchor"][1], at)


async def _all_handed(left: dict[str, float], handed: dict[str, float]) -> None:
    """Wait for the last ones. Raises `TimeoutError` naming how many never came."""
    deadline = time.monotonic() + LATE_SECONDS_MAX
    while missing := left.keys() - handed.keys():
        if time.monotonic() > deadline:
            some = ", ".join(sorted(missing)[:3])
            raise TimeoutError(f"{len(missing)} of {len(left)} letters never left, such as {some}")
        await asyncio.sleep(0.05)


async def _take_letters(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take every letter and keep none: the least a mail server can cost."""
    writer.write(b"220 bench\r\n")
    while line := await reader.readline():
        word = line[:4].upper()
        if word == b"DATA":
            writer.write(b"354 go on\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 taken\r\n")
        elif word == b"EHLO":
            writer.write(b"250-bench\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
        elif word == b"QUIT":
            writer.write(b"221 bye\r\n")
            break
        else:
            writer.write(b"250 ok\r\n")
    writer.close()
