"""A million events through the running chain: does a service's memory stay as it is?"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ground.throwaway import Servers
from tidtam.proving.chain import SERVICES, await_topics
from tidtam.proving.flight import Look, settle, totals

from tests.bench.meter import rss_megabytes
from tests.bench.rig import Rig, new_rig, publish
from tests.bench.workload import messages, plan

CASES_AT_ONCE = 2_000
AHEAD_MAX = 20_000
SAMPLE_SECONDS = 1.0
RSS_MEGABYTES_MAX = 250.0
GROWTH_MEGABYTES_MAX = 10.0
"""By how much the median of the last fifth may lie above that of the second fifth."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Memory:
    """Samples of resident memory in MB, by service."""

    samples: dict[str, list[float]] = field(default_factory=dict)

    def take(self, rig: Rig) -> None:
        """Sample all services that run."""
        for service in SERVICES:
            pid = rig.servers.pid(rig.name(service))
            if pid is not None:
                self.samples.setdefault(service, []).append(rss_megabytes(pid))

    def last(self) -> str:
        """The newest samples in words."""
        return ", ".join(f"{name} {values[-1]:.0f} MB" for name, values in self.samples.items())

    def faults(self) -> list[str]:
        """What is wrong with it; nothing when it is small and flat."""
        found = []
        for service, values in self.samples.items():
            if max(values) > RSS_MEGABYTES_MAX:
                found.append(f"{service} used {max(values):.0f} MB, over {RSS_MEGABYTES_MAX:.0f}")
            if growth_megabytes(values) > GROWTH_MEGABYTES_MAX:
                found.append(f"{service} grew by {growth_megabytes(values):.1f} MB while it ran")
        return found


def growth_megabytes(values: Sequence[float]) -> float:
    """From the second fifth, when all is warm, to the last; 0 with too few samples to tell."""
    fifth = len(values) // 5
    if not fifth:
        return 0.0
    return statistics.median(values[-fifth:]) - statistics.median(values[fifth : 2 * fifth])


async def soak(servers: Servers, events: int, say: Say) -> list[str]:
    """Publish *events* without letting the chain fall far behind; the faults that were found."""
    rig = await new_rig(servers, "soak", plan(1))
    await await_topics(rig.chain(), 2)
    memory, begun = Memory(), time.monotonic()
    sampling = asyncio.create_task(_sample(rig, memory))
    try:
        cases = await _publish_all(rig, events, memory, say)
        look = await settle(rig.chain(), events, lambda _: None)
    finally:
        sampling.cancel()
        await asyncio.wait({sampling})
    seconds = time.monotonic() - begun
    say(f"  {events:,} events in {seconds:.0f} s ({events / seconds:,.0f}/s); {memory.last()}")
    for service, values in memory.samples.items():
        grown = growth_megabytes(values)
        say(f"  {service}: at most {max(values):.0f} MB, grew by {grown:+.1f} MB")
    for service in SERVICES:
        await rig.stop(service)
    return memory.faults() + _unanswered(look, events, cases)


async def _publish_all(rig: Rig, events: int, memory: Memory, say: Say) -> int:
    """Publish new cases until there were enough events; how many cases there are."""
    sent, first, told = 0, 0, 0
    names: set[bytes] = set()
    while sent < events:
        some = messages(plan(CASES_AT_ONCE, first).events)[: events - sent]
        await publish(rig, some)
        sent, first = sent + len(some), first + CASES_AT_ONCE
        names |= {one.case for one in some}
        answered = await _not_far_behind(rig, sent)
        if answered - told >= events / 20:
            told = answered
            say(f"  {answered:,} of {events:,}: {memory.last()}")
    return len(names)


async def _not_far_behind(rig: Rig, sent: int) -> int:
    """Wait until few enough events lie unread; how many have been answered."""
    while True:
        now = await totals(rig.chain())
        answered = now["accepted"] + now["resent"] + now["rejected"]
        if sent - answered <= AHEAD_MAX:
            return answered
        await asyncio.sleep(0.2)


async def _sample(rig: Rig, memory: Memory) -> None:
    while True:
        memory.take(rig)
        await asyncio.sleep(SAMPLE_SECONDS)


def _unanswered(look: Look, events: int, cases: int) -> list[str]:
    """Every event must have been accepted, and nothing be left on the way."""
    found = []
    if look.totals["accepted"] != events:
        found.append(f"{events} events were published, and intake says {look.totals}")
    if look.totals["cases"] + look.totals["unmatched"] < cases:
        found.append(f"{cases} cases were published, and {look.totals['cases']} are there")
    if look.lag:
        found.append(f"{look.lag} records and messages are left on the way")
    return found
