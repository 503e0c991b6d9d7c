"""
From what is kept of cases to what is told of them: load, decide and write in one transaction.

The one place where a decision meets the database; both the handlers and the sender come here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chassis.database import Connection
from chassis.gathered import Gathered
from chassis.outbox import Outgoing, put_outgoing
from chassis.sealing import SealingKey
from contracts.notice import Channel

from notify import notice_store, store
from notify.corrections import Changes, changes
from notify.decide import wanted
from notify.guard import admitted, hour_limit
from notify.kept import Dossier
from notify.model import Key, Notice, State
from notify.people import Kept, People
from notify.publish import notification
from notify.rows import Row
from notify.rulebook import Rulebook
from notify.rules import Rules
from notify.scene import Known, Scene, is_payee, known_of, payees_in
from notify.windows import send_at, window_of


class Telling:
    """One per process: the rules, the key that opens payees, and the channels there are."""

    def __init__(self, rules: Rules, key: SealingKey, channels: Iterable[Channel]) -> None:
        self.rules = rules
        self._key = key
        self._channels = frozenset(channels)

    async def decide(
        self,
        connection: Connection,
        dossiers: Sequence[Dossier],
        now_us: int,
        writer: Gathered | None = None,
    ) -> Scene:
        """
        Decide on locked cases, write what is decided and put what is told of it.

        What *writer* has gathered goes along. Nothing that others lock may be written after it.
        Raises `RulesMissing`.
        """
        writer = Gathered(connection) if writer is None else writer
        await self.rules.refresh(connection)
        scene = await self.look(connection, dossiers, now_us, speaking=False)
        for known in scene.known.values():
            if known.book is not None:
                self._decide(known, known.book, scene, now_us)
        await self._guard(connection, scene, now_us)
        decided = list(scene.changed.values())
        added = await notice_store.add(connection, [row for row in decided if row.place is None])
        await notice_store.save(writer, [row for row in decided if row.place is not None])
        told = [row for row in decided if row.place is not None or row.notice.id in added]
        await put_outgoing(writer, [self.message(row, now_us) for row in told])
        await writer.send()
        return scene

    async def look(
        self, connection: Connection, dossiers: Sequence[Dossier], now_us: int, speaking: bool
    ) -> Scene:
        """
        All that a decision on these locked cases needs, and the days where it is for *speaking*;
        their notices are locked too.
        """
        if not dossiers:
            return Scene({}, (), self.people((), now_us))
        ids = [one.kept.case_id for one in dossiers]
        keys = {Key(e.source, e.id) for one in dossiers for e in one.said.timeline}
        keys |= {Key(*word.said.start) for one in dossiers for word in one.words}
        rows = await notice_store.lock_records(connection, ids, keys)
        kept = await store.load_payees(connection, payees_in(dossiers, rows))
        people = self.people(kept, now_us)
        known = {one.said.case: known_of(one, people, self.rules, speaking) for one in dossiers}
        return Scene(known, rows, people)

    def people(self, kept: Iterable[Kept], now_us: int) -> People:
        """The payees *kept*, offices and machines, to be asked how they are reached at *now_us*."""
        offices, hooks = self.rules.offices_on(now_us), self.rules.endpoints.hooks
        return People(self._key, kept, self._channels, offices, hooks)

    def _decide(self, known: Known, book: Rulebook, scene: Scene, now_us: int) -> None:
        picture = known.picture
        rows = scene.records_of(picture)
        recipients = {line.payee for line in picture.lines if line.payee is not None}
        recipients |= {row.notice.recipient.id for row in rows if is_payee(row.notice)}
        people = scene.people.preferences(recipients)
        asked = wanted(picture, book, people, now_us)
        made = changes(picture, asked, [row.record for row in rows], book, people)
        self._note(made, scene, picture.case.process, now_us)

    def _note(self, made: Changes, scene: Scene, process: str, now_us: int) -> None:
        """Note what *made* says as rows to write."""
        for notice in (*made.new, *made.corrections):
            row = Row(notice, process, State.HELD, notice.reason, now_us, version=0)
            self._ask(row, scene)
        for notice in made.refreshed:
            row = scene.rows[notice.id]
            scene.change(replace(row, notice=notice, version=row.version + 1))
        for notice in made.revived:
            row = scene.rows[notice.id]
            row = replace(row, notice=notice, asked_us=now_us, attempt=0, message_id=None)
            self._ask(replace(row, failure=None), scene)
        for ended in made.ended:
            scene.change(scene.rows[ended.id].became(ended.state, reason=ended.reason))
        for notice_id in made.moved:
            row = scene.rows[notice_id]
            notice = replace(row.notice, case=made.case)
            scene.change(replace(row, notice=notice, version=row.version + 1))

    def _ask(self, row: Row, scene: Scene) -> None:
        """Note a notice that is asked for, or recorded only."""
        if row.notice.reason is not None:
            scene.change(row.became(State.SUPPRESSED, reason=row.notice.reason))
        else:
            scene.change(self.requested(row, row.asked_us))
            scene.asked.add(row.notice.id)

    def requested(self, row: Row, from_us: int) -> Row:
        """A notice that goes out from *from_us* on, when its recipient may be disturbed."""
        due_us = self.window(row.notice, row.process, from_us)
        return row.became(State.REQUESTED, reason=None, due_us=due_us)

    def window(self, notice: Notice, process: str, from_us: int, again: bool = False) -> int:
        """
        The first instant from *from_us* on at which its recipient may be disturbed with it.

        What failed goes out *again* the same day: the next digest is a day away.
        """
        sending, clockwork = self.rules.sending(process, notice.recipient, from_us)
        if again:
            sending = window_of(sending)
        return send_at(from_us, notice.channel, sending, clockwork)

    async def _guard(self, connection: Connection, scene: Scene, now_us: int) -> None:
        """Hold back what is more than the hour may have; what lies in an inbox has arrived."""
        asked = [row for one in scene.asked if (row := scene.rows[one]).state is State.REQUESTED]
        if not asked:
            return
        before, same = await notice_store.count_hour(connection, now_us, len(asked))
        asked.sort(key=lambda row: (row.notice.at_us, row.notice.id))
        go, held = admitted(asked, before, hour_limit(same))
        if held:
            await notice_store.count_hour(connection, now_us, -len(held))
        for row in held:
            scene.change(replace(row, state=State.HELD, due_us=None))
        for row in go:
            if row.notice.channel is Channel.INBOX:
                scene.change(replace(row, state=State.DELIVERED, due_us=None, told_us=now_us))

    def message(self, row: Row, now_us: int) -> Outgoing:
        """What is told of the state of one notice."""
        book = self.rules.book(row.process, None)
        rule = None if book is None else book.rules.get(row.notice.rule)
        return Outgoing("notification", *notification(row, rule, now_us))
