"""
When a source's word may be judged by: after everything that was said before it has reached us.

`source-status` comes straight from intake, the facts it covers by way of status. A word taken at
once would say of cases still on their way that nothing was told of them: after each nightly batch,
hundreds of breaches that were none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sla.handlers import Handlers
from sla.store import Word

RELAY_SECONDS = 1.0
"""How long what status has committed may lie in its outbox before it is on the topic."""

Offsets = Mapping[int, int]


class Reach(Protocol):
    """Whoever knows how far topics reach and how far their readers are."""

    async def ends(self, topic: str) -> Offsets:
        """How far a topic reaches, by partition."""
        ...

    async def read(self, group: str, topic: str) -> Offsets:
        """How far a group has finished it."""
        ...


@dataclass(slots=True)
class _Wait:
    """Words on their way: first status must read `events`, then we `states`."""

    words: Sequence[Word]
    events: Offsets
    folded_at: float | None = None
    states: Offsets | None = None


class Settling:
    """One per process. It remembers nothing a restart could lose: it would only wait again."""

    def __init__(
        self, handlers: Handlers, reach: Reach, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._handlers = handlers
        self._reach = reach
        self._monotonic = monotonic
        self._wait: _Wait | None = None

    @property
    def waiting(self) -> bool:
        """Is a word on its way?"""
        return self._wait is not None

    async def step(self) -> bool:
        """Go as far as can be gone now; returns whether words have settled."""
        if self._wait is None:
            words = await self._handlers.unsettled()
            if not words:
                return False
            self._wait = _Wait(words, await self._reach.ends("case-event"))
        wait = self._wait
        if wait.folded_at is None:
            if not _past(await self._reach.read("status", "case-event"), wait.events):
                return False
            wait.folded_at = self._monotonic()
        if wait.states is None:
            if self._monotonic() < wait.folded_at + RELAY_SECONDS:
                return False
            wait.states = await self._reach.ends("case-status")
        if not _past(await self._reach.read("sla", "case-status"), wait.states):
            return False
        await self._handlers.settle(wait.words)
        self._wait = None
        return True


def _past(read: Offsets, ends: Offsets) -> bool:
    """Has a reader finished all there was? An empty partition needs no reader."""
    return all(read.get(partition, 0) >= end for partition, end in ends.items())
