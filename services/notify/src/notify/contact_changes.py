"""
Letters to addresses that were left: noted with the change, claimed, sent, their outcome written.

They belong to no case, so they go their own way, by the same rules: one claim at a time, committed
before anything is sent; unknown outcomes are sent again under the same identity, and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chassis.database import Connection, backoff_seconds
from chassis.instants import microseconds
from chassis.outbox import Outgoing, put_outgoing
from chassis.sealing import SealingKey
from chassis.service import Base
from contracts.notice import RecipientKind

from notify import change_store, notice_store
from notify.changes import AGE_DAYS_MAX, Change, Left, change_id, left
from notify.channels.outcome import Delivery, Failed, Outcome, Retry, Sent
from notify.decide import DAY_US
from notify.gateway import Gateway
from notify.guard import admitted, hour_limit
from notify.message import contact_changed
from notify.model import Reason, Recipient, State
from notify.people import Kept
from notify.publish import change_notification
from notify.telling import Telling
from notify.windows import send_at
from notify.words import Speech

IDLE_SECONDS, AT_ONCE_MAX, SECOND_US = 1.0, 16, 1_000_000
OUR_FAULT_SECONDS = 900.0


class ContactChanges:
    """One per process. *key* seals the old addresses; *unknown* counts unknown outcomes."""

    def __init__(
        self,
        base: Base,
        telling: Telling,
        gateway: Gateway,
        key: SealingKey,
        unknown: Any,
        claim_seconds: float,
    ) -> None:
        self._base = base
        self._telling = telling
        self._gateway = gateway
        self._key = key
        self._unknown = unknown
        self._claim_us = round(claim_seconds * SECOND_US)

    async def note(
        self,
        connection: Connection,
        before: Sequence[Kept],
        after: Sequence[Kept],
        said: Mapping[str, tuple[int, int]],
    ) -> None:
        """
        Note the letters that a change of payees asks for, in the transaction of the change.

        *said* are the payees known before that have a new state: its version, and when it was
        said. Ask last: the hour's count stays locked.
        """
        if not said:
            return
        rules = self._telling.rules
        await rules.refresh(connection)
        process = rules.first_process()
        if process is None:
            return
        now_us = microseconds(self._base.clock.now())
        people = [self._telling.people(kept, now_us) for kept in (before, after)]
        moved = left(sorted(said), *people)
        made = [self._change(one, *said[one.payee], process, now_us) for one in moved]
        ready = [one for one in made if one.channel in self._gateway.channels]
        await self._guarded(connection, ready, now_us)

    async def forget(self, connection: Connection, payees: Iterable[str]) -> None:
        """Forget all about payees whose time of keeping is over."""
        await change_store.forget(connection, sorted(payees))

    def _change(self, one: Left, version: int, said_us: int, process: str, now_us: int) -> Change:
        this = change_id(one.payee, version, one.channel)
        made = Change(
            id=this,
            payee=one.payee,
            payee_version=version,
            channel=one.channel,
            language=one.language,
            process=process,
            sealed=self._key.seal(this, one.address.encode()),
            said_us=said_us,
            state=State.HELD,
            asked_us=now_us,
            version=0,
        )
        if now_us - said_us > AGE_DAYS_MAX * DAY_US:
            return made.became(State.SUPPRESSED, reason=Reason.TOO_OLD)
        return self._requested(made, now_us)

    def _requested(self, one: Change, from_us: int) -> Change:
        return one.became(State.REQUESTED, reason=None, due_us=self._window(one, from_us))

    def _window(self, one: Change, from_us: int) -> int:
        recipient = Recipient(RecipientKind.PAYEE, one.payee)
        sending, clockwork = self._telling.rules.sending(one.process, recipient, from_us)
        return send_at(from_us, one.channel, sending, clockwork)

    async def _guarded(self, connection: Connection, made: Sequence[Change], now_us: int) -> None:
        """Write what is new; what is more than the hour may have is held for an operator."""
        asked = [one for one in made if one.state is State.REQUESTED]
        held: Sequence[Change] = ()
        if asked:
            gone, same = await notice_store.count_hour(connection, now_us, len(asked))
            _, held = admitted(asked, gone, hour_limit(same))
        if held:
            await notice_store.count_hour(connection, now_us, -len(held))
        waits = {one.id for one in held}
        told = [one.held() if one.id in waits else one for one in made]
        added = await change_store.add(connection, told)
        await self._put(connection, [one for one in told if one.id in added], now_us)

    async def decided(
        self, connection: Connection, ids: Sequence[str] | None, release: bool, now_us: int
    ) -> int:
        """Release or drop what is held: by identity, or all. Returns how many."""
        held = await change_store.lock_held(connection, ids)
        changed = [
            self._requested(one, now_us)
            if release
            else one.became(State.SUPPRESSED, reason=Reason.DROPPED)
            for one in held
        ]
        if release and held:
            await notice_store.count_hour(connection, held[0].asked_us, len(held))
        await change_store.save(connection, changed)
        await self._put(connection, changed, now_us)
        return len(held)

    async def run(self) -> None:
        """Send what is due until cancelled, whatever fails."""
        failures = 0
        while True:
            try:
                sent = await self.round()
                failures = 0
            except Exception as error:
                sent, failures = 0, failures + 1
                self._base.log.warning("letters to old addresses wait", exc_info=error)
                await asyncio.sleep(backoff_seconds(failures))
            if not sent:
                await asyncio.sleep(IDLE_SECONDS)

    async def round(self) -> int:
        """Send what is due now and write what became of it; returns how many letters."""
        claimed = await self._claim()
        await asyncio.gather(*(self._deliver(one) for one in claimed))
        return len(claimed)

    async def _claim(self) -> list[Change]:
        now = self._base.clock.now()
        now_us = microseconds(now)
        async with self._base.pool.acquire() as connection, connection.transaction():
            due = await change_store.lock_due(connection, now, AT_ONCE_MAX)
            if not due:
                return []
            await self._telling.rules.refresh(connection)
            claimed = [self._claimed(one, now_us) for one in due]
            await change_store.save(connection, claimed)
            await self._put(connection, claimed, now_us)
        self._base.relay.wake()
        return claimed

    def _claimed(self, one: Change, now_us: int) -> Change:
        was_sending = one.state is State.SENDING
        if was_sending:
            self._unknown.labels(one.channel).inc()
        return one.became(
            State.SENDING,
            due_us=now_us + self._claim_us,
            attempt=one.attempt + 1,
            maybe_told=one.maybe_told or was_sending,
        )

    async def _deliver(self, one: Change) -> None:
        try:
            outcome = await self._gateway.hand_over(one.channel, self._delivery(one))
        except Exception as error:
            # A bug of ours. Its text may hold the address, so only its kind is told.
            kind = type(error).__name__
            self._base.log.error("a message cannot be sent", message=one.id, bug=kind)
            outcome = Retry(OUR_FAULT_SECONDS, f"our fault: {kind}")
        await self._record(one, outcome)

    def _delivery(self, one: Change) -> Delivery:
        """The letter with its words; Raises where no rules or no address are left: our fault."""
        rules = self._telling.rules
        book = rules.book(one.process, None)
        assert book is not None
        assert one.sealed is not None
        now_us = microseconds(self._base.clock.now())
        zone, url = book.zone(RecipientKind.PAYEE), self._gateway.public_url
        speech = Speech(book, one.language, zone, now_us, url)
        templates = rules.templates(one.process)
        return Delivery(
            notice_id=one.id,
            to=self._key.open(one.id, one.sealed).decode(),
            language=one.language,
            link=speech.link(),
            attempt=one.attempt,
            **contact_changed(templates, speech, one.channel, one.said_us)._asdict(),
        )

    async def _record(self, sent: Change, outcome: Outcome) -> None:
        """Write what became of a letter; of a claim that was taken over meanwhile nothing."""
        now_us = microseconds(self._base.clock.now())
        async with self._base.pool.acquire() as connection, connection.transaction():
            kept = await change_store.lock(connection, sent.id)
            if kept is None or (kept.state, kept.attempt) != (State.SENDING, sent.attempt):
                return
            after = self._after(kept, outcome, now_us)
            await change_store.save(connection, [after])
            await self._put(connection, [after], now_us)
        self._base.relay.wake()

    def _after(self, one: Change, outcome: Outcome, now_us: int) -> Change:
        if isinstance(outcome, Sent):
            return one.became(State.SENT, told_us=now_us, failure=None)
        if isinstance(outcome, Failed):
            return one.became(State.FAILED_PERMANENT, failure=outcome.reason)
        seconds = outcome.delay_seconds
        due_us = None
        if seconds is not None:
            due_us = self._window(one, now_us + round(seconds * SECOND_US))
        if isinstance(outcome, Retry):
            return one.became(State.FAILED_TEMPORARY, due_us=due_us, failure=outcome.reason)
        self._unknown.labels(one.channel).inc()
        more = {"due_us": due_us, "failure": outcome.reason, "maybe_told": True}
        return one.became(State.UNKNOWN, told_us=now_us, **more)

    async def _put(self, connection: Connection, changes: Iterable[Change], now_us: int) -> None:
        told = [Outgoing("notification", *change_notification(one, now_us)) for one in changes]
        await put_outgoing(connection, told)
