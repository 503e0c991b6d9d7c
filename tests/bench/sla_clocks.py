"""
Sla alone: a year's ledger, finding what is due among many clocks, a preview over all of them, and
how long a breach waits once it may be said.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer
from contracts.agreement_file import load_agreement
from contracts.calendar_file import load_calendar
from contracts.plan import Plan, PlannedEvent
from ground.databases import Database
from ground.throwaway import Servers
from sla import store
from sla.decide import judge
from sla.model import History, Key, Span, local_calendar, midnight_us, stage_rules
from tidtam.proving.chain import ALL_SERVICES, await_heard, await_topics
from tidtam.proving.heartbeats import heartbeat, speakers
from tidtam.proving.schedule import Word

from tests.bench.outcome import Figure, percentile
from tests.bench.rig import Rig, new_rig, publish
from tests.bench.workload import ROOT, Message, messages, plan, shipped_process
from tests.integration.sla.bed import Bed, ask, close_bed, make_bed, status
from tests.integration.sla.rules import calendar_json

LEDGER_AT_MOST_MS = 1.0
DUE_AT_MOST_MS = 50.0
PREVIEW_AT_MOST_SECONDS = 60.0
BREACH_AT_MOST_SECONDS = 5.0
TIMES = 200
LOOKS = 20
BATCH = 1000
DUE = 500
ZONE = "Asia/Bangkok"
FIRST_DAY = date(2026, 1, 5).toordinal()
RECEIVED = ("received", "finance", "2026-01-05T03")
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
LATE_CASES = 300
ROUNDS = 4
QUIET_SECONDS = 4.0
UNANSWERED_SECONDS = 30.0
PAYING = ("in-process", "transferred")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Clocks:
    """What was measured; `breach_seconds` of each breach told, sorted."""

    count: int
    ledger_ms: float
    due_ms: float
    preview_seconds: float
    breach_seconds: list[float]

    def figures(self) -> list[Figure]:
        """What is asked for."""
        many = f"{self.count:,} open clocks"
        slowest = self.breach_seconds[-1]
        return [
            Figure("a year's ledger of one case", self.ledger_ms, LEDGER_AT_MOST_MS, False, "ms"),
            Figure(f"due ones of {many} found", self.due_ms, DUE_AT_MOST_MS, False, "ms"),
            Figure(
                f"holiday preview over {many}",
                self.preview_seconds,
                *(PREVIEW_AT_MOST_SECONDS, False, "s"),
            ),
            Figure("breach told, slowest", slowest, BREACH_AT_MOST_SECONDS, False, "s"),
        ]

    def told(self) -> dict[str, Any]:
        """All of it as JSON."""
        shares = {"p50": 0.5, "p95": 0.95, "max": 1.0}
        return {
            "clocks": self.count,
            "ledger_ms": round(self.ledger_ms, 4),
            "due_ms": round(self.due_ms, 2),
            "preview_seconds": round(self.preview_seconds, 2),
            "breaches": len(self.breach_seconds),
            **{
                f"breach_{name}_seconds": round(percentile(self.breach_seconds, share), 3)
                for name, share in shares.items()
            },
        }


async def measure_clocks(servers: Servers, count: int, say: Say) -> Clocks:
    """Measure with *count* open clocks."""
    ledger_ms = ledger_of_a_year_ms()
    say(f"a year's ledger: {ledger_ms:.3f} ms")
    due_ms, preview_seconds = await _among_many(servers, count, say)
    breaches = await _breaches(servers, say)
    say(f"{len(breaches)} breaches told, the slowest after {breaches[-1]:.2f} s")
    return Clocks(count, ledger_ms, due_ms, preview_seconds, breaches)


def ledger_of_a_year_ms() -> float:
    """
    Milliseconds to judge a case that went to and fro for a year, by all agreements that are
    shipped, each day of its ledger with its party included.
    """
    contracts = ROOT / "contracts"
    agreements = [
        replace(load_agreement(path), version=1)
        for path in sorted((contracts / "agreements").glob("*.yaml"))
    ]
    thai = local_calendar(load_calendar(contracts / "calendars/thai-government.yaml"))
    history, stages = _year_long(), stage_rules(shipped_process())
    taken = []
    for day in range(TIMES):
        now_us = midnight_us(ZONE, FIRST_DAY + 365 + day % 7)
        begun = time.perf_counter()
        told = judge(history, stages, agreements, {"thai-government": thai}, (), now_us)
        days = len(told.ledger.days)
        taken.append((time.perf_counter() - begun) * 1000)
        if days != told.ledger.total:
            raise RuntimeError(f"{days} days are listed and {told.ledger.total} counted")
    return statistics.median(taken)


def _year_long() -> History:
    """Received and returned in turn, each ten days."""
    spans = [
        Span(stage, holder, midnight_us(ZONE, FIRST_DAY + day) + HOUR_US, Key("erp", str(day)))
        for place, day in enumerate(range(0, 365, 10))
        for stage, holder in (("received", "finance") if place % 2 == 0 else ("returned", "unit"),)
    ]
    return History("1", "disbursement", tuple(spans), {"unit": "arts"})


async def _among_many(servers: Servers, count: int, say: Say) -> tuple[float, float]:
    """Milliseconds to find the due ones, and seconds of a preview."""
    await asyncio.to_thread(servers.postgres.create_database, "clocks")
    bed = await make_bed(Database(servers.postgres, "clocks"))
    try:
        say(f"making {count:,} open clocks")
        await _fill(bed, count)
        due_ms = await _find_due_ms(bed, count)
        say(f"due ones found in {due_ms:.1f} ms")
        begun = time.perf_counter()
        proposed = {"calendar": calendar_json(date.fromordinal(FIRST_DAY + 2))}
        told = await ask(bed, "POST", "/ops/calendar-preview", proposed)
        seconds = time.perf_counter() - begun
        if told["counts"]["deadlines"] != count:
            raise RuntimeError(f"{count} due dates move, and the preview says {told['counts']}")
        say(f"preview: {seconds:.1f} s")
    finally:
        await close_bed(bed)
    return due_ms, seconds


async def _fill(bed: Bed, count: int) -> None:
    """So many cases that finance has, each with an open clock; what is told of them is dropped."""
    for start in range(0, count, BATCH):
        values = [
            status([RECEIVED], case=number) for number in range(start, min(start + BATCH, count))
        ]
        records = [bed.record("case-status", value) for value in values]
        await bed.handlers.on_case_status(bed.handlers.read(records))
        await bed.base.pool.execute("truncate outbox")


async def _find_due_ms(bed: Bed, count: int) -> float:
    """The middle one of some looks for 500 cases that are due among all."""
    later = bed.clock.at + timedelta(days=1)
    pool = bed.base.pool
    await pool.execute("update followed_case set next_check_at = $1", later)
    await pool.execute(
        "update followed_case set next_check_at = $1 where case_id % $2 = 0",
        bed.clock.at,
        max(1, count // DUE),
    )
    await pool.execute("vacuum analyze followed_case")
    taken = []
    async with pool.acquire() as connection:
        for _ in range(LOOKS):
            # A look that is taken back leaves the same cases due for the next one.
            transaction = connection.transaction()
            await transaction.start()
            begun = time.perf_counter()
            found = await store.lock_due(connection, bed.clock.at, DUE)
            taken.append((time.perf_counter() - begun) * 1000)
            await transaction.rollback()
    if not found:
        raise RuntimeError("nothing was due")
    return statistics.median(taken)


async def _breaches(servers: Servers, say: Say) -> list[float]:
    """
    Seconds from the word that lets a breach be said to its message, sorted.

    Claims are received and never paid; some time later each source says that it has told everything
    up to a date, which lets those before it be said.
    """
    whole = plan(LATE_CASES)
    unpaid = [one for one in whole.events if not _pays(one)]
    rig = await new_rig(servers, "breaches", whole, "breaches.", ALL_SERVICES, beating=True)
    chain = rig.chain()
    await await_topics(chain, len(whole.sources))
    await await_heard(chain, len(whole.sources))
    await publish(rig, messages(unpaid))
    consumer = AIOKafkaConsumer(
        f"{rig.prefix}sla-event", bootstrap_servers=servers.kafka, auto_offset_reset="earliest"
    )
    await consumer.start()
    found: list[float] = []
    try:
        await _told(consumer)
        for at_us in _dates(unpaid):
            found += await _one_word(rig, whole, at_us, consumer)
            say(f"  {len(found)} breaches told")
    finally:
        await consumer.stop()
    for service in ALL_SERVICES:
        await rig.stop(service)
    if not found:
        raise RuntimeError("no breach was told")
    return sorted(found)


def _pays(planned: PlannedEvent) -> bool:
    return str(planned.event["type"]).endswith(PAYING)


def _dates(events: list[PlannedEvent]) -> Iterator[int]:
    """Instants that part the events' time into rounds; the last lies long after all of it."""
    first, last = events[0].instant_us, events[-1].instant_us + 20 * DAY_US
    for number in range(1, ROUNDS + 1):
        yield first + (last - first) * number // ROUNDS


async def _one_word(rig: Rig, whole: Plan, at_us: int, consumer: AIOKafkaConsumer) -> list[float]:
    """All sources say that they have told everything up to *at_us*; what is told then, and when."""
    process = shipped_process()
    said = [heartbeat(Word(source, at_us), process) for source in speakers(whole, process)]
    await publish(
        rig, [Message(s.event["source"], s.key.encode(), orjson.dumps(s.event)) for s in said]
    )
    said_at = time.monotonic()
    return [at - said_at for at in await _told(consumer)]


async def _told(consumer: AIOKafkaConsumer) -> list[float]:
    """When each breach came, until nothing has come for a while; the first may take its time."""
    came: list[float] = []
    deadline = time.monotonic() + UNANSWERED_SECONDS
    while time.monotonic() < deadline:
        batch = await consumer.getmany(timeout_ms=50)
        now = time.monotonic()
        for records in batch.values():
            deadline = now + QUIET_SECONDS
            kinds = [orjson.loads(record.value)["data"]["kind"] for record in records]
            came += [now] * kinds.count("breached")
    return came
