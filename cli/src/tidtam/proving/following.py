"""
The play in which the clock of sla follows the delivery: day by day, as it was lived.

While sla judges what a midnight made due, the next day is already on its way through intake and
status; sla takes it up once its clock stands. Why so: docs/decisions/0023-a-clock-that-follows.md.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

import httpx
from contracts.plan import PlannedEvent
from contracts.process import Process

from tidtam.proving.abreast import AWAY_SECONDS, Watch
from tidtam.proving.disturb import EPOCH, MICROSECOND
from tidtam.proving.flight import AWAY, STALLED_SECONDS
from tidtam.proving.heartbeats import heartbeat
from tidtam.proving.publishing import Outgoing, Publisher
from tidtam.proving.schedule import Step, Stop, Word

ACCEPTED = 202


class Steered:
    """The clock of a sla that lets it be moved. What fails is asked again: sla may be killed."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def move(self, stops: Sequence[Stop]) -> None:
        """Send it on its way. Once this returns, sla judges no new state before it is there."""
        told = [
            {
                "at": (EPOCH + stop.at_us * MICROSECOND).isoformat(),
                "due": stop.due,
                "settled": stop.settled,
            }
            for stop in stops
        ]
        await self._ask("PUT", ACCEPTED, json={"stops": told})

    async def stands(self) -> None:
        """Wait until it is where it was sent."""
        await self._ask("GET", 200)

    async def _ask(self, method: str, wanted: int, **more: Any) -> None:
        begun = time.monotonic()
        while True:
            said = "no answer"
            try:
                answer = await self._http.request(method, "/ops/clock", **more)
                if answer.status_code == wanted:
                    return
                said = f"{answer.status_code} {answer.text}"
            except AWAY:
                pass
            if time.monotonic() - begun > STALLED_SECONDS:
                raise RuntimeError(f"the clock of sla cannot be moved: {said}")
            await asyncio.sleep(AWAY_SECONDS)


class Following:
    """One play. `inputs` counts all that was published: events, resends and heartbeats."""

    def __init__(
        self, clock: Steered, publisher: Publisher, watch: Watch, process: Process
    ) -> None:
        self._clock = clock
        self._publisher = publisher
        self._watch = watch
        self._process = process
        self.inputs = 0

    async def play(self, steps: Sequence[Step], reached: Callable[[int], object]) -> None:
        """Deliver step by step; *reached* is told how many events were judged so far."""
        done = 0
        for step, following in zip_longest(steps, steps[1:]):
            told = [one.planned for one in step.deliveries]
            await self._say(told, step.words)
            events = [(one.event["source"], one.event["id"]) for one in told]
            await self._watch.abreast(events, self.inputs)
            done += len(told)
            reached(done)
            stops = list(step.stops)
            if following is not None:
                stops.append(Stop(following.now_us, due=False))
            await self._clock.move(stops)
        await self._clock.stands()

    async def settle(self, words: Sequence[Word], at_us: int) -> None:
        """Have sources say *words*, and sla judge by them at once."""
        await self._say((), words)
        await self._watch.abreast((), self.inputs)
        await self._clock.move([Stop(at_us, settled=True)])
        await self._clock.stands()

    async def _say(self, told: Sequence[PlannedEvent], words: Sequence[Word]) -> None:
        """Publish what is told, and after it the words of its sources: each has one partition."""
        outgoing = [Outgoing(one.event, one.case) for one in told]
        outgoing += [heartbeat(word, self._process) for word in words]
        await self._publisher.publish(outgoing)
        self.inputs += len(outgoing)
