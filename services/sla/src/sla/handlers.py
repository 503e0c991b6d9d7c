"""What sla does with the messages it reads: parse, lock, judge, store, tell."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from aiokafka.structs import ConsumerRecord
from chassis.database import Connection, locked
from chassis.deadletters import DeadLetter, put_dead_letters
from chassis.instants import microseconds
from chassis.outbox import Outgoing, put_outgoing
from chassis.service import Base
from contracts.messages import CaseStatus, SourceStatus
from pydantic import ValidationError

from sla import store
from sla.following import judge_case
from sla.rules import Rules
from sla.store import GROUNDS_LOCK, Arrival, Followed, Judged, Word

YIELD_EVERY = 64
DUE_MAX = 500


@dataclass(slots=True)
class Batch:
    """What a batch says: the newest state of each case, and what can never be read."""

    arrivals: dict[int, Arrival] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)


class Handlers:
    """One per process. It holds no state but the rules read from the database."""

    def __init__(self, base: Base, rules: Rules) -> None:
        self._base = base
        self._rules = rules

    def read(self, records: Sequence[ConsumerRecord]) -> Batch:
        """Parse a batch; what can never be valid becomes a dead letter."""
        batch = Batch()
        for record in records:
            if not record.value:
                continue
            try:
                arrival = arrival_of(CaseStatus.model_validate_json(record.value))
            except ValueError as error:
                batch.letters.append(DeadLetter(record, "invalid-message", where(error), None))
                continue
            known = batch.arrivals.get(arrival.case_id)
            if known is None or (known.epoch, known.version) < (arrival.epoch, arrival.version):
                batch.arrivals[arrival.case_id] = arrival
        return batch

    async def on_case_status(self, batch: Batch) -> None:
        """Judge the cases whose state is new."""
        async with (
            self._base.pool.acquire() as connection,
            locked(connection, GROUNDS_LOCK, shared=True),
        ):
            await put_dead_letters(connection, batch.letters)
            if batch.arrivals:
                await self._rules.refresh(connection)
                cases = [
                    advanced(case, batch.arrivals[case.case_id])
                    for case in await store.lock(connection, batch.arrivals)
                ]
                await self.judge(connection, [case for case in cases if case], "facts")
        self._base.relay.wake()

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

    async def unsettled(self) -> list[Word]:
        """The words of sources that are not judged by yet."""
        async with self._base.pool.acquire() as connection:
            return await store.read_unsettled(connection)

    async def settle(self, words: Sequence[Word]) -> None:
        """Judge by these words from now on, and look again at the cases that waited for them."""
        async with self._base.pool.acquire() as connection, locked(connection, GROUNDS_LOCK):
            await store.settle(connection, words)
            await store.wake(connection, self._base.clock.now(), everything=False)

    async def tick(self) -> int:
        """Judge again what the time has made due; returns how many cases there were."""
        now = self._base.clock.now()
        async with (
            self._base.pool.acquire() as connection,
            locked(connection, GROUNDS_LOCK, shared=True),
        ):
            cases = await store.lock_due(connection, now, DUE_MAX)
            if cases:
                await self._rules.refresh(connection)
                await self.judge(connection, cases, "time")
        if cases:
            self._base.relay.wake()
        return len(cases)

    async def judge(
        self, connection: Connection, cases: Sequence[Followed], reason: str
    ) -> list[Judged]:
        """Judge locked cases as of now, store what became of them and put what is told of it."""
        if not cases:
            return []
        now = self._base.clock.now()
        await self._rules.learn(connection, microseconds(now))
        told = await store.load_clocks(connection, [case.case_id for case in cases])
        judged: list[Judged] = []
        messages: list[Outgoing] = []
        for place, case in enumerate(cases):
            if place % YIELD_EVERY == 0:
                await asyncio.sleep(0)
            one, out = judge_case(self._rules, case, told.get(case.case_id, {}), now, reason)
            judged.append(one)
            messages += out
        await store.save(connection, judged, now, reason)
        await put_outgoing(connection, messages)
        return judged


def advanced(case: Followed, arrival: Arrival) -> Followed | None:
    """The case with its new state; None when what it holds is as new."""
    if (arrival.epoch, arrival.version) <= (case.epoch, case.version):
        return None
    return replace(
        case,
        epoch=arrival.epoch,
        version=arrival.version,
        process=arrival.process,
        process_version=arrival.process_version,
        redirect_to=arrival.redirect_to,
        history=arrival.history,
        replay=arrival.replay,
    )


def arrival_of(message: CaseStatus) -> Arrival:
    """
    What sla keeps of a case's state. Raises ValueError where a number or an instant is none, and
    where spans were left out: days counted from half a history would be wrong.
    """
    data = message.data
    if data.omitted.get("spans"):
        raise ValueError("data/spans: some were left out, so the days cannot be counted")
    spans = [
        (one.stage, one.holder, microseconds(datetime.fromisoformat(one.since)), one.anchor)
        for one in data.spans
    ]
    fields: dict[str, Any] = {
        name: value
        for name in ("unit", "kind", "fund", "priority", "due_on", "released_on")
        if (value := getattr(data, name)) is not None
    }
    if data.amount is not None:
        fields |= {"amount": data.amount.value, "currency": data.amount.currency}
    return Arrival(
        int(data.case),
        data.epoch,
        data.version,
        data.process,
        data.process_version,
        None if data.redirect_to is None else int(data.redirect_to),
        orjson.dumps([spans, fields]).decode(),
        data.replay or data.rebuilt,
    )


def where(error: ValueError) -> str:
    """Which field is wrong and why, without the value itself: it may be personal."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'/'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)
