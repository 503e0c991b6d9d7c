"""One proof: start, publish, kill, wait, read. Progress goes to stderr, the result is a value."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.plan import Plan
from contracts.process import Process
from ground.throwaway import Servers, throwaway
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from tidtam.proving.answer import Answer, read_answer
from tidtam.proving.chain import Chain, await_heard, await_topics, register_sources, start_chain
from tidtam.proving.disturb import Delivery, Disturbances, clocks_us, deliveries
from tidtam.proving.flight import AWAY, Look, settle, totals
from tidtam.proving.heartbeats import heartbeats
from tidtam.proving.publishing import Outgoing, publish
from tidtam.proving.rules import Rules, rules_of
from tidtam.proving.verdicts import Verdicts, read_verdicts

KILL_POLL_SECONDS = 0.05
AWAY_SECONDS_MAX = 1.0


@dataclass(slots=True)
class Proof:
    """What came of a run. `result` is what `--json` prints."""

    result: dict[str, Any]
    answer: Answer
    verdicts: Verdicts
    kills: list[dict[str, Any]] = field(default_factory=list)

    def holds(self) -> bool:
        """Every input ended, and nothing is left in flight."""
        r = self.result
        ended = r["accepted"] + r["resent"] + r["rejected"]
        return bool(r["published"] == ended and r["lag"] == 0)


@dataclass(frozen=True, slots=True)
class Question:
    """What is played: a plan, how it is disturbed, how often each service is killed."""

    plan: Plan
    process: Process
    how: Disturbances
    kill: Mapping[str, int]
    log: str

    def sent(self) -> list[Delivery]:
        """What is published, in this order."""
        return deliveries(self.plan, self.how)


def prove(
    plan: Plan,
    process: Process,
    how: Disturbances,
    kill: Mapping[str, int],
    log: str,
    console: Console,
) -> Proof:
    """
    Play *plan*, disturbed by *how*, through the real chain; kill each service so many times.

    Raises what `rules_of` does where the log names a calendar that is not there.
    """
    question, rules = Question(plan, process, how, kill, log), rules_of(process, plan)
    with throwaway() as servers:
        return asyncio.run(_prove(servers, question, rules, console))


async def _prove(servers: Servers, question: Question, rules: Rules, console: Console) -> Proof:
    plan, sent = question.plan, question.sent()
    console.print(f"{question.log}: {len(sent)} events to publish; starting the services …")
    chain = await start_chain(servers, rules, clocks_us(plan, sent))
    await register_sources(chain, plan, question.process)
    await await_topics(chain, len(plan.sources))
    await await_heard(chain, len(plan.sources))
    begun = time.time()
    look, kills = await _play(chain, question, sent, console)
    look, beats = await _close(chain, question, look)
    answer = await read_answer(servers.kafka)
    verdicts = await read_verdicts(servers.kafka)
    result = _result(question, Counts(len(sent), look, beats), answer, begun)
    result |= verdicts.told([clause.id for clause in rules.agreements[0].clauses])
    return Proof(result, answer, verdicts, kills)


async def _play(
    chain: Chain, question: Question, sent: Sequence[Delivery], console: Console
) -> tuple[Look, list[dict[str, Any]]]:
    """Publish all events, killing on the way, and wait until nothing is in flight."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("publishing", total=len(sent))
        killer = asyncio.create_task(_kill(chain, question.kill, len(sent), question.how.seed))
        told = [Outgoing(one.planned.event, one.planned.case) for one in sent]
        await publish(chain.servers.kafka, told, lambda more: progress.advance(bar, more))
        progress.update(bar, description="following", completed=0)

        def seen(look: Look) -> None:
            progress.update(bar, completed=min(look.answered(), len(sent)))

        kills = await killer
        return await settle(chain, len(sent), seen), kills


async def _close(chain: Chain, question: Question, look: Look) -> tuple[Look, int]:
    """Have the sources say that they have told everything; the last look and how many did."""
    if not question.how.completeness:
        return look, 0
    beats = heartbeats(question.plan, question.process, chain.clocks_us["intake"])
    await publish(chain.servers.kafka, beats, lambda _: None)
    return await settle(chain, look.answered() + len(beats), lambda _: None), len(beats)


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


@dataclass(frozen=True, slots=True)
class Counts:
    """What was published and how it ended; the `beats` are none of the log's events."""

    published: int
    look: Look
    beats: int

    @property
    def accepted(self) -> int:
        """Events of the log that were accepted."""
        return self.look.totals["accepted"] - self.beats


def _result(question: Question, counts: Counts, answer: Answer, begun: float) -> dict[str, Any]:
    """What is known of events and cases; sla's part is told apart."""
    seconds = max(answer.last_ms / 1000 - begun, 0.001)
    totals_now = counts.look.totals
    return {
        "log": question.log,
        "published": counts.published,
        "accepted": counts.accepted,
        "resent": totals_now["resent"],
        "rejected": totals_now["rejected"],
        "ignored": question.plan.ignored,
        "unmatched": totals_now["unmatched"],
        "unmatched_peak": totals_now["unmatched_peak"],
        "merges": totals_now["merges"],
        "redirects": totals_now["redirects"],
        "cases": len(answer.standing()),
        "stages": answer.stages(),
        "contradictions": answer.contradictions(),
        "lag": counts.look.lag,
        "seconds": round(seconds, 3),
        "events_per_second": round(counts.accepted / seconds, 1),
        "state_hash": answer.state_hash(),
    }
