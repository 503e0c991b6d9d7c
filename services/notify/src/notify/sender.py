"""Time out: what is due is claimed, sent outside any transaction, and its outcome written."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from chassis.database import backoff_seconds
from chassis.service import Base
from contracts.notice import Channel

from notify.channels.outcome import Outcome, Retry
from notify.claims import Claims
from notify.gateway import Gateway, Parcel
from notify.rules import RulesMissing
from notify.traces import Traces

IDLE_SECONDS = 0.5
ROUNDS_MAX = 2
"""Of each channel, so that the next messages are claimed while the last ones wait for answers."""
DRAIN_SECONDS = 8.0
OUR_FAULT_SECONDS = 900.0


class Sender:
    """One per process. *wake* is set by whoever makes something due."""

    def __init__(self, base: Base, claims: Claims, gateway: Gateway, wake: asyncio.Event) -> None:
        self._base = base
        self._claims = claims
        self._gateway = gateway
        self._wake = wake
        self._traces = Traces(base)
        self._rounds: dict[Channel, set[asyncio.Task[None]]] = defaultdict(set)

    async def run(self) -> None:
        """
        Send what is due until cancelled, whatever fails. What is on its way then has a few seconds.
        """
        failures = 0
        try:
            while True:
                try:
                    claimed = await self._begin()
                    failures = 0
                except RulesMissing:
                    claimed = False
                except Exception as error:
                    failures += 1
                    claimed = False
                    self._base.log.warning("sending failed, will go on", exc_info=error)
                    await asyncio.sleep(backoff_seconds(failures))
                await self._pause(claimed)
        finally:
            if under_way := set[asyncio.Task[None]]().union(*self._rounds.values()):
                await asyncio.wait(under_way, timeout=DRAIN_SECONDS)

    async def round(self) -> int:
        """Send what is due now and write what became of it; returns how many messages."""
        parcels = await self._claims.claim()
        await self._deliver(parcels)
        return len(parcels)

    async def _begin(self) -> bool:
        """
        Begin rounds of sending beside those under way. Returns whether anything was due.

        Each channel has rounds of its own: a mail server that hangs holds up no other channel.
        """
        self._wake.clear()
        free = [one for one in self._gateway.channels if len(self._rounds[one]) < ROUNDS_MAX]
        if not free or not await self._claims.is_due(free):
            return False
        parcels = await self._claims.claim(free)
        by_channel: dict[Channel, list[Parcel]] = defaultdict(list)
        for parcel in parcels:
            by_channel[parcel.channel].append(parcel)
        for channel, some in by_channel.items():
            task = asyncio.create_task(self._deliver(some))
            self._rounds[channel].add(task)
            task.add_done_callback(partial(self._ended, channel))
        return bool(parcels)

    def _ended(self, channel: Channel, task: asyncio.Task[None]) -> None:
        self._rounds[channel].discard(task)
        self._wake.set()

    async def _pause(self, claimed: bool) -> None:
        """Until something becomes due; at once while there is more."""
        if claimed:
            return
        waiting = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait({waiting}, timeout=IDLE_SECONDS)
        finally:
            waiting.cancel()

    async def _deliver(self, parcels: Sequence[Parcel]) -> None:
        """Send *parcels* side by side and write each outcome as soon as it is there."""
        hops = await self._traces.sending(parcels)
        under_way = {asyncio.create_task(self._send(one)) for one in parcels}
        while under_way:
            done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            outcomes = [task.result() for task in done]
            await self._record(outcomes)
            await self._traces.ended(outcomes, hops)

    async def _send(self, parcel: Parcel) -> tuple[Parcel, Outcome]:
        try:
            return parcel, await self._gateway.send(parcel)
        except Exception as error:
            # A bug of ours. Its text may hold what somebody typed, so only its kind is told.
            self._base.log.error("a message cannot be sent", message=parcel.id, bug=kind_of(error))
            return parcel, Retry(OUR_FAULT_SECONDS, f"our fault: {kind_of(error)}")

    async def _record(self, outcomes: Sequence[tuple[Parcel, Outcome]]) -> None:
        """Write outcomes, however long the database is away: unwritten they would be unknown."""
        failures = 0
        while True:
            try:
                return await self._claims.record(outcomes)
            except Exception as error:
                failures += 1
                self._base.log.warning("outcomes wait for the database", exc_info=error)
            await asyncio.sleep(backoff_seconds(failures))


def kind_of(error: Exception) -> str:
    """The class of an error."""
    return type(error).__name__
