"""
What is due, claimed before it leaves, and what became of it.

A claim is committed before anything is sent. One that ends without an outcome is an outcome nobody
knows: the message is sent again under the same identity, and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chassis.database import Connection, locked
from chassis.gathered import Gathered
from chassis.instants import microseconds
from chassis.outbox import put_outgoing
from chassis.service import Base
from contracts.notice import Channel

from notify import notice_store, store
from notify.channels.outcome import Failed, Outcome, Retry, Sent
from notify.gateway import Parcel
from notify.grouping import Hosts, first_messages, messages_of
from notify.message import Item
from notify.model import Reason, State
from notify.rows import Row
from notify.scene import Scene, is_payee
from notify.telling import Telling

ROWS_MAX = 400
PATIENCE = timedelta(seconds=2)
"""How long news waits for the SLA's word on the same state, so that it can say how many days."""
FRESH = timedelta(seconds=10)
"""What was decided so lately is not decided once more before it is sent."""
SECOND_US = 1_000_000


class Claims:
    """Takes what is due for *claim_seconds* and writes what became of it."""

    def __init__(self, base: Base, telling: Telling, claim_seconds: float) -> None:
        self._base = base
        self._telling = telling
        self._claim_us = round(claim_seconds * SECOND_US)
        self.unknown = base.metrics.counter(
            "notice_unknown_outcome_total",
            "Messages that may have been taken without our knowing, and are sent again.",
            ("channel",),
        )

    async def is_due(self, channels: Iterable[Channel]) -> bool:
        """Is there anything to claim? A look that locks nothing: most of what comes is no news."""
        now = self._base.clock.now()
        async with self._base.pool.acquire() as connection:
            return await notice_store.is_due(connection, now, PATIENCE, channels)

    async def claim(self, channels: Iterable[Channel] = tuple(Channel)) -> list[Parcel]:
        """The messages to send now over *channels*. Each is ours alone until its claim ends."""
        now = self._base.clock.now()
        async with (
            self._base.pool.acquire() as connection,
            locked(connection, store.PEOPLE_LOCK, shared=True),
        ):
            if not await notice_store.claiming(connection):
                return []
            await self._telling.rules.refresh(connection)
            peeked = await notice_store.peek_due(connection, now, PATIENCE, channels, ROWS_MAX)
            seen = first_messages(peeked, self._hosts(microseconds(now)), ROWS_MAX)
            if not seen:
                return []
            cases = await store.lock_dossiers(connection, {one.case_id for one in seen})
            ids = {one.notice_id for one in seen}
            due = await notice_store.lock_due(connection, now, ids)
            now_us = microseconds(now)
            if self._is_old(due, now_us):
                await self._telling.decide(connection, cases, now_us)
                due = await notice_store.lock_due(connection, now, ids)
            scene = await self._telling.look(connection, cases, now_us, speaking=True)
            parcels, changed = self._parted(due, scene, now_us)
            await self._write(connection, changed, now_us)
        self._base.relay.wake()
        return parcels

    def _is_old(self, due: Iterable[Row], now_us: int) -> bool:
        """What waited is decided once more: age, address or another outcome may have changed it."""
        fresh_us = now_us - microseconds_in(FRESH)
        return any(row.asked_us < fresh_us or row.notice.corrects is not None for row in due)

    async def _write(self, connection: Connection, changed: Sequence[Row], now_us: int) -> None:
        writer = Gathered(connection)
        await notice_store.save(writer, changed)
        await put_outgoing(writer, [self._telling.message(row, now_us) for row in changed])
        await writer.send()

    def _parted(
        self, due: Sequence[Row], scene: Scene, now_us: int
    ) -> tuple[list[Parcel], list[Row]]:
        """The messages that tell what is due, and all notices that change by it."""
        parcels: list[Parcel] = []
        changed: list[Row] = []
        tellable = []
        for row in due:
            known = scene.known.get(row.notice.case)
            if known is None or known.book is None:
                changed.append(row.became(State.SUPPRESSED, reason=Reason.SUPERSEDED))
            else:
                tellable.append(row)
        for message_id, rows in messages_of(tellable, self._hosts(now_us)):
            to = scene.people.address(rows[0].notice.recipient, rows[0].notice.channel)
            if to is None:
                changed += [_unreached(row) for row in rows]
                continue
            claimed = tuple(self._claimed(row, message_id, now_us) for row in rows)
            changed += claimed
            parcels.append(self._parcel(message_id, claimed, to, scene, now_us))
        return parcels, changed

    def _hosts(self, now_us: int) -> Hosts:
        """In whose message each recipient is told: an office that stands for several has one."""
        return lambda process, one: self._telling.rules.host(process, one, now_us)

    def _claimed(self, row: Row, message_id: str, now_us: int) -> Row:
        was_sending = row.state is State.SENDING
        if was_sending:
            self.unknown.labels(row.notice.channel).inc()
        return row.became(
            State.SENDING,
            due_us=now_us + self._claim_us,
            attempt=row.attempt + 1,
            message_id=message_id,
            maybe_told=row.maybe_told or was_sending,
        )

    def _parcel(
        self, message_id: str, rows: tuple[Row, ...], to: str, scene: Scene, now_us: int
    ) -> Parcel:
        first, process = rows[0].notice, rows[0].process
        book = scene.known[first.case].book
        assert book is not None
        digest = self._telling.rules.wants_digest(process, first.recipient, now_us)
        return Parcel(
            id=message_id,
            rows=rows,
            items=tuple(_item(row, scene) for row in rows),
            channel=first.channel,
            language=first.language,
            to=to,
            attempt=max(row.attempt for row in rows),
            digest=digest and first.channel is Channel.EMAIL,
            book=book,
            templates=self._telling.rules.templates(process),
        )

    async def record(self, outcomes: Sequence[tuple[Parcel, Outcome]]) -> None:
        """Write what became of messages; of a claim that was taken over meanwhile nothing."""
        now_us = microseconds(self._base.clock.now())
        refused = [parcel for parcel, outcome in outcomes if _is_gone(parcel, outcome)]
        async with self._base.pool.acquire() as connection, self._writing(connection, refused):
            moved = await self._refused(connection, refused, now_us)
            outcome_of = {
                row.notice.id: (row.attempt, moved.get(parcel.id, outcome))
                for parcel, outcome in outcomes
                for row in parcel.rows
            }
            kept = await notice_store.lock_notices(connection, outcome_of)
            changed = [
                self._after(kept[one], outcome, now_us)
                for one, (attempt, outcome) in sorted(outcome_of.items())
                if kept[one].state is State.SENDING and kept[one].attempt == attempt
            ]
            await self._write(connection, changed, now_us)
        self._base.relay.wake()

    def _writing(
        self, connection: Connection, refused: Sequence[Parcel]
    ) -> AbstractAsyncContextManager[Any]:
        """A transaction that writes outcomes; nobody decides while an address is struck out."""
        if refused:
            return locked(connection, store.PEOPLE_LOCK)
        return connection.transaction()

    async def _refused(
        self, connection: Connection, refused: Sequence[Parcel], now_us: int
    ) -> dict[str, Outcome]:
        """
        Strike out the addresses that are gone. Returns by message, where its recipient has another
        by now, that it goes there at once: what was refused was the old one.
        """
        if refused:
            await self._telling.rules.refresh(connection)
        kept = await store.load_payees(connection, map(_payee_of, refused))
        people = self._telling.people(kept, now_us)
        gone: set[str] = set()
        moved: dict[str, Outcome] = {}
        for parcel in refused:
            recipient = parcel.rows[0].notice.recipient
            if people.address(recipient, parcel.channel) not in (None, parcel.to):
                moved[parcel.id] = Retry(0.0, "the address has changed")
            elif parcel.channel is Channel.WEBHOOK:
                await self._telling.rules.endpoints.end_gone(connection, recipient, parcel.to)
            else:
                gone.add(people.root(_payee_of(parcel)))
        if gone:
            ids = [payee for payee, root in sorted(people.same.items()) if root in gone]
            await store.mark_gone(connection, ids)
        return moved

    def _after(self, row: Row, outcome: Outcome, now_us: int) -> Row:
        """The notice of a message that had this *outcome*."""
        if isinstance(outcome, Sent):
            there = row.notice.channel is Channel.INBOX
            state = State.DELIVERED if there else State.SENT
            return row.became(state, told_us=now_us, failure=None)
        if isinstance(outcome, Retry):
            due_us = self._again(row, outcome.delay_seconds, now_us)
            return row.became(State.FAILED_TEMPORARY, due_us=due_us, failure=outcome.reason)
        if isinstance(outcome, Failed):
            reason = Reason.NO_ADDRESS if outcome.gone else None
            return row.became(State.FAILED_PERMANENT, reason=reason, failure=outcome.reason)
        self.unknown.labels(row.notice.channel).inc()
        seconds = outcome.delay_seconds
        again_us = None if seconds is None else self._again(row, seconds, now_us)
        more = {"due_us": again_us, "failure": outcome.reason, "maybe_told": True}
        return row.became(State.UNKNOWN, told_us=now_us, **more)

    def _again(self, row: Row, delay_seconds: float, now_us: int) -> int:
        """When to try again: nobody is woken at night by our third attempt."""
        from_us = now_us + round(delay_seconds * SECOND_US)
        return self._telling.window(row.notice, row.process, from_us, again=True)


def _is_gone(parcel: Parcel, outcome: Outcome) -> bool:
    """Was it refused because an endpoint, or a payee's address, is no more?"""
    ends = parcel.channel is Channel.WEBHOOK or is_payee(parcel.rows[0].notice)
    return isinstance(outcome, Failed) and outcome.gone and ends


def _payee_of(parcel: Parcel) -> str:
    """The payee to whom it goes."""
    return parcel.rows[0].notice.recipient.id


def _item(row: Row, scene: Scene) -> Item:
    known = scene.known[row.notice.case]
    earlier = scene.rows.get(row.notice.corrects or "")
    if earlier is None:
        return Item(row.notice, known.picture)
    return Item(row.notice, known.picture, earlier.notice, earlier.told_us)


def _unreached(row: Row) -> Row:
    """The address went away since it was asked for."""
    if row.maybe_told:
        return row.became(State.UNKNOWN, reason=Reason.NO_ADDRESS)
    return replace(row, message_id=None).became(State.SUPPRESSED, reason=Reason.NO_ADDRESS)


def microseconds_in(span: timedelta) -> int:
    """How many microseconds *span* has."""
    return span // timedelta(microseconds=1)
