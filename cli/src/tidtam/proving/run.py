"""One proof: start, publish, kill, wait, read. Progress goes to stderr, the result is a value."""

from __future__ import annotations

import asyncio
import csv
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer
from contracts.plan import Plan
from contracts.process import Process
from ground.throwaway import throwaway
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from tidtam.proving.answer import Answer, read_answer
from tidtam.proving.chain import Chain, await_topics, register_sources, start_chain
from tidtam.proving.disturb import Delivery, Disturbances, clock_us, deliveries
from tidtam.proving.flight import AWAY, Look, settle, totals

CHUNK = 500
KILL_POLL_SECONDS = 0.05
AWAY_SECONDS_MAX = 1.0


@dataclass(slots=True)
class Proof:
    """What came of a run. `result` is what `--json` prints."""

    result: dict[str, Any]
    answer: Answer
    kills: list[dict[str, Any]] = field(default_factory=list)

    def holds(self) -> bool:
        """Every input ended, and nothing is left in flight."""
        r = self.result
        ended = r["accepted"] + r["resent"] + r["rejected"]
        return bool(r["published"] == ended and r["lag"] == 0)


def prove(
    plan: Plan,
    process: Process,
    how: Disturbances,
    kill: Mapping[str, int],
    log: str,
    console: Console,
) -> Proof:
    """Play *plan*, disturbed by *how*, through the real chain; kill each service so many times."""
    with throwaway() as servers:
        return asyncio.run(_prove(servers, plan, process, how, kill, log, console))


async def _prove(
    servers: Any,
    plan: Plan,
    process: Process,
    how: Disturbances,
    kill: Mapping[str, int],
    log: str,
    console: Console,
) -> Proof:
    sent = deliveries(plan, how)
    console.print(f"{log}: {len(sent)} events to publish; starting the services …")
    chain = await start_chain(servers, [process], clock_us(plan, sent))
    await register_sources(chain, plan)
    await await_topics(chain, len(plan.sources))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("publishing", total=len(sent))
        begun = time.time()
        killer = asyncio.create_task(_kill(chain, kill, len(sent), how.seed))
        await _publish(chain, sent, progress, bar)
        progress.update(bar, description="following", completed=0)

        def seen(look: Look) -> None:
            progress.update(bar, completed=min(look.answered(), len(sent)))

        kills = await killer
        look = await settle(chain, len(sent), seen)
    answer = await read_answer(servers.kafka)
    return Proof(_result(log, plan, sent, look, answer, begun), answer, kills)


async def _publish(chain: Chain, sent: Sequence[Delivery], progress: Progress, bar: TaskID) -> None:
    """Publish in order, as units and ERP would: each source on its own topic."""
    producer = AIOKafkaProducer(
        bootstrap_servers=chain.servers.kafka,
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
                    f"inbound.{one.planned.event['source']}",
                    orjson.dumps(one.planned.event),
                    key=one.planned.case.encode(),
                )
                for one in sent[start : start + CHUNK]
            ]
            await asyncio.gather(*futures)
            progress.advance(bar, len(futures))
    finally:
        await producer.stop()


async def _kill(
    chain: Chain, kill: Mapping[str, int], published: int, seed: int
) -> list[dict[str, Any]]:
    """Kill -9 at random moments of the run, each when so many inputs have been answered."""
    chance = random.Random(seed)
    due = sorted(
        (chance.uniform(0.02, 0.9) * published, name, chance.uniform(0, AWAY_SECONDS_MAX))
        for name, count in kill.items()
        for _ in range(count)
    )
    done: list[dict[str, Any]] = []
    for at, name, away in due:
        while await _answered(chain) < at:
            await asyncio.sleep(KILL_POLL_SECONDS)
        begun = time.monotonic()
        await asyncio.to_thread(chain.servers.kill, name, away)
        await asyncio.to_thread(chain.servers.await_up, name, 120.0)
        back = round(time.monotonic() - begun, 2)
        done.append({"killed": name, "at_input": round(at), "back_after_seconds": back})
    return done


async def _answered(chain: Chain) -> int:
    try:
        now = await totals(chain)
    except AWAY:
        return -1
    return now["accepted"] + now["resent"] + now["rejected"]


def _result(
    log: str, plan: Plan, sent: Sequence[Delivery], look: Look, answer: Answer, begun: float
) -> dict[str, Any]:
    seconds = max(answer.last_ms / 1000 - begun, 0.001)
    counts = look.totals
    return {
        "log": log,
        "published": len(sent),
        "accepted": counts["accepted"],
        "resent": counts["resent"],
        "rejected": counts["rejected"],
        "ignored": plan.ignored,
        "unmatched": counts["unmatched"],
        "unmatched_peak": counts["unmatched_peak"],
        "merges": counts["merges"],
        "redirects": counts["redirects"],
        "cases": len(answer.standing()),
        "stages": answer.stages(),
        "contradictions": answer.contradictions(),
        "lag": look.lag,
        "seconds": round(seconds, 3),
        "events_per_second": round(counts["accepted"] / seconds, 1),
        "state_hash": answer.state_hash(),
    }


def write_cases(path: Path, plan: Plan, answer: Answer) -> None:
    """One row per case that stands: the log's own case id and its stage."""
    case_of = {(e.event["source"], e.event["id"]): e.case for e in plan.events}
    rows = sorted(
        (case_of[entry["source"], entry["id"]], case["stage"] or "")
        for case in answer.standing()
        for entry in case["timeline"][:1]
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("case", "stage"))
        writer.writerows(rows)
