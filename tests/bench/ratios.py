"""Each service beside the floor, on the same broker and database, round after round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chassis.topics import ensure_topics
from contracts.plan import Plan
from ground.throwaway import Servers
from tidtam.proving.chain import ALL_SERVICES
from tidtam.proving.flight import totals

from tests.bench.drain import Books, TooFew, drain
from tests.bench.floor import floor
from tests.bench.outcome import Figure, Run, median_of, ratio_of_costs, ratio_of_rates, told
from tests.bench.rig import Rig, new_rig, publish
from tests.bench.workload import cases_for, messages, plan
from tests.system.test_letters import apply_rules

INTAKE_AT_LEAST = 0.2
STATUS_AT_LEAST = 0.25
SLA_AT_LEAST = 0.25
NOTIFY_AT_LEAST = 0.25
RSS_AT_MOST = 250.0
FLOOR_TOPIC = "floor"
FLOOR_PARTITIONS = 4
READ_BACK = "intake: read-back"
SERVICES = (*ALL_SERVICES, "notify")
NOTIFY_READS = ["case-status", "line-status", "case-sla", "sla-event"]
"""Each message counts, whatever it says."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Ratios:
    """All rounds' runs, by what was measured."""

    runs: dict[str, list[Run]] = field(default_factory=lambda: defaultdict(list))

    def keep(self, run: Run, say: Say) -> None:
        """Take a run in and say it."""
        self.runs[run.what].append(run)
        say(f"  {run.what}: {run.rate:,.0f} events/s")

    def figures(self) -> list[Figure]:
        """What is asked for; the floor of status reads plain events from as many partitions."""
        runs = self.runs
        rss = max(run.rss_megabytes for name in SERVICES for run in runs[name])
        return [
            Figure(
                "intake : floor on its own topics",
                ratio_of_rates(runs["intake"], runs["floor: inbound"]),
                *(INTAKE_AT_LEAST, True, "×"),
            ),
            Figure(
                "status : floor on four partitions",
                ratio_of_rates(runs["status"], runs["floor: 4 partitions"]),
                *(STATUS_AT_LEAST, True, "×"),
            ),
            Figure(
                "sla : floor on four partitions",
                ratio_of_rates(runs["sla"], runs["floor: 4 partitions"]),
                *(SLA_AT_LEAST, True, "×"),
            ),
            Figure(
                "notify : floor on four partitions",
                ratio_of_rates(runs["notify"], runs["floor: 4 partitions"]),
                *(NOTIFY_AT_LEAST, True, "×"),
            ),
            Figure("memory of a service", rss, RSS_AT_MOST, False, "MB"),
        ]

    def beside(self) -> dict[str, float]:
        """Ratios nobody asks for that keep the others honest."""
        runs = self.runs
        pairs = {
            "intake : floor on four partitions": ("intake", "floor: 4 partitions"),
            "status : floor on case-event": ("status", "floor: case-event"),
        }
        rates = {name: ratio_of_rates(runs[a], runs[b]) for name, (a, b) in pairs.items()}
        floor = runs["floor: 4 partitions"]
        return rates | {
            f"processor time, floor : {service}": ratio_of_costs(floor, runs[service])
            for service in SERVICES
        }

    def medians(self) -> list[Run]:
        """One row for each thing measured."""
        return [median_of(runs) for runs in self.runs.values()]

    def told(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "medians": [told(run) for run in self.medians()],
            "runs": [told(run) for runs in self.runs.values() for run in runs],
            "beside": self.beside(),
        }


async def measure_ratios(
    servers: Servers, events: int, rounds: int, density: float, say: Say
) -> Ratios:
    """Measure the floor and each service in turn; each round has events of its own."""
    cases = cases_for(events)
    found = Ratios()
    rig = await new_rig(servers, "ratios", plan(1), "ratios.", SERVICES)
    await apply_rules(rig.chain())
    for service in SERVICES:
        await rig.stop(service)
    await ensure_topics(servers.kafka, [(rig.prefix + FLOOR_TOPIC, FLOOR_PARTITIONS, {})])
    async with Books(servers.kafka) as books:
        say("warming up, not counted")
        await _round(rig, books, Ratios(), plan(cases, 0, 1, density), 0, events, say)
        for number in range(1, rounds + 1):
            say(f"round {number} of {rounds}")
            planned = plan(cases, number * cases, 1, density)
            await _round(rig, books, found, planned, number, events, say)
    await _all_accepted(rig, (rounds + 1) * events)
    return found


async def _round(
    rig: Rig, books: Books, found: Ratios, planned: Plan, number: int, events: int, say: Say
) -> None:
    sent = messages(planned.events)[:events]
    inbound = [f"inbound.{source.name}" for source in planned.sources]
    begins = await books.ends([rig.prefix + topic for topic in inbound])
    await publish(rig, sent)
    if number == 0:
        await publish(rig, sent, rig.prefix + FLOOR_TOPIC)

    async def of_floor(what: str, *topics: str, begin: Any = None) -> None:
        ends = await books.ends([rig.prefix + topic for topic in topics])
        group = f"floor-{what}-{number}"
        found.keep(await floor(rig, f"floor: {what}", begin or {}, ends, group), say)

    async def of_service(service: str, group: str, topics: list[str], what: str) -> None:
        found.keep(await drain(rig, books, service, group, topics, what), say)
        await rig.stop(service)

    await of_floor("4 partitions", FLOOR_TOPIC)
    await of_floor("inbound", *inbound, begin=begins)
    cased = await books.ends([rig.prefix + "case-event"])
    await of_service("intake", "intake", inbound, "intake")
    await of_floor("case-event", "case-event", begin=cased)
    await of_service("status", "status", ["case-event"], "status")
    await of_service("sla", "sla", ["case-status"], "sla")
    await of_service("notify", "notify-cases", NOTIFY_READS, "notify")
    try:
        await of_service("intake", "intake-case-view", ["case-status"], READ_BACK)
    except TooFew as few:
        say(f"  {few}")
        await rig.stop("intake")


async def _all_accepted(rig: Rig, events: int) -> None:
    """A figure of refused events says nothing: every one must have been accepted."""
    rig.start("intake")
    await rig.ready("intake")
    counted = await totals(rig.chain())
    await rig.stop("intake")
    if counted["accepted"] != events:
        raise RuntimeError(f"{events} events were published, and intake says {counted}")
