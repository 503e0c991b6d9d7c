"""The only Python of sla that speaks SQL. State and outbox rows are written in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import orjson
from chassis.database import Connection
from chassis.instants import moment
from chassis.queries import Queries

from sla.model import ClockState, History, Key, Mark, MarkKind, Span
from sla.paid_by import Sample
from sla.verdicts import VERDICTS, Kind, Saying, Told

SQL = Queries(Path(__file__).with_name("store.sql"))
GROUNDS_LOCK = "tidtam.sla"
"""
Held by many while they judge, by one while rules or words of sources change: else a case judged on
old grounds could be stored after the look for whom the new ones concern.
"""


class Arrival(NamedTuple):
    """A case as `case-status` tells it."""

    case_id: int
    epoch: int
    version: int
    process: str
    process_version: int
    redirect_to: int | None
    history: str
    replay: bool


class Word(NamedTuple):
    """What a source told of itself, as JSON."""

    source: str
    epoch: int
    version: int
    body: str


@dataclass(frozen=True, slots=True)
class Followed:
    """A case as it is kept. `version` is -1 before its first state came."""

    case_id: int
    epoch: int
    version: int
    process: str
    process_version: int
    redirect_to: int | None
    history: str
    told_version: int
    told_sha256: bytes | None
    replay: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """
    What became of a case. `days` are by party in the order of the columns; `clocks` are those told
    now, `gone` the clauses that have none any more. `taught`: the case has or had `samples`.
    """

    case: Followed
    days: tuple[int, ...]
    days_total: int
    waits: bool
    next_check_us: int | None
    clocks: Mapping[str, tuple[Told, date | None]]
    gone: Sequence[str]
    fields: Mapping[str, Any]
    sayings: Sequence[Saying]
    samples: Sequence[Sample]
    taught: bool


async def known_state(connection: Connection) -> tuple[int, int]:
    """How many rule versions there are, and a number that grows with every source's word."""
    (row,) = await connection.fetch(SQL.known_state)
    return int(row[0]), int(row[1])


async def lock(connection: Connection, case_ids: Iterable[int]) -> list[Followed]:
    """The cases in id order, locked, their rows made where they are new."""
    ids = sorted(case_ids)
    await connection.execute(SQL.open_cases, ids)
    return [_followed(row) for row in await connection.fetch(SQL.lock_cases, ids)]


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
    return Followed(*row)


async def load_clocks(
    connection: Connection, case_ids: Iterable[int]
) -> dict[int, dict[str, Told]]:
    """Case → clause → what was told of its clock."""
    found: dict[int, dict[str, Told]] = {}
    rows = await connection.fetch(SQL.load_clocks, sorted(case_ids))
    for case_id, clause, source, event_id, state, charged, marks in rows:
        said = frozenset(
            Mark(MarkKind(kind), offset, at_us) for kind, offset, at_us in orjson.loads(marks)
        )
        told = Told(Key(source, event_id), ClockState(state), charged, said)
        found.setdefault(case_id, {})[clause] = told
    return found


async def save(
    connection: Connection, judged: Sequence[Judged], now: datetime, reason: str
) -> None:
    """Write what became of these cases; *reason* stands on the verdicts it took back."""
    await _save_cases(connection, judged)
    await _save_clocks(connection, judged)
    await _save_samples(connection, [one for one in judged if one.taught])
    said = [(one.case, saying) for one in judged for saying in one.sayings]
    wrong = [
        (case.case_id, s.clause, s.of, reason_of(case, reason))
        for case, s in said
        if s.kind is Kind.SUPERSEDED
    ]
    if wrong:
        await connection.execute(SQL.supersede_verdicts, *_columns(wrong), now)
    verdicts = [
        (
            *(case.case_id, s.clause, *s.start, s.kind, s.charged),
            now if s.at_us is None else moment(s.at_us),
        )
        for case, s in said
        if s.kind in VERDICTS
    ]
    if verdicts:
        await connection.execute(SQL.record_verdicts, *_columns(verdicts), now)


def reason_of(case: Followed, reason: str) -> str:
    """Why a verdict of *case* is taken back: it belongs to another case now, or *reason*."""
    return reason if case.redirect_to is None else "redirect"


async def _save_cases(connection: Connection, judged: Sequence[Judged]) -> None:
    rows = []
    for one in judged:
        case = one.case
        next_check = None if one.next_check_us is None else moment(one.next_check_us)
        rows.append(
            (
                *(case.case_id, case.epoch, case.version, case.process, case.process_version),
                *(case.redirect_to, case.history, case.told_version, case.told_sha256),
                *(*one.days, one.days_total, one.waits, next_check),
            )
        )
    await connection.execute(SQL.save_cases, *_columns(rows))


async def _save_clocks(connection: Connection, judged: Sequence[Judged]) -> None:
    rows = [
        (
            *(one.case.case_id, clause, *told.start, told.state, told.charged, final_on),
            *(one.fields.get("unit"), one.fields.get("kind"), one.fields.get("fund")),
            orjson.dumps(sorted(map(tuple, told.marks))).decode(),
        )
        for one in judged
        for clause, (told, final_on) in one.clocks.items()
    ]
    if rows:
        await connection.execute(SQL.save_clocks, *_columns(rows))
    gone = [(one.case.case_id, clause) for one in judged for clause in one.gone]
    if gone:
        await connection.execute(SQL.drop_clocks, *_columns(gone))


async def _save_samples(connection: Connection, judged: Sequence[Judged]) -> None:
    if not judged:
        return
    await connection.execute(SQL.forget_samples, [one.case.case_id for one in judged])
    rows = [
        (
            *(one.case.case_id, one.case.process, sample.stage, sample.kind, sample.unit),
            *(date.fromordinal(sample.ended_on), sample.days),
        )
        for one in judged
        for sample in one.samples
    ]
    if rows:
        await connection.execute(SQL.record_samples, *_columns(rows))


async def read_samples(connection: Connection, since: date, until: date) -> dict[str, list[Sample]]:
    """Process → what its cases teach that ended from *since* on and before *until*."""
    found: dict[str, list[Sample]] = {}
    for process, stage, kind, unit, ended_on, days in await connection.fetch(
        SQL.read_samples, since, until
    ):
        sample = Sample(stage, kind, unit, ended_on.toordinal(), days)
        found.setdefault(process, []).append(sample)
    return found


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def hear(connection: Connection, words: Sequence[Word]) -> None:
    """Keep what sources told of themselves, until it has settled."""
    await connection.execute(SQL.hear_sources, *_columns(words))


async def read_unsettled(connection: Connection) -> list[Word]:
    """The words that were heard and are not judged by yet."""
    return [Word(*row) for row in await connection.fetch(SQL.read_unsettled)]


async def settle(connection: Connection, words: Sequence[Word]) -> None:
    """Judge by these words from now on."""
    await connection.execute(SQL.settle_sources, *_columns(words))


async def wake(connection: Connection, now: datetime, everything: bool) -> None:
    """Make the cases due that a source's word, or with *everything* a rule, may move."""
    await connection.execute(SQL.wake_all if everything else SQL.wake_waiting, now)


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


async def read_verdicts(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """All verdicts of a case in the order they were told."""
    return [dict(row) for row in await connection.fetch(SQL.read_verdicts, case_id)]


async def attainment(
    connection: Connection, agreement: str | None, clause: str | None, by: str
) -> list[dict[str, Any]]:
    """How many clocks were met, by month and by unit, kind or fund."""
    return [dict(row) for row in await connection.fetch(SQL.attainment, agreement, clause, by)]


def history_of(case: Followed) -> History:
    """A case's history as the decision sees it."""
    spans, fields = orjson.loads(case.history)
    return History(
        case=str(case.case_id),
        process=case.process,
        spans=tuple(Span(stage, holder, us, Key(*key)) for stage, holder, us, key in spans),
        fields=fields,
    )


async def publish_month(connection: Connection, month: str, now: datetime) -> list[dict[str, Any]]:
    """Publish the figures of *month* (`2026-01`). Returns those that were not published before."""
    return [dict(row) for row in await connection.fetch(SQL.publish_month, month, now)]


async def read_published(connection: Connection) -> dict[tuple[str, str], dict[str, Any]]:
    """Month and clause → what was published of it."""
    rows = [dict(row) for row in await connection.fetch(SQL.read_published)]
    return {(row.pop("month"), row.pop("clause")): row for row in rows}
