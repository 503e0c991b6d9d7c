"""One proof: start, publish, kill, wait, read. Progress goes to stderr, the result is a value."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.plan import Plan
from contracts.process import Process
from ground.throwaway import Servers, throwaway
from rich.console import Console

from tidtam.proving.answer import Answer, read_answer
from tidtam.proving.disturb import Disturbances
from tidtam.proving.flight import Look
from tidtam.proving.kept import paid_by
from tidtam.proving.playing import Question, play
from tidtam.proving.rules import Rules, rules_of
from tidtam.proving.verdicts import Verdicts, read_verdicts


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
    sent = question.sent()
    console.print(f"{question.log}: {len(sent)} events to publish; starting the services …")
    played = await play(servers, question, rules, sent, console)
    answer = await read_answer(servers.kafka)
    verdicts = await read_verdicts(servers.kafka)
    result = _result(question, Counts(len(sent), played.look, played.beats), answer, played.begun)
    result |= verdicts.told([clause.id for clause in rules.agreements[0].clauses])
    result["paid_by"] = paid_by(answer, verdicts, question.process.stages, rules.calendars[0])
    return Proof(result, answer, verdicts, played.kills)


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
