"""
Telling a chain a generated year, and looking on until nothing is in flight.

What is seen on the way is kept: how far each consumer group is, and what each process has used.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psutil
from ground.throwaway import Servers
from rich.progress import Progress
from tidtam.proving.chain import Chain, undone
from tidtam.proving.flight import AWAY

from tests.bench.drain import Books
from tests.bench.meter import Mark, cpu_seconds, mark
from tests.system.years import READS, SERVICES, Written, publish_year

AHEAD_EVENTS_MAX = 5_000
"""Four days of a whole year: intake always has work, and no source is far ahead of another."""

LOOK_SECONDS = 1.0
AHEAD_POLL_SECONDS = 0.05
CALM_LOOKS = 2
STALLED_SECONDS = 120.0
MAIN = {"intake": "intake", "status": "status", "sla": "sla", "notify": "notify-cases"}
"""The group whose records say how far a service is."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the chain while it plays: records each group has done and has yet to do."""

    at: Mark
    done: Mapping[str, int]
    left: Mapping[str, int]
    undone: int

    def calm(self) -> bool:
        """Is nothing in flight?"""
        return not any(self.left.values()) and not self.undone


@dataclass(slots=True)
class Player:
    """Publishes a year and watches the chain take it."""

    chain: Chain
    books: Books
    inbound: Sequence[str]
    pids: Mapping[str, int]
    looks: list[Look] = field(default_factory=list)

    async def play(self, written: Written, events: int, bars: Progress) -> None:
        """
        Publish *written* and wait until all is done.

        Raises `TimeoutError` when nothing has moved for two minutes.
        """
        bar = bars.add_task("publishing", total=events)
        tasks = {name: bars.add_task(name, total=None) for name in SERVICES}
        publishing = asyncio.create_task(
            publish_year(
                self.chain.servers.kafka,
                written,
                lambda more: bars.advance(bar, more),
                self._not_far_ahead,
            )
        )
        calm, moved_at = 0, time.monotonic()
        while calm < CALM_LOOKS:
            await asyncio.sleep(LOOK_SECONDS)
            look, before = await self.look(), self.looks[-2]
            for service, task in tasks.items():
                done, left = look.done[MAIN[service]], look.left[MAIN[service]]
                bars.update(task, completed=done, total=done + left)
            if (look.done, look.undone) != (before.done, before.undone):
                moved_at = time.monotonic()
            if publishing.done():
                publishing.result()
            calm = calm + 1 if publishing.done() and look.calm() else 0
            if time.monotonic() - moved_at > STALLED_SECONDS:
                publishing.cancel()
                raise TimeoutError(f"the year stands still at {look.left}, undone {look.undone}")
        self._forget_the_calm()

    async def _not_far_ahead(self, count: int) -> None:
        while count - await self._taken() > AHEAD_EVENTS_MAX:
            await asyncio.sleep(AHEAD_POLL_SECONDS)

    async def look(self) -> Look:
        """Look once; kept in `looks`."""
        at = mark(self.pids)
        done, left = {}, {}
        for group, topics in READS.items():
            ends = await self.books.ends(self.inbound if topics.endswith("*") else topics.split())
            done[group] = await self.books.done(group, ends)
            left[group] = sum(ends.values()) - done[group]
        found = Look(at, done, left, await _undone(self.chain))
        self.looks.append(found)
        return found

    async def _taken(self) -> int:
        """How many events intake has finished."""
        ends = await self.books.ends(self.inbound)
        return await self.books.done("intake", ends)

    def _forget_the_calm(self) -> None:
        """Looks that only see that nothing moves are no part of the year, but for the first."""
        while len(self.looks) > 2 and self.looks[-2].calm():
            self.looks.pop()


async def _undone(chain: Chain) -> int:
    try:
        return await undone(chain)
    except AWAY:
        return 1


def pids_of(servers: Servers) -> dict[str, int]:
    """Whose processor time is counted."""
    found = {}
    for name in (*SERVICES, "postgres", "kafka"):
        pid = servers.pid(name)
        if pid is None:
            raise LookupError(f"{name} is not running: {servers.log_tail(name, 8)}")
        found[name] = pid
    return found


def postgres_seconds(pid: int) -> dict[str, float]:
    """Processor seconds of PostgreSQL's connections, by the role that opened them."""
    found: dict[str, float] = {}
    for child in psutil.Process(pid).children(recursive=True):
        try:
            words = " ".join(child.cmdline()).split()
            role = words[1] if len(words) > 2 and words[1] in SERVICES else "others"
            found[role] = found.get(role, 0.0) + cpu_seconds(child.pid)
        except psutil.NoSuchProcess:
            continue
    return found
