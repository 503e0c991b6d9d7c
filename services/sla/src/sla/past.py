"""
What is learnt of the past, once for each local date: by when cases were paid, and who stands and
stood in which queue.

A cache of what the database says; what a case teaches is worked out again only when it moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import orjson
from chassis.database import Connection

from sla import figures_store
from sla.dates import DAY_US, EPOCH_ORDINAL
from sla.figures_store import Moved
from sla.paid_by import WINDOW_DAYS, Learnt, Sample
from sla.queues import OVERTAKING_DAYS, Holding, Left, Queues, agreements_of

PAGE = 1000
NOTHING_LEARNT = Learnt((), 0)


class Lesson(NamedTuple):
    """What one case teaches: how long it took until it was paid, and which queues it left."""

    process: str
    samples: tuple[Sample, ...]
    left: tuple[Left, ...]


Teach = Callable[[Moved], Lesson]


class Past:
    """One per process; everybody who judges asks for the same date at the same time."""

    def __init__(self) -> None:
        self._lessons: dict[int, tuple[tuple[int, int], Lesson]] = {}
        self._taught: set[int] = set()
        self._learnt: dict[str, Learnt] = {}
        self._busy = asyncio.Lock()
        self._on = 0
        self.queues = Queues(0)

    def forget(self) -> None:
        """The rules have changed: learn all of it anew."""
        self._lessons.clear()
        self._taught.clear()
        self._learnt.clear()
        self._on = 0

    def learnt(self, process: str) -> Learnt:
        """What the ended cases of a process teach."""
        return self._learnt.get(process, NOTHING_LEARNT)

    async def look(self, connection: Connection, on: int, teach: Teach) -> None:
        """Learn as of the date *on*, an ordinal, unless that was done."""
        if on == self._on:
            return
        async with self._busy:
            if on != self._on:
                await self._learn(connection, on, teach)

    async def _learn(self, connection: Connection, on: int, teach: Teach) -> None:
        # A day more than the window: no zone is a day or more from UTC.
        since_us = (on - EPOCH_ORDINAL - WINDOW_DAYS - 1) * DAY_US
        versions = await figures_store.read_moved(connection, since_us)
        for case_id in [c for c, (seen, _) in self._lessons.items() if versions.get(c) != seen]:
            self._drop(case_id)
        new = sorted(versions.keys() - self._lessons.keys())
        for start in range(0, len(new), PAGE):
            page = new[start : start + PAGE]
            for moved in await figures_store.read_histories(connection, page):
                self._lessons[moved.case_id] = ((moved.epoch, moved.version), teach(moved))
            await asyncio.sleep(0)
        for case_id, (_, lesson) in self._lessons.items():
            self._weigh(case_id, lesson, on)
        self.queues = await self._queues(connection, on)
        self._on = on

    def _drop(self, case_id: int) -> None:
        """A case that moved, or too long ago, no longer teaches what it taught."""
        _, lesson = self._lessons.pop(case_id)
        if case_id in self._taught:
            self._unlearn(case_id, lesson)

    def _unlearn(self, case_id: int, lesson: Lesson) -> None:
        self._taught.discard(case_id)
        for sample in lesson.samples:
            self._learnt[lesson.process].forget(sample)

    def _weigh(self, case_id: int, lesson: Lesson, on: int) -> None:
        """Only cases that ended in the days before *on* count."""
        if not lesson.samples:
            return
        counts = on - WINDOW_DAYS <= lesson.samples[0].ended_on < on
        if counts and case_id not in self._taught:
            self._taught.add(case_id)
            learnt = self._learnt.setdefault(lesson.process, Learnt((), on))
            for sample in lesson.samples:
                learnt.add(sample)
        elif not counts and case_id in self._taught:
            self._unlearn(case_id, lesson)

    async def _queues(self, connection: Connection, on: int) -> Queues:
        queues = Queues(on)
        for process, queue, held_us, told in await figures_store.read_queues(connection):
            queues.stands(process, told_agreements(told), Holding(queue, held_us, None))
        since_us = (on - EPOCH_ORDINAL - OVERTAKING_DAYS) * DAY_US
        for _, lesson in self._lessons.values():
            for gone in lesson.left:
                if gone.holding.left_us is not None and gone.holding.left_us >= since_us:
                    queues.left(gone)
        return queues.sort()


def told_agreements(told: str) -> tuple[str, ...]:
    """The agreements of a case's clocks, as they are kept with it."""
    return agreements_of(clause for clause, *_ in orjson.loads(told))
