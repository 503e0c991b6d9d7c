"""
What an event costs when many cases are there already, beside what it costs when few are.

The same kind of events arrive at the same number of cases, in both: late facts of cases that have
their first ones. Only the tables differ.
"""

from __future__ import annotations

import asyncio
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from contracts.plan import Plan, PlannedEvent
from ground.throwaway import Servers
from tidtam.proving.chain import SERVICES
from tidtam.proving.flight import totals

from tests.bench.drain import Books, TooFew, drain
from tests.bench.multiply import count_cases, multiply
from tests.bench.outcome import Figure, Run, median_of, told
from tests.bench.rig import Rig, make_topics, new_rig, publish
from tests.bench.workload import Message, messages, plan, renamed

AT_MOST = 1.3
LATE_FACTS = 3
FEW, MANY = "few", "many"

Say = Callable[[str], None]


@dataclass(slots=True)
class Growth:
    """All rounds' runs, by service and by how many cases there were."""

    few: int
    many: int
    runs: dict[tuple[str, str], list[Run]] = field(default_factory=lambda: defaultdict(list))

    def ratio(self, service: str, of: Callable[[Run], float]) -> float:
        """The median of the rounds' ratios, many to few."""
        pairs = zip(self.runs[service, MANY], self.runs[service, FEW], strict=True)
        return statistics.median(of(many) / of(few) for many, few in pairs)

    def figures(self) -> list[Figure]:
        """What is asked for: processor time of service, database and broker together."""
        name = f"cost per event, {self.many:,} : {self.few:,} cases, "
        return [
            Figure(name + service, self.ratio(service, Run.cpu_us), AT_MOST, False, "×")
            for service in SERVICES
        ]

    def medians(self) -> list[Run]:
        """One row for each thing measured."""
        return [median_of(runs) for runs in self.runs.values()]

    def told(self) -> dict[str, Any]:
        """All of it as JSON; `seconds_ratio` is of seconds per event, many to few."""
        per_event = {s: self.ratio(s, lambda run: 1 / run.rate) for s in SERVICES}
        medians = [told(run) for run in self.medians()]
        return {
            "few": self.few,
            "many": self.many,
            "seconds_ratio": per_event,
            "medians": medians,
        }


async def measure_growth(servers: Servers, few: int, many: int, rounds: int, say: Say) -> Growth:
    """Measure at *few* and at *many* cases in turn; *many* is made a multiple of *few*."""
    planned = plan(few)
    early, late = _parted(planned)
    say(f"making {few:,} cases")
    base = await _base(servers, planned, messages(early))
    copies = max(1, round(many / few)) - 1
    big = await _copied(base, "grown", planned)
    url = servers.postgres.url(database="grown")
    say(f"making {few * (copies + 1):,} cases of them")
    await multiply(url, copies, say)
    found = Growth(few, await count_cases(url))
    facts = messages(late)
    used: set[tuple[bytes, int]] = set()
    async with Books(servers.kafka) as books:
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            small = await _copied(base, f"few{number}", planned)
            await _measure(small, books, found, FEW, facts, planned, say)
            await asyncio.to_thread(servers.postgres.drop_database, small.database)
            chosen = _of_many(facts, copies, number, used)
            await _measure(big, books, found, MANY, chosen, planned, say)
    return found


def _parted(planned: Plan) -> tuple[list[PlannedEvent], list[PlannedEvent]]:
    """Each case's last facts apart from those before; the first fact is always before."""
    by_case: dict[str, list[PlannedEvent]] = defaultdict(list)
    for event in planned.events:
        by_case[event.case].append(event)
    late = {id(e) for events in by_case.values() for e in events[1:][-LATE_FACTS:]}
    parts: tuple[list[PlannedEvent], list[PlannedEvent]] = ([], [])
    for event in planned.events:
        parts[id(event) in late].append(event)
    return parts


async def _base(servers: Servers, planned: Plan, early: list[Message]) -> Rig:
    rig = await new_rig(servers, "base", planned, "base.")
    for service in SERVICES:
        await rig.stop(service)
    await publish(rig, early)
    async with Books(servers.kafka) as books:
        inbound = [f"inbound.{source.name}" for source in planned.sources]
        for service, group, topics in (
            ("intake", "intake", inbound),
            ("status", "status", ["case-event"]),
        ):
            await _work_off(rig, books, service, group, topics)
            await rig.stop(service)
        await _work_off(rig, books, "intake", "intake-case-view", ["case-status"])
        counted = await totals(rig.chain())
    await rig.stop("intake")
    if counted["accepted"] != len(early) or counted["cases"] != planned.cases:
        raise RuntimeError(f"{planned.cases} cases were to be made, and intake says {counted}")
    return rig


async def _work_off(rig: Rig, books: Books, service: str, group: str, topics: list[str]) -> None:
    with suppress(TooFew):
        await drain(rig, books, service, group, topics, service)


async def _copied(base: Rig, name: str, planned: Plan) -> Rig:
    """The same installation again, with topics and groups of its own."""
    create = base.servers.postgres.create_database
    await asyncio.to_thread(create, name, base.database)
    rig = Rig(base.servers, name, f"{name}.")
    await make_topics(rig, planned)
    return rig


def _of_many(
    facts: Sequence[Message], copies: int, seed: int, used: set[tuple[bytes, int]]
) -> list[Message]:
    """The late facts, each case's at one copy of it, which no round before has used."""
    chance = random.Random(seed)
    copy_of: dict[bytes, int] = {}
    for case in sorted({fact.case for fact in facts}):
        free = [n for n in range(copies + 1) if (case, n) not in used]
        copy_of[case] = chance.choice(free)
        used.add((case, copy_of[case]))
    return [renamed(fact, copy_of[fact.case]) if copy_of[fact.case] else fact for fact in facts]


async def _measure(
    rig: Rig,
    books: Books,
    found: Growth,
    many: str,
    sent: list[Message],
    planned: Plan,
    say: Say,
) -> None:
    await publish(rig, sent)
    inbound = [f"inbound.{source.name}" for source in planned.sources]
    cases = found.many if many == MANY else found.few
    for service, group, topics in (
        ("intake", "intake", inbound),
        ("status", "status", ["case-event"]),
    ):
        run = await drain(rig, books, service, group, topics, f"{service}, {cases:,} cases")
        found.runs[service, many].append(run)
        say(f"  {run.what}: {run.rate:,.0f} events/s, {run.cpu_us():.0f} µs each")
        await rig.stop(service)
