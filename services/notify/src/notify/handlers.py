"""What notify does with the messages it reads: parse, lock, keep, decide, tell."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiokafka.structs import ConsumerRecord
from chassis.database import Connection, locked
from chassis.deadletters import DeadLetter, put_dead_letters
from chassis.gathered import Gathered
from chassis.instants import microseconds
from chassis.service import Base

from notify import reading, store, trace_store
from notify.contact_changes import ContactChanges
from notify.kept import Dossier
from notify.reading import ABOUT_CASES, Batch
from notify.store import PEOPLE_LOCK
from notify.taking import Taken, asked, taken, unread
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
        self._topics = {base.settings.prefixed(name): name for name in ABOUT_CASES}

    def read(self, records: Sequence[ConsumerRecord]) -> Batch:
        """Parse messages about cases while the batch before is in the database."""
        return reading.read(records, self._topics)

    async def on_cases(self, batch: Batch) -> None:
        """
        Keep what is new of cases, and decide on those of which it can change what is told.

        Days are no news by themselves, but what messages say: they are only kept.
        """
        with self._traces.steps() as steps:
            trails = steps.onward_each("notify: decide", batch.trails)
            steps.onward_each("notify: days", batch.day_trails)
            async with (
                self._base.pool.acquire() as connection,
                locked(connection, PEOPLE_LOCK, shared=True),
            ):
                await put_dead_letters(connection, batch.letters)
                if batch.gone:
                    # In one order with all others, before any is deleted.
                    await store.lock(connection, batch.gone | batch.cases)
                await store.forget_cases(connection, sorted(batch.gone))
                await trace_store.forget_cases(connection, sorted(batch.gone))
                news = await self._news(connection, batch)
                writer = Gathered(connection)
                await store.save_cases(writer, news.states, news.days)
                await store.save_chunks(writer, news.chunks, batch.lines_gone)
                await store.save_words(writer, news.words)
                await self._decide(connection, writer, news.dossiers, trails)
        if news.dossiers or news.days or batch.letters:
            self._done()

    async def _news(self, connection: Connection, batch: Batch) -> Taken:
        """What of the batch is new beside what is kept; its cases are locked."""
        cases = await store.lock(connection, batch.cases)
        words = await store.load_words(connection, *unread(batch, cases))
        needed = asked(batch, cases, words)
        texts = {one.case_id: one for one in await store.read_cases(connection, needed.states)}
        chunks = await store.load_chunks(connection, needed.lines)
        whole = [texts.get(case.case_id, case) for case in cases]
        return taken(batch, whole, needed, chunks, words)

    async def on_payee(self, records: Sequence[ConsumerRecord]) -> None:
        """
        Keep payees, sealed, and look again at what could not be told for want of an address.

        In two transactions: nobody decides during the first, and only for as long as it takes to
        write. What was decided without these addresses has committed before it, so the second finds
        all that waits; after a crash in between the batch comes again and looks again.
        """
        letters: list[DeadLetter] = []
        rows, gone = reading.read_payees(records, letters)
        said = reading.payees_said(records)
        async with self._base.pool.acquire() as connection:
            async with locked(connection, PEOPLE_LOCK):
                await put_dead_letters(connection, letters)
                before = await store.load_payees(connection, rows)
                kept = [rows[payee] for payee in sorted(rows)]
                news = await store.save_payees(connection, kept, sorted(gone))
                after = await store.load_payees(connection, news)
                await self._changes.forget(connection, gone)
                known = {one.payee_id for one in before}.intersection(news)
                changed = {payee: said[payee] for payee in sorted(known)}
                await self._changes.note(connection, before, after, changed)
            async with locked(connection, PEOPLE_LOCK, shared=True):
                family = {one.payee_id for one in await store.load_payees(connection, rows)}
                waiting = await store.waiting_for_address(connection, sorted(family))
                if waiting:
                    dossiers = await store.lock_dossiers(connection, waiting)
                    await self._decide(connection, Gathered(connection), dossiers)
        self._done()

    async def _decide(
        self,
        connection: Connection,
        writer: Gathered,
        dossiers: Sequence[Dossier],
        trails: Trails = NO_TRAILS,
    ) -> None:
        """Decide on locked cases, and write that with what *writer* has gathered."""
        if not dossiers:
            await writer.send()
            return
        now_us = microseconds(self._base.clock.now())
        scene = await self._telling.decide(connection, dossiers, now_us, writer)
        await self._traces.follow(connection, [one.kept for one in dossiers], scene, trails)

    def _done(self) -> None:
        self._base.relay.wake()
        self._wake.set()
