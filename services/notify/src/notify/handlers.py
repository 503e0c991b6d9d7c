"""What notify does with the messages it reads: parse, lock, keep, decide, tell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import orjson
from aiokafka.structs import ConsumerRecord
from chassis.database import Connection, locked
from chassis.deadletters import DeadLetter, put_dead_letters
from chassis.instants import microseconds
from chassis.service import Base
from contracts.messages import CaseStatusData

from notify import reading, store, trace_store
from notify.contact_changes import ContactChanges
from notify.model import Key
from notify.reading import Arrival, Cases, Lines
from notify.store import PEOPLE_LOCK, Followed
from notify.telling import Telling
from notify.traces import NO_TRAILS, Traces, Trails


class Handlers:
    """One per process. It holds no state but the rules; *wake* is set when something may be due."""

    def __init__(
        self, base: Base, telling: Telling, changes: ContactChanges, wake: asyncio.Event
    ) -> None:
        self._base = base
        self._telling = telling
        self._changes = changes
        self._wake = wake
        self._traces = Traces(base)

    def read_cases(self, records: Sequence[ConsumerRecord]) -> Cases:
        """Parse a batch of `case-status` while the one before is in the database."""
        return reading.read_cases(records)

    def read_lines(self, records: Sequence[ConsumerRecord]) -> Lines:
        """Parse a batch of `line-status` while the one before is in the database."""
        return reading.read_lines(records)

    async def on_case_status(self, batch: Cases) -> None:
        """Decide on the cases whose state is new."""
        with self._traces.steps() as steps:
            await self._take(batch, steps.onward_each("notify: decide", batch.trails))
        self._done()

    async def _take(self, batch: Cases, trails: Trails) -> None:
        async with (
            self._base.pool.acquire() as connection,
            locked(connection, PEOPLE_LOCK, shared=True),
        ):
            await put_dead_letters(connection, batch.letters)
            await store.forget_cases(connection, sorted(batch.gone))
            await trace_store.forget_cases(connection, sorted(batch.gone))
            if batch.arrivals:
                cases = await store.lock(connection, batch.arrivals)
                found = [advanced(case, batch.arrivals[case.case_id]) for case in cases]
                news = [one for one in found if one is not None]
                await store.save_cases(connection, [case for case, _ in news])
                said = {case.case_id: state for case, state in news}
                await self._decide(connection, [case for case, _ in news], said, trails)

    async def on_line_status(self, batch: Lines) -> None:
        """Decide on the cases some of whose lines are new."""
        async with (
            self._base.pool.acquire() as connection,
            locked(connection, PEOPLE_LOCK, shared=True),
        ):
            await put_dead_letters(connection, batch.letters)
            ids = {case_id for case_id, _ in (*batch.rows, *batch.gone)}
            cases = await store.lock(connection, ids)
            rows = [batch.rows[place] for place in sorted(batch.rows)]
            touched = await store.save_chunks(connection, rows, sorted(batch.gone))
            await self._decide(connection, [c for c in cases if c.case_id in touched], {})
        self._done()

    async def on_case_sla(self, records: Sequence[ConsumerRecord]) -> None:
        """Keep how many days are left: no news by itself, but what messages say."""
        letters: list[DeadLetter] = []
        rows = reading.read_days(records, letters)
        with self._traces.steps() as steps:
            steps.onward_each("notify: days", reading.trails_by_case(records))
            async with self._base.pool.acquire() as connection, connection.transaction():
                await put_dead_letters(connection, letters)
                await store.save_days(connection, [rows[case_id] for case_id in sorted(rows)])
        self._done()

    async def on_sla_event(self, records: Sequence[ConsumerRecord]) -> None:
        """Decide on the cases of which the SLA said something."""
        letters: list[DeadLetter] = []
        rows = reading.read_words(records, letters)
        with self._traces.steps() as steps:
            trails = steps.onward_each("notify: decide", reading.trails_by_case(records))
            async with (
                self._base.pool.acquire() as connection,
                locked(connection, PEOPLE_LOCK, shared=True),
            ):
                await put_dead_letters(connection, letters)
                cases = await store.lock(connection, {case_id for case_id, _ in rows})
                touched = await store.save_words(connection, [rows[of] for of in sorted(rows)])
                news = [case for case in cases if case.case_id in touched]
                await self._decide(connection, news, {}, trails)
        self._done()

    async def on_payee(self, records: Sequence[ConsumerRecord]) -> None:
        """Keep payees, sealed, and look again at what could not be told for want of an address."""
        letters: list[DeadLetter] = []
        rows, gone = reading.read_payees(records, letters)
        async with self._base.pool.acquire() as connection, locked(connection, PEOPLE_LOCK):
            await put_dead_letters(connection, letters)
            kept = [rows[payee] for payee in sorted(rows)]
            before = await store.load_payees(connection, rows)
            news = await store.save_payees(connection, kept, sorted(gone))
            after = await store.load_payees(connection, news)
            family = {one.payee_id for one in after}
            waiting = await store.waiting_for_address(connection, sorted(family))
            if waiting:
                await self._decide(connection, await store.lock(connection, waiting), {})
            await self._changes.forget(connection, gone)
            known = {one.payee_id for one in before}
            said = reading.payees_said(records, known.intersection(news))
            await self._changes.note(connection, before, after, said)
        self._done()

    async def _decide(
        self,
        connection: Connection,
        cases: Sequence[Followed],
        said: Mapping[int, CaseStatusData],
        trails: Trails = NO_TRAILS,
    ) -> None:
        if cases:
            now_us = microseconds(self._base.clock.now())
            scene = await self._telling.decide(connection, cases, now_us, said)
            await self._traces.follow(connection, cases, scene, trails)

    def _done(self) -> None:
        self._base.relay.wake()
        self._wake.set()


def advanced(case: Followed, arrivals: Sequence[Arrival]) -> tuple[Followed, CaseStatusData] | None:
    """
    The case with its newest state; None when what is kept is as new.

    Every state on the way is looked at: an event that first came by a replay is remembered as such,
    also where a live event followed in the same batch.
    """
    news = [one for one in arrivals if one.version > (case.epoch, case.version)]
    if not news:
        return None
    replayed = {Key(*key) for key in orjson.loads(case.replayed)}
    if any(one.said.replay for one in news):
        known = keys_of(case)
        for one in news:
            if one.said.replay:
                replayed |= one.keys - known
            known |= one.keys
    last = news[-1]
    kept = orjson.dumps(_plain(replayed & last.keys)).decode() if replayed else "[]"
    epoch, version = last.version
    advanced = replace(case, epoch=epoch, version=version, body=last.body, replayed=kept)
    return advanced, last.said


def keys_of(case: Followed) -> set[Key]:
    """The events of the timeline that is kept."""
    if case.body is None:
        return set()
    return {
        Key(entry["source"], entry["id"]) for entry in orjson.loads(case.body).get("timeline", ())
    }


def _plain(keys: Iterable[Key]) -> list[list[str]]:
    return [list(key) for key in sorted(keys)]
