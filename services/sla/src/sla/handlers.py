"""What sla does with the messages it reads: parse, lock, judge, store, tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from aiokafka.structs import ConsumerRecord
from chassis.database import Connection, locked
from chassis.deadletters import DeadLetter, put_dead_letters
from chassis.errors import where
from chassis.gathered import Gathered
from chassis.instants import microseconds
from chassis.outbox import Outgoing, put_outgoing
from chassis.service import Base
from chassis.trails import TRAILS_MAX, Steps, Trail, headers_of, trails_of
from contracts.messages import SourceStatus

from sla import store
from sla.following import judge_case
from sla.reading import Arrival, arrival_of
from sla.rules import Rules
from sla.store import GROUNDS_LOCK, Followed, Judged, Word

Led = Callable[[Sequence[Outgoing], int], Sequence[Trail]]
"""From the messages about a case, and the case, to the traces they go on in."""

YIELD_EVERY = 64
DUE_MAX = 500
HALVES = 2
HALVED_FROM = 100
"""Two transactions cost fewer records more than they save."""


@dataclass(slots=True)
class Batch:
    """What a batch says: the newest state of each case, and what can never be read."""

    arrivals: dict[int, Arrival] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    trails: dict[int, list[Trail]] = field(default_factory=dict)


class Handlers:
    """
    One per process. It holds no state but the rules read from the database.

    `heard` rings when a source has spoken, `woken` when cases were made due.
    """

    def __init__(self, base: Base, rules: Rules) -> None:
        self._base = base
        self._rules = rules
        self.heard = asyncio.Event()
        self.woken = asyncio.Event()

    def read(self, records: Sequence[ConsumerRecord]) -> list[Batch]:
        """Parse a batch into halves by case; what can never be valid becomes a dead letter."""
        halves = [Batch() for _ in range(HALVES if len(records) >= HALVED_FROM else 1)]
        for record in records:
            if not record.value:
                continue
            try:
                arrival = arrival_of(record.value)
            except ValueError as error:
                halves[0].letters.append(DeadLetter(record, "invalid-message", where(error), None))
                continue
            half = halves[arrival.case_id % len(halves)]
            known = half.arrivals.get(arrival.case_id)
            if known is None or (known.epoch, known.version) < (arrival.epoch, arrival.version):
                half.arrivals[arrival.case_id] = arrival
            if record.headers:
                trails = [*trails_of(record.headers), *half.trails.get(arrival.case_id, ())]
                half.trails[arrival.case_id] = trails[:TRAILS_MAX]
        return halves

    async def on_case_status(self, halves: Sequence[Batch]) -> None:
        """
        Judge the cases whose state is new.

        The halves are transactions of their own, at the same time: one judges while the other waits
        for Postgres. Each is safe to repeat, so a failure of one repeats both.
        """
        done = await asyncio.gather(*map(self._take, halves), return_exceptions=True)
        for error in done:
            if error is not None:
                raise error
        self._base.relay.wake()

    async def _take(self, batch: Batch) -> None:
        if not (batch.arrivals or batch.letters):
            return
        with Steps(self._base.tracing) as steps:
            trails = steps.onward_each("sla: judge", batch.trails)
            async with (
                self._base.pool.acquire() as connection,
                locked(connection, GROUNDS_LOCK, shared=True),
            ):
                await put_dead_letters(connection, batch.letters)
                if batch.arrivals:
                    await self._rules.refresh(connection)
                    cases = [
                        case.advanced(batch.arrivals[case.case_id])
                        for case in await store.lock(connection, batch.arrivals)
                    ]
                    news = [case for case in cases if case]
                    await self.judge(connection, news, lambda _, of: trails.get(of, ()))

    async def on_source_status(self, records: Sequence[ConsumerRecord]) -> None:
        """Keep what sources tell of themselves; `Settling` says when it may be judged by."""
        newest: dict[str, Word] = {}
        letters = []
        for record in records:
            if not record.value:
                continue
            try:
                data = SourceStatus.model_validate_json(record.value).data
            except ValueError as error:
                letters.append(DeadLetter(record, "invalid-message", where(error), None))
                continue
            word = Word(data.source, data.epoch, data.version, data.model_dump_json())
            known = newest.get(data.source)
            if known is None or known[1:3] < word[1:3]:
                newest[data.source] = word
        async with self._base.pool.acquire() as connection, connection.transaction():
            await put_dead_letters(connection, letters)
            if newest:
                await store.hear(connection, [newest[name] for name in sorted(newest)])
        self.heard.set()

    async def unsettled(self) -> list[Word]:
        """The words of sources that are not judged by yet."""
        async with self._base.pool.acquire() as connection:
            return await store.read_unsettled(connection)

    async def settle(self, words: Sequence[Word]) -> None:
        """Judge by these words from now on, and look again at the cases that waited for them."""
        async with self._base.pool.acquire() as connection, locked(connection, GROUNDS_LOCK):
            await store.settle(connection, words, self._base.clock.now())
        self.woken.set()

    async def tick(self) -> int:
        """Judge again what the time has made due; returns how many cases there were."""
        now = self._base.clock.now()
        with Steps(self._base.tracing) as steps:
            async with (
                self._base.pool.acquire() as connection,
                locked(connection, GROUNDS_LOCK, shared=True),
            ):
                cases = await store.lock_due(connection, now, DUE_MAX)
                if cases:
                    await self._rules.refresh(connection)
                    await self.judge(connection, cases, partial(begun, steps))
        if cases:
            self._base.relay.wake()
        return len(cases)

    async def judge(
        self,
        connection: Connection,
        cases: Sequence[Followed],
        led: Led = lambda _, __: (),
    ) -> list[Judged]:
        """
        Judge locked cases as of now, store what became of them and put what is told of it.

        *led* says in which traces the messages about a case go on.
        """
        if not cases:
            return []
        now = self._base.clock.now()
        await self._rules.learn(connection, microseconds(now))
        judged: list[Judged] = []
        messages: list[Outgoing] = []
        for place, case in enumerate(cases):
            if place % YIELD_EVERY == 0:
                await asyncio.sleep(0)
            one, out = judge_case(self._rules, case, now)
            judged.append(one)
            trails = led(out, case.case_id)
            messages += [replace(one, headers=headers_of(trails)) for one in out] if trails else out
        writer = Gathered(connection)
        await store.save(connection, writer, judged, now)
        await put_outgoing(writer, messages)
        await writer.send()
        return judged


def begun(steps: Steps, out: Sequence[Outgoing], case_id: int) -> Sequence[Trail]:
    """What time alone brings about begins a trace of its own where a moment is told."""
    if all(one.topic != "sla-event" for one in out):
        return ()
    return steps.begin("sla: tick", {"tidtam.case": str(case_id)})
