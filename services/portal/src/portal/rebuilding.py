"""
Making the read tables anew from the topics, while pages are served and live messages go on.

A rebuild gives itself a number, reads the topics from their beginning to where they end now, and
writes every row it finds said there again, with its number. A row is replaced in one step, so a
page always finds it. What no topic says any more goes at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from chassis.database import Connection, locked
from chassis.service import Base

from portal import payee_store, people_store, store
from portal.handlers import Handlers, derive_lines
from portal.payee_store import PAYEES_LOCK

RECORDS_MAX = 500
POLL_MS = 1000
PAGE = 500
Handle = Callable[[Sequence[ConsumerRecord]], Awaitable[None]]


@dataclass(slots=True)
class Progress:
    """
    How far a rebuild is: records read of those there were. `taken_away`: rows no topic says.

    `failure` is the class of what ended it early; then the tables are as they were or newer, and
    the next rebuild begins from the beginning.
    """

    began_at: datetime
    number: int = 0
    total: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    taken_away: dict[str, int] = field(default_factory=dict)
    ended_at: datetime | None = None
    failure: str | None = None

    @property
    def runs(self) -> bool:
        """Is it still under way?"""
        return self.ended_at is None

    def told(self) -> dict[str, Any]:
        """For an operator."""
        return {
            "number": self.number,
            "began_at": self.began_at.isoformat(),
            "ended_at": None if self.ended_at is None else self.ended_at.isoformat(),
            "failure": self.failure,
            "records": sum(self.total.values()),
            "done": sum(self.done.values()),
            "topics": {
                name: {"records": self.total[name], "done": self.done.get(name, 0)}
                for name in sorted(self.total)
            },
            "taken_away": self.taken_away,
        }


class Rebuilding:
    """The rebuilds of one process: one at a time."""

    def __init__(self, base: Base, handlers: Handlers) -> None:
        self._base = base
        self._handles: Mapping[str, Handle] = {
            "payee": handlers.on_payee,
            "source-status": handlers.on_source_status,
            "case-status": lambda records: handlers.on_case_status(handlers.read_cases(records)),
            "case-sla": lambda records: handlers.on_case_sla(handlers.read_days(records)),
            "line-status": lambda records: handlers.on_line_status(handlers.read_lines(records)),
            "notification": handlers.on_notification,
        }
        self._task: asyncio.Task[None] | None = None
        self.progress: Progress | None = None

    def start(self) -> bool:
        """Begin one; False where one is under way."""
        if self.progress is not None and self.progress.runs:
            return False
        self.progress = Progress(self._base.clock.now())
        self._task = asyncio.create_task(self._run(self.progress), name="rebuild")
        return True

    async def close(self) -> None:
        """Give up what is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=5)

    async def wait(self) -> None:
        """Until the one under way has ended."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _run(self, progress: Progress) -> None:
        try:
            await self._rebuild(progress)
            self._base.log.info("read tables rebuilt", records=sum(progress.done.values()))
        except Exception as error:
            progress.failure = type(error).__name__
            self._base.log.error("the rebuild ended early", exc_info=error)
        finally:
            progress.ended_at = self._base.clock.now()

    async def _rebuild(self, progress: Progress) -> None:
        async with self._base.pool.acquire() as connection:
            progress.number = await store.begin_rebuild(connection)
        settings = self._base.settings
        # Without a group it is given every partition, and commits nothing.
        consumer = AIOKafkaConsumer(
            *map(settings.prefixed, self._handles),
            bootstrap_servers=settings.kafka,
            client_id=f"{settings.service}-rebuild",
            enable_auto_commit=False,
            max_poll_records=RECORDS_MAX,
        )
        await consumer.start()
        try:
            await self._read(consumer, progress)
        finally:
            await consumer.stop()
        await self._take_away(progress)

    async def _read(self, consumer: AIOKafkaConsumer, progress: Progress) -> None:
        """Every record there is now, from the beginning. Live ones behind it are others' work."""
        places = sorted(consumer.assignment())
        begins = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        for place in places:
            name = self._name_of(place)
            progress.total[name] = progress.total.get(name, 0) + ends[place] - begins[place]
        waiting = {place: ends[place] for place in places if ends[place] > begins[place]}
        await consumer.seek_to_beginning()
        consumer.pause(*(place for place in places if place not in waiting))
        while waiting:
            told = await consumer.getmany(*waiting, timeout_ms=POLL_MS, max_records=RECORDS_MAX)
            await self._handle(told, ends, progress)
            for place in list(waiting):
                if await consumer.position(place) >= waiting[place]:
                    del waiting[place]
                    consumer.pause(place)
        # Offsets that compaction has emptied are done too.
        progress.done = dict(progress.total)

    async def _handle(
        self,
        told: Mapping[TopicPartition, Sequence[ConsumerRecord]],
        ends: Mapping[TopicPartition, int],
        progress: Progress,
    ) -> None:
        for place, some in told.items():
            records = [record for record in some if record.offset < ends[place]]
            if records:
                name = self._name_of(place)
                await self._handles[name](records)
                progress.done[name] = progress.done.get(name, 0) + len(records)

    def _name_of(self, place: TopicPartition) -> str:
        name: str = self._base.settings.unprefixed(place.topic)
        return name

    async def _take_away(self, progress: Progress) -> None:
        """Delete what no topic says any more."""
        number = progress.number
        async with self._base.pool.acquire() as connection:
            async with connection.transaction():
                states = await store.unsay(connection, "states", number)
                days = await store.unsay(connection, "days", number)
                await store.save_clocks(connection, days, [])
            progress.taken_away["states"] = len(states)
            progress.taken_away["days"] = len(days)
            progress.taken_away["cases"] = await _cases(connection, number)
            progress.taken_away["chunks"] = await _chunks(connection, number)
            async with locked(connection, PAYEES_LOCK):
                payees = [row[0] for row in await store.unsaid(connection, "payees", number)]
                await people_store.end_of_gone(connection, payees, self._base.clock.now())
                await payee_store.save_payees(connection, [], payees)
            sources = await store.unsaid(connection, "sources", number)
            await store.save_sources(connection, [], [row[0] for row in sources])
            progress.taken_away |= {"payees": len(payees), "sources": len(sources)}


async def _cases(connection: Connection, number: int) -> int:
    rows = await store.unsaid(connection, "cases", number)
    ids = [row[0] for row in rows]
    for start in range(0, len(ids), PAGE):
        async with connection.transaction():
            await store.forget_cases(connection, ids[start : start + PAGE])
    return len(ids)


async def _chunks(connection: Connection, number: int) -> int:
    places = [(row[0], row[1]) for row in await store.unsaid(connection, "chunks", number)]
    for start in range(0, len(places), PAGE):
        async with connection.transaction():
            touched = await store.save_chunks(connection, [], places[start : start + PAGE])
            await derive_lines(connection, touched)
    return len(places)
