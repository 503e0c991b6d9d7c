"""Codes, attempts, sessions, looks, questions and ratings as they are kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from chassis.database import Connection
from chassis.queries import Queries

SQL = Queries(Path(__file__).with_name("people.sql"))


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session; `claims` is JSON, `hash` that of its cookie."""

    hash: bytes
    kind: Literal["payee", "staff"]
    person: str
    claims: str
    csrf: bytes
    agent: str
    made_at: datetime
    seen_at: datetime
    ends_at: datetime


class Tried(NamedTuple):
    """The newest code of somebody, after this try was counted."""

    code_id: int
    hash: bytes
    tries: int
    made_at: datetime


class Look(NamedTuple):
    """That one of the staff looked: when, in which role, at what, and why."""

    at: datetime
    role: str
    what: str
    case_id: int | None
    reason: str | None


async def session(connection: Connection, hash_: bytes, now: datetime) -> SessionRow | None:
    """The open session with this hash; None where there is none."""
    row = await connection.fetchrow(SQL.session, hash_, now)
    return None if row is None else SessionRow(**row)


async def see_session(connection: Connection, hash_: bytes, now: datetime) -> None:
    """Note that the session was used *now*."""
    await connection.execute(SQL.see_session, hash_, now)


async def add_session(connection: Connection, row: SessionRow) -> None:
    """Begin a session."""
    made = (row.claims, row.csrf, row.agent, row.made_at, row.seen_at, row.ends_at)
    await connection.execute(SQL.add_session, row.hash, row.kind, row.person, *made)


async def end_session(connection: Connection, hash_: bytes, now: datetime) -> None:
    """End the session with this hash."""
    await connection.execute(SQL.end_session, hash_, now)


async def end_session_of(
    connection: Connection, hash_: bytes, kind: str, person: str, now: datetime
) -> None:
    """End the session with this hash if it is that person's."""
    await connection.execute(SQL.end_session_of, hash_, kind, person, now)


async def end_sessions(connection: Connection, kind: str, person: str, now: datetime) -> int:
    """End all sessions of a person; return how many were open."""
    return len(await connection.fetch(SQL.end_sessions, kind, person, now))


async def end_kind(connection: Connection, kind: str, now: datetime) -> int:
    """End all sessions of payees or of staff; return how many were open."""
    return len(await connection.fetch(SQL.end_kind, kind, now))


async def end_of_movers(
    connection: Connection, causes: Mapping[str, int], movers: Collection[str], now: datetime
) -> Sequence[str]:
    """
    End the sessions of *movers*, whose way to be reached new states changed: *causes*, payees with
    their versions. Returns those that were news. Run it after the payees are saved, in their
    transaction.
    """
    if not causes:
        return []
    ids = sorted(causes)
    rows = await connection.fetch(SQL.note_moves, ids, [causes[one] for one in ids], now)
    news = sorted(row[0] for row in rows)
    if news:
        await connection.execute(SQL.end_sessions_of_movers, sorted(movers), now)
    return news


async def end_of_gone(connection: Connection, gone: Sequence[str], now: datetime) -> None:
    """End the sessions of payees who are forgotten. Run it before they are."""
    if gone:
        await connection.execute(SQL.end_sessions_of_movers, gone, now)
        await connection.execute(SQL.forget_moves, gone)


async def moved_since(connection: Connection, payee_id: str, since: datetime) -> bool:
    """Whether the way to this payee (the id that stayed) changed since."""
    return bool(await connection.fetchval(SQL.moved_since, payee_id, since))


async def sessions_of(
    connection: Connection, kind: str, person: str, now: datetime
) -> Sequence[SessionRow]:
    """The open sessions of a person, the last used first."""
    return [SessionRow(**row) for row in await connection.fetch(SQL.sessions_of, kind, person, now)]


async def add_look(
    connection: Connection,
    at: datetime,
    kind: str,
    person: str,
    role: str,
    what: str,
    case_id: int | None,
    payee_id: str | None,
    reason: str | None,
) -> None:
    """Write one row of the access log."""
    await connection.execute(SQL.add_look, at, kind, person, role, what, case_id, payee_id, reason)


async def looks_at(connection: Connection, payee_ids: Sequence[str], limit: int) -> list[Look]:
    """Who of the staff looked at this payee's data, the newest first."""
    return [Look(**row) for row in await connection.fetch(SQL.looks_at, payee_ids, limit)]


async def add_attempt(connection: Connection, scope: str, key: bytes, at: datetime) -> None:
    """Note an attempt."""
    await connection.execute(SQL.add_attempt, scope, key, at)


async def count_attempts(connection: Connection, scope: str, key: bytes, since: datetime) -> int:
    """How many attempts there were since."""
    return int(await connection.fetchval(SQL.count_attempts, scope, key, since))


async def add_code(connection: Connection, blind: bytes, hash_: bytes, at: datetime) -> None:
    """Keep a code's hash for whoever *blind* is."""
    await connection.execute(SQL.add_code, blind, hash_, at)


async def try_code(connection: Connection, blind: bytes, since: datetime) -> Tried | None:
    """Count a try at the newest unused code made since; None where there is none."""
    row = await connection.fetchrow(SQL.try_code, blind, since)
    return None if row is None else Tried(**row)


async def use_code(connection: Connection, code_id: int, now: datetime) -> bool:
    """Use a code up; False where somebody did before."""
    return await connection.fetchval(SQL.use_code, code_id, now) is not None


async def forget(connection: Connection, codes: datetime, attempts: datetime) -> None:
    """Delete codes, attempts and sessions older than these."""
    await connection.execute(SQL.forget_codes, codes)
    await connection.execute(SQL.forget_attempts, attempts)
    await connection.execute(SQL.forget_sessions, attempts)


async def add_question(
    connection: Connection,
    at: datetime,
    case_id: int,
    payee_id: str,
    stage: str | None,
    holder: str | None,
    words: str,
) -> None:
    """Keep a question; *words* may be empty."""
    await connection.execute(SQL.add_question, at, case_id, payee_id, stage, holder, words)


async def rate(
    connection: Connection, case_id: int, payee_id: str, at: datetime, stars: int
) -> None:
    """Keep how satisfied a payee was, 1 to 5."""
    await connection.execute(SQL.rate, case_id, payee_id, at, stars)


async def rating_of(connection: Connection, case_id: int, payee_id: str) -> int | None:
    """What the payee tapped; None where nothing yet."""
    found = await connection.fetchval(SQL.rating_of, case_id, payee_id)
    return None if found is None else int(found)
