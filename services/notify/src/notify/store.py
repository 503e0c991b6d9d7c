"""What notify keeps of cases, payees and rules; with `notice_store` all the Python with SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from chassis.database import Connection
from chassis.gathered import Writer
from chassis.queries import Queries
from chassis.sealing import Sealed

from notify.kept import Chunk, Days, Dossier, Followed, Word, dossier_of
from notify.model import Recipient
from notify.people import Kept
from notify.said import WordSaid

SQL = Queries(Path(__file__).with_name("store.sql"))
PEOPLE_LOCK = "notify people"
"""
Shared by all who decide; alone holds it who changes how somebody is reached.

A decision that saw no address, beside an address that saw nobody waiting for it: without the lock
both are written, and nobody looks again. It is taken before any other lock.
"""


NO_STATE = (None,) * 4
NO_DAYS = (None,) * 5
"""Columns of a case that stay as they are."""


def columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """*rows*, of which there is at least one, as columns."""
    return [list(column) for column in zip(*rows, strict=True)]


async def known_rules(connection: Connection) -> tuple[int, int]:
    """How many rule versions there are, and the revision of the webhook endpoints."""
    row = await connection.fetchrow(SQL.known_rules)
    assert row is not None
    return int(row[0]), int(row[1])


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


async def lock(connection: Connection, case_ids: Iterable[int]) -> list[Followed]:
    """The cases in id order, locked, without their texts; rows are made where they are new."""
    ids = sorted(set(case_ids))
    if not ids:
        return []
    await connection.execute(SQL.open_cases, ids)
    rows = await connection.fetch(SQL.lock_cases, ids)
    return [Followed(*row) for row in rows]


async def read_cases(connection: Connection, case_ids: Iterable[int]) -> list[Followed]:
    """Cases with their texts; those not locked are only looked at."""
    ids = sorted(set(case_ids))
    rows = await connection.fetch(SQL.read_cases, ids) if ids else []
    return [Followed(*row) for row in rows]


async def dossiers(connection: Connection, case_ids: Iterable[int]) -> list[Dossier]:
    """All that is kept of those of these cases of which a state has come."""
    cases = [case for case in await read_cases(connection, case_ids) if case.is_known]
    ids = [case.case_id for case in cases]
    chunks, words = await load_chunks(connection, ids), await load_words(connection, ids)
    return [
        dossier_of(case, chunks.get(case.case_id, ()), words.get(case.case_id, ()))
        for case in cases
    ]


async def lock_dossiers(connection: Connection, case_ids: Iterable[int]) -> list[Dossier]:
    """The same of cases that are locked before."""
    cases = await lock(connection, case_ids)
    return await dossiers(connection, [case.case_id for case in cases if case.is_known])


async def save_cases(
    writer: Writer, states: Mapping[int, Followed], days: Mapping[int, Days]
) -> None:
    """Keep the newest state of locked cases, and what the SLA says of the days of locked cases."""
    rows = [_changed(case_id, states, days) for case_id in sorted({*states, *days})]
    if rows:
        await writer.execute(SQL.save_cases, *columns(rows))


def _changed(
    case_id: int, states: Mapping[int, Followed], days: Mapping[int, Days]
) -> tuple[Any, ...]:
    """The columns of a case that change; all others are None."""
    state, judged = states.get(case_id), days.get(case_id)
    of_state: tuple[Any, ...] = NO_STATE
    if state is not None:
        of_state = (state.epoch, state.version, state.body, state.replayed)
    return (case_id, *of_state, *(NO_DAYS if judged is None else judged[1:]))


async def forget_cases(connection: Connection, case_ids: Sequence[int]) -> None:
    """Delete what is known of cases whose time of keeping is over."""
    if case_ids:
        await connection.execute(SQL.forget_cases, case_ids)
        await connection.execute(SQL.forget_lines, case_ids)


async def save_chunks(
    writer: Writer, chunks: Iterable[Chunk], gone: Collection[tuple[int, int]]
) -> None:
    """Keep lines, and drop the chunks (case, chunk) that are *gone*."""
    rows = sorted(chunk[:6] for chunk in chunks)
    if rows:
        await writer.execute(SQL.save_chunks, *columns(rows))
    if gone:
        await writer.execute(SQL.drop_chunks, *columns(sorted(gone)))


async def load_chunks(connection: Connection, case_ids: Collection[int]) -> dict[int, list[Chunk]]:
    """Case → its chunks in order."""
    found: dict[int, list[Chunk]] = {}
    for row in await connection.fetch(SQL.load_chunks, sorted(case_ids)) if case_ids else ():
        chunk = Chunk._make((*row, orjson.loads(row["body"])))
        found.setdefault(chunk.case_id, []).append(chunk)
    return found


async def save_words(writer: Writer, words: Iterable[Word]) -> None:
    """Keep what the SLA said."""
    rows = sorted(word[:4] for word in words)
    if rows:
        await writer.execute(SQL.save_words, *columns(rows))


async def load_words(
    connection: Connection, case_ids: Collection[int], passed: Collection[int] = ()
) -> dict[int, list[Word]]:
    """
    Case → all the SLA said of it, of those cases of which it said something that a rule may tell,
    and of those it *passed* now.
    """
    found: dict[int, list[Word]] = {}
    if case_ids or passed:
        rows = await connection.fetch(SQL.load_words, sorted(case_ids), sorted(passed))
        for case_id, word_id, detected_us, body in rows:
            said = WordSaid.model_validate_json(body)
            word = Word(case_id, word_id, detected_us, body, said)
            found.setdefault(case_id, []).append(word)
    return found


async def save_payees(
    connection: Connection, rows: Sequence[tuple[Any, ...]], gone: Sequence[str]
) -> list[str]:
    """Keep payees, sealed; forget those *gone*. Returns those of whom something is new."""
    if gone:
        await connection.execute(SQL.forget_payees, gone)
    if not rows:
        return []
    return [row[0] for row in await connection.fetch(SQL.save_payees, *columns(rows))]


async def load_payees(connection: Connection, payee_ids: Iterable[str]) -> list[Kept]:
    """These payees and all who are the same person, sealed."""
    ids = sorted(set(payee_ids))
    rows = await connection.fetch(SQL.load_payees, ids) if ids else []
    return [_kept(row) for row in rows]


def _kept(row: asyncpg.Record) -> Kept:
    sealed = Sealed(row["key_id"], row["nonce"], row["sealed"])
    gone = row["gone_version"] == row["version"]
    return Kept(row["payee_id"], sealed, row["redirect_to"], gone)


async def mark_gone(connection: Connection, payee_ids: Sequence[str]) -> None:
    """Note that these payees' addresses were refused for good."""
    await connection.execute(SQL.mark_gone, payee_ids)


async def waiting_for_address(connection: Connection, payee_ids: Sequence[str]) -> set[int]:
    """The cases of which something could not be told to these payees."""
    return {row[0] for row in await connection.fetch(SQL.waiting_for_address, payee_ids)}


async def waiting_for(connection: Connection, whom: Recipient, since: datetime) -> list[int]:
    """The cases of which something could not be told to *whom* since then."""
    rows = await connection.fetch(SQL.waiting_for, whom.kind, whom.id, since)
    return [row[0] for row in rows]


async def waiting_for_offices(connection: Connection, since: datetime) -> list[int]:
    """The cases of which something could not be told to an office since then."""
    return [row[0] for row in await connection.fetch(SQL.waiting_for_offices, since)]
