"""What status does with the messages it reads: parse, record, lock, load, fold, store, tell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
from aiokafka.structs import ConsumerRecord
from chassis.database import Connection
from chassis.deadletters import DeadLetter, put_dead_letters
from chassis.errors import where
from chassis.gathered import Gathered, Writer
from chassis.instants import microseconds
from chassis.outbox import Outgoing, put_outgoing
from chassis.service import Base
from chassis.trails import TRAILS_MAX, Steps, Trail, headers_of, trails_of
from contracts.messages import CaseEvent, FactData

from status import store
from status.model import Change, Key
from status.publish import change_of
from status.rules import Rules, RulesChanged
from status.store import Arrivals

YIELD_EVERY = 64
HALVES = 2
HALVED_FROM = 100
"""Two transactions cost fewer records more than they save."""
WHOLE_MAX = 2**63 - 1
DIGITS_MAX = 19
INSTANT_US_MIN = microseconds(datetime.min.replace(tzinfo=UTC))
INSTANT_US_MAX = microseconds(datetime.max.replace(tzinfo=UTC))


Trails = dict[int, list[Trail]]


@dataclass(slots=True)
class Batch:
    """What a batch of records says. `trails`: case → the traces that lead to it, newest first."""

    arrivals: Arrivals = field(default_factory=Arrivals)
    letters: list[DeadLetter] = field(default_factory=list)
    trails: Trails = field(default_factory=dict)

    def holds_anything(self) -> bool:
        """Is there anything to do?"""
        return bool(self.arrivals.holds_any() or self.letters)


class Handlers:
    """One per process. It holds no state but the rules read from the database."""

    def __init__(self, base: Base, rules: Rules) -> None:
        self._base = base
        self._rules = rules

    def read(self, records: Sequence[ConsumerRecord]) -> list[Batch]:
        """
        Parse a batch into halves by case; what can never be valid becomes a dead letter.

        A regrouping speaks of several cases at once: a batch that holds one stays whole.
        """
        events, letters = list[tuple[ConsumerRecord, CaseEvent, int]](), list[DeadLetter]()
        for record in records:
            try:
                event = CaseEvent.model_validate_json(record.value or b"")
                events.append((record, event, whole(event.correlationid, "correlationid")))
            except ValueError as error:
                letters.append(DeadLetter(record, "invalid-message", where(error), None))
        parted = len(events) >= HALVED_FROM and all(
            isinstance(event.data, FactData) for _, event, _ in events
        )
        halves = [Batch() for _ in range(HALVES if parted else 1)]
        halves[0].letters += letters
        for record, event, case_id in events:
            half = halves[case_id % len(halves)]
            try:
                take(half.arrivals, event, case_id)
            except ValueError as error:
                half.letters.append(DeadLetter(record, "invalid-message", where(error), None))
                continue
            if record.headers:
                trails = [*trails_of(record.headers), *half.trails.get(case_id, ())]
                half.trails[case_id] = trails[:TRAILS_MAX]
        return [half for half in halves if half.holds_anything()]

    async def on_case_event(self, halves: Sequence[Batch]) -> None:
        """
        Let a batch of `case-event` change the cases it touches.

        The halves are transactions of their own, at the same time: one folds while the other waits
        for Postgres. Each is safe to repeat, so a failure of one repeats both.
        """
        done = await asyncio.gather(*map(self._take, halves), return_exceptions=True)
        for error in done:
            if error is not None:
                raise error

    async def _take(self, batch: Batch) -> None:
        while True:
            try:
                await self._take_once(batch)
                return
            except RulesChanged:
                async with self._base.pool.acquire() as connection:
                    await self._rules.refresh(connection)

    async def _take_once(self, batch: Batch) -> None:
        with Steps(self._base.tracing) as steps:
            async with self._base.pool.acquire() as connection, connection.transaction():
                await put_dead_letters(connection, batch.letters)
                touched = await self._record(connection, batch.arrivals)
                came = {case: batch.trails[case] for case in touched & batch.trails.keys()}
                trails = steps.onward_each("status: fold", came)
                writer, again = Gathered(connection), batch.arrivals.replayed()
                changes = await self.refold(connection, writer, touched, replayed=again)
                await put_outgoing(writer, messages_of(changes, trails))
                await writer.send()
        self._base.relay.wake()

    async def _record(self, connection: Connection, arrivals: Arrivals) -> set[int]:
        """
        Keep what came. Returns the touched cases, their rows made. Raises `RulesChanged`, and what
        the rules raise.
        """
        if not arrivals.holds_any():
            return set()
        if not self._rules.know(arrivals.names()):
            await self._rules.refresh(connection)
        versions = {name: self._rules.version_of(name) for name in arrivals.names()}
        touched, rules = await store.record(connection, arrivals, versions)
        if rules != self._rules.count:
            raise RulesChanged("rules were applied meanwhile")
        touched |= set(arrivals.redirects)
        if arrivals.redirects:
            await store.redirect(connection, touched, arrivals.redirects)
        return touched

    async def refold(
        self,
        connection: Connection,
        writer: Writer,
        case_ids: Iterable[int],
        marks: Mapping[str, bool] | None = None,
        replayed: Set[int] = frozenset(),
    ) -> list[Change]:
        """
        Lock, fold and store cases, these by *writer*. Returns what visibly changed; telling it is
        the caller's.

        The messages of all cases carry *marks*, those of the *replayed* ones `replay` too.
        """
        changes = []
        now_us = microseconds(self._base.clock.now())
        for place, loaded in enumerate(await store.load(connection, case_ids)):
            if place % YIELD_EVERY == 0:
                await asyncio.sleep(0)
            process = self._rules.get(loaded.told.process, loaded.told.process_version)
            told = {**(marks or {}), **({"replay": True} if loaded.case_id in replayed else {})}
            change = change_of(process, loaded, now_us, told)
            if change is not None:
                changes.append(change)
        if changes:
            await store.advance(writer, changes)
        return changes


def take(arrivals: Arrivals, event: CaseEvent, case_id: int) -> None:
    """
    Note what one message says: a fact of a case, or which events changed their case.

    Raises ValueError, and notes nothing, where a number or a text is none our tables can hold.
    """
    data = event.data
    whole(data.membership, "data/membership")
    if isinstance(data, FactData):
        key = held(event.source, event.id)
        sequence = None if event.sequence is None else whole(event.sequence, "sequence")
        if not INSTANT_US_MIN <= data.instant_us <= INSTANT_US_MAX:
            raise ValueError("data/instant_us: not in the years 1 to 9999")
        body, text = written(data, sequence)
        arrivals.add_event(key, case_id, data.membership, data.process, body)
        (arrivals.again if data.replay else arrivals.live).add(case_id)
        if text is not None:
            arrivals.texts[key] = text
        return
    target = None if data.redirect_to is None else whole(data.redirect_to, "data/redirect_to")
    moves: list[tuple[Key, int | None]] = [(held(*key), case_id) for key in data.events_in]
    for source, event_id, to in data.events_out:
        home = None if to is None else whole(to, "data/events_out")
        moves.append((held(source, event_id), home))
    arrivals.live.update(home for _, home in moves if home is not None)
    arrivals.add_redirect(case_id, target, data.membership)
    arrivals.processes.setdefault(case_id, data.process)
    for key, home in moves:
        arrivals.add_event(key, home, data.membership, data.process, None)


def whole(number: str | int, place: str) -> int:
    """*number* as the whole number from 0 to 2**63 - 1 that it must be; else ValueError."""
    text = str(number)
    if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX):
        raise ValueError(f"{place}: not a whole number")
    if int(text) > WHOLE_MAX:
        raise ValueError(f"{place}: above {WHOLE_MAX}")
    return int(text)


def written(data: FactData, sequence: int | None) -> tuple[str, str | None]:
    """A fact's body and its personal text as kept; ValueError where JSON cannot hold them."""
    try:
        return store.body_of(data, sequence), store.text_of(data.text) if data.text else None
    except orjson.JSONEncodeError as error:
        raise ValueError("data: a number past 64 bits") from error


def held(source: str, event_id: str) -> Key:
    """The identity of an event, which must be without the null character Postgres cannot keep."""
    if "\0" in source or "\0" in event_id:
        raise ValueError("source, id: a null character")
    return Key(source, event_id)


def messages_of(changes: Iterable[Change], trails: Mapping[int, Sequence[Trail]]) -> list[Outgoing]:
    """
    The outbox rows of these changes, in case order.

    Several traced events may have made one version: it carries on the trace of each, the newest
    first, where readers that know only one look.
    """
    rows = []
    for change in changes:
        headers = headers_of(trails.get(change.case_id, ()))
        key = str(change.case_id).encode()
        rows.append(Outgoing("case-status", key, change.status, headers))
        rows += [Outgoing("line-status", k.encode(), value, ()) for k, value in change.lines]
    return rows
