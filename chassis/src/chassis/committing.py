"""
Commits of what is finished, in the background and gathered.

A commit costs the broker about as much as a small batch costs us, and a later one covers all before
it. What a crash leaves uncommitted comes again and is known: effects do not rest on commits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chassis.subscription import Offsets

COMMIT_SECONDS = 0.1
FLUSH_SECONDS_MAX = 10.0
"""
How long a flush waits: a client whose broker is away tries a commit for ever. Shorter than a stop
waits for the batch in hand, or the client would be closed under a commit.
"""

Commit = Callable[["Offsets"], Awaitable[None]]


class Committer:
    """
    Gathers offsets and commits them with *commit*, which must not raise.

    One commit at a time, each at least 100 ms after the one before, unless flushed.
    """

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._pending: Offsets = {}
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    def finished(self, offsets: Offsets) -> None:
        """Note what may be committed; of one partition the later offset stands."""
        self._pending.update(offsets)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())

    async def flush(self) -> None:
        """
        Commit now all that is finished, as far as the broker answers within 10 s.

        What stays uncommitted then is given up, and comes again.
        """
        self._hurry.set()
        try:
            async with asyncio.timeout(FLUSH_SECONDS_MAX):
                while self._task is not None and not self._task.done():
                    await asyncio.shield(self._task)
        except TimeoutError:
            await self.give_up()
        finally:
            self._hurry.clear()

    async def give_up(self) -> None:
        """End a commit that still hangs; what is finished and not committed comes again."""
        self._pending = {}
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _work(self) -> None:
        """Commit until nothing is left."""
        while self._pending:
            offsets, self._pending = self._pending, {}
            await self._commit(offsets)
            if not self._hurry.is_set():
                await self._pause()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._hurry.wait(), COMMIT_SECONDS)
        except TimeoutError:
            return
