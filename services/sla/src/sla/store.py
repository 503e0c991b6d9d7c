"""
The Python of sla that speaks SQL about cases, sources and rules; what is only looked up is in
`figures_store`. State and outbox rows are written in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import orjson
from chassis.database import Connection
from chassis.gathered import Writer
from chassis.instants import moment
from chassis.queries import Queries
from chassis.tables import Table

from sla.model import ClockState, History, Key, Mark, MarkKind
from sla.reading import Arrival, history_of
from sla.verdicts import VERDICTS, Kind, Saying, Told

SQL = Queries(Path(__file__).with_name("store.sql"))
GROUNDS_LOCK = "tidtam.sla"
"""
Held by many while they judge, by one while rules or words of sources change: else a case judged on
old grounds could be stored after the look for whom the new ones concern.
"""
CASES = Table("followed_case", {
    "case_id": "bigint", "epoch": "integer", "version": "bigint", "process": "text",
    "process_version": "integer", "redirect_to": "bigint", "history": "text",
    "told_version": "bigint", "told_sha256": "bytea", "told": "text", "replayed_us": "bigint",
    "days_unit": "integer", "days_finance": "integer", "days_bank": "integer",
    "days_payee": "integer", "days_nobody": "integer", "days_total": "integer",
    "waits_for": "text", "next_check_at": "timestamptz", "queue": "text",
    "held_us": "bigint", "moved_us": "bigint",
})  # fmt: skip
VERDICT = Table("verdict", {
    "case_id": "bigint", "clause": "text", "start_source": "text", "start_id": "text",
    "kind": "text", "charged": "integer", "at": "timestamptz", "told_at": "timestamptz",
    "counted_on": "date", "unit": "text", "case_kind": "text", "fund": "text",
})  # fmt: skip
NOTHING_TOLD = "[]"


class Word(NamedTuple):
    """What a source told of itself, as JSON."""

    source: str
    epoch: int
    version: int
    body: str


class Place(NamedTuple):
    """
    Where a case stands in time: for which sources' words it waits (by name, a space between), when
    it is looked at next, in whose queue it stands since when, and when it last moved. `woken`: what
    has made it due before its time.
    """

    waits_for: str = ""
    next_check_at: datetime | None = None
    queue: str | None = None
    held_us: int | None = None
    moved_us: int | None = None
    woken: str | None = None


class Followed(NamedTuple):
    """
    A case as it is kept. `version` is -1 before its first state came.

    `told` are its clocks as they were told last, as JSON. `replayed_us`: when its past was played
    again last; what time brings of the days before is nobody's news. `arrived`: its history, where
    that has only just come; `long_ago`: by such a play.
    """

    case_id: int
    epoch: int = 0
    version: int = -1
    process: str = ""
    process_version: int = 0
    redirect_to: int | None = None
    history: str = "[[],{}]"
    told_version: int = 0
    told_sha256: bytes | None = None
    told: str = NOTHING_TOLD
    replayed_us: int | None = None
    place: Place = Place()
    known: bool = True
    arrived: History | None = None
    replay: bool = False
    long_ago: bool = False

    def read(self) -> History:
        """The history as the decision sees it."""
        return self.arrived or history_of(self.case_id, self.process, self.history)

    def clocks(self) -> dict[str, Told]:
        """Clause → what was told of its clock."""
        return {} if self.told == NOTHING_TOLD else _clocks_in(self.told)

    def advanced(self, arrival: Arrival) -> Followed | None:
        """The case with its new state; None when what it holds is as new."""
        if (arrival.epoch, arrival.version) <= (self.epoch, self.version):
            return None
        return self._replace(
            epoch=arrival.epoch,
            version=arrival.version,
            process=arrival.process,
            process_version=arrival.process_version,
            redirect_to=arrival.redirect_to,
            history=arrival.text,
            arrived=arrival.history,
            replay=arrival.replay,
            long_ago=arrival.long_ago,
        )


class Verdict(NamedTuple):
    """A saying that is kept, with the local date it counts on."""

    saying: Saying
    counted_on: date | None


@dataclass(frozen=True, slots=True)
class Judged:
    """
    What became of a case: as it is kept now, its days by party in the order of the columns, what is
    said of it, which of that are verdicts, and the reason of what was taken back. `changed`: there
    is something to write.
    """

    case: Followed
    days: tuple[int, ...]
    days_total: int
    sayings: Sequence[Saying]
    verdicts: Sequence[Verdict]
    reason: str
    fields: Mapping[str, Any]
    changed: bool


async def known_state(connection: Connection) -> tuple[int, int]:
    """How many rule versions there are, and a number that grows with every source's word."""
    (row,) = await connection.fetch(SQL.known_state)
    return int(row[0]), int(row[1])


async def lock(connection: Connection, case_ids: Iterable[int]) -> list[Followed]:
    """
    The cases in id order, those that are known locked.

    A new one has no row to lock yet. Were two processes to take it in at once, the later would find
    its row when it writes, fail and come again.
    """
    ids = sorted(case_ids)
    rows = await connection.fetch(SQL.lock_cases, ids)
    known = {row[0]: _followed(row) for row in rows}
    return [known.get(case_id) or Followed(case_id, known=False) for case_id in ids]


async def lock_due(connection: Connection, now: datetime, most: int) -> list[Followed]:
    """The cases the clock has made due, locked; those another process works on are passed over."""
    return [_followed(row) for row in await connection.fetch(SQL.lock_due_cases, now, most)]


async def read_case(connection: Connection, case_id: int) -> Followed | None:
    """One case, only looked at."""
    row = await connection.fetchrow(SQL.read_case, case_id)
    return None if row is None else _followed(row)


async def page_cases(connection: Connection, after: int, most: int) -> list[Followed]:
    """The cases after *after* that stand for themselves, only looked at."""
    return [_followed(row) for row in await connection.fetch(SQL.page_cases, after, most)]


def _followed(row: asyncpg.Record) -> Followed:
    values = tuple(row)
    return Followed._make((*values[:11], Place(*values[11:]), True, None, False, False))


def _clocks_in(text: str) -> dict[str, Told]:
    return {
        clause: Told(Key(source, event_id), ClockState(state), charged, _marks_in(marks))
        for clause, source, event_id, state, charged, marks in orjson.loads(text)
    }


def _marks_in(rows: Sequence[tuple[str, int, int]]) -> frozenset[Mark]:
    return frozenset([Mark(MarkKind(kind), offset, at_us) for kind, offset, at_us in rows])


def clocks_text(told: Mapping[str, Told]) -> str:
    """Clocks as they are kept with their case."""
    if not told:
        return NOTHING_TOLD
    rows = [
        (clause, *one.start, one.state, one.charged, sorted(map(tuple, one.marks)))
        for clause, one in told.items()
    ]
    return orjson.dumps(rows).decode()


async def save(
    connection: Connection, writer: Writer, judged: Sequence[Judged], now: datetime
) -> None:
    """
    Write what became of these cases by *writer*.

    What is taken back goes at once: another verdict of the kind may come to stand in its place.
    """
    wrong = [
        (one.case.case_id, saying.clause, saying.of, one.reason)
        for one in judged
        for saying in one.sayings
        if saying.kind is Kind.SUPERSEDED
    ]
    if wrong:
        await connection.execute(SQL.supersede_verdicts, *zip(*wrong, strict=True), now)
    changed = [one for one in judged if one.changed]
    await CASES.put(writer, [_row(one) for one in changed if not one.case.known])
    known = [_row(one) for one in changed if one.case.known]
    if known:
        await writer.execute(SQL.save_cases, *zip(*known, strict=True))
    rows = [_verdict(one, verdict, now) for one in judged for verdict in one.verdicts]
    await VERDICT.put(writer, rows)


def _row(one: Judged) -> tuple[object, ...]:
    case = one.case
    return (*case[:11], *one.days, one.days_total, *case.place[:5])


def _verdict(one: Judged, verdict: Verdict, now: datetime) -> tuple[object, ...]:
    saying, fields = verdict.saying, one.fields
    return (
        *(one.case.case_id, saying.clause, *saying.start, saying.kind, saying.charged),
        *(now if saying.at_us is None else moment_of(saying.at_us), now, verdict.counted_on),
        *(fields.get("unit"), fields.get("kind"), fields.get("fund")),
    )


moment_of = lru_cache(maxsize=4096)(moment)
"""Many cases share their midnights."""


def is_verdict(saying: Saying) -> bool:
    """Is it kept?"""
    return saying.kind in VERDICTS


async def hear(connection: Connection, words: Sequence[Word]) -> None:
    """Keep what sources told of themselves, until it has settled."""
    await connection.execute(SQL.hear_sources, *zip(*words, strict=True))


async def read_unsettled(connection: Connection) -> list[Word]:
    """The words that were heard and are not judged by yet."""
    return [Word(*row) for row in await connection.fetch(SQL.read_unsettled)]


async def settle(connection: Connection, words: Sequence[Word], now: datetime) -> None:
    """Judge by these words from now on, and make the cases due that waited for one of them."""
    await connection.execute(SQL.settle_sources, *zip(*words, strict=True))
    await connection.execute(SQL.wake_waiting, now, [word.source for word in words])


async def wake_all(connection: Connection, now: datetime) -> None:
    """Make all cases due."""
    await connection.execute(SQL.wake_all, now)


async def read_sources(connection: Connection) -> list[tuple[str, str, bool]]:
    """All sources: name, what they told as JSON, and whether any word of theirs has settled."""
    return [tuple(row) for row in await connection.fetch(SQL.read_sources)]


async def read_rule_versions(connection: Connection) -> list[tuple[str, str, int, str]]:
    """All applied rules: kind, name, version, JSON."""
    return [tuple(row) for row in await connection.fetch(SQL.read_rule_versions)]


async def add_rule_version(
    connection: Connection, kind: str, name: str, body: str, sha256: bytes, at: datetime
) -> int | None:
    """Apply a rule. Returns the new version, None when the newest already says the same."""
    values = (kind, name, body, sha256, at)
    version: int | None = await connection.fetchval(SQL.add_rule_version, *values)
    return version
