"""Time in: what has become due is judged again, at each local midnight and when a source spoke."""

from __future__ import annotations

import asyncio
import contextlib

from chassis.database import backoff_seconds
from chassis.service import Base

from sla.handlers import DUE_MAX, Handlers
from sla.rules import RulesMissing
from sla.settling import Settling

IDLE_SECONDS = 0.5
SETTLING_SECONDS = 0.1
"""While a word is on its way: how often it is looked how far."""


class Ticks:
    """One per process; two processes share the due cases by row locks."""

    def __init__(self, base: Base, handlers: Handlers, settling: Settling) -> None:
        self._base = base
        self._handlers = handlers
        self._settling = settling

    async def listen(self) -> None:
        """Let words of sources settle until cancelled, whatever fails."""
        failures = 0
        while True:
            try:
                await self._settling.step()
                failures = 0
            except Exception as error:
                failures += 1
                self._base.log.warning("cannot see how far status is", exc_info=error)
            if failures:
                await asyncio.sleep(backoff_seconds(failures))
            elif self._settling.waiting:
                await asyncio.sleep(SETTLING_SECONDS)
            else:
                await rung(self._handlers.heard, IDLE_SECONDS)

    async def run(self) -> None:
        """Look for due cases until cancelled, whatever fails."""
        failures = 0
        while True:
            try:
                done = await self._handlers.tick()
                failures = 0
            except RulesMissing:
                done = 0
            except Exception as error:
                failures += 1
                done = 0
                self._base.log.warning("tick failed, will go on", exc_info=error)
                await asyncio.sleep(backoff_seconds(failures))
            if done < DUE_MAX:
                await rung(self._handlers.woken, IDLE_SECONDS)


async def rung(bell: asyncio.Event, seconds_max: float) -> None:
    """Wait until *bell* rings, *seconds_max* at most: another process may have been told."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(bell.wait(), seconds_max)
    bell.clear()
