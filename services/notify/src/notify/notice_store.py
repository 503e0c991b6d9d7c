"""The notices as they are kept, and how many were asked for in each hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from chassis.database import Connection
from chassis.gathered import Writer
from chassis.instants import moment
from chassis.queries import Queries
from contracts.notice import Channel

from notify.guard import DAYS_COMPARED
from notify.model import Key
from notify.rows import Row, columns_of, row_of
from notify.store import columns

SQL = Queries(Path(__file__).with_name("notices.sql"))


class Due(NamedTuple):
    """A notice that is due, and what says with which others it goes."""

    notice_id: str
    case_id: int
    process: str
    recipient_kind: str
    recipient_id: str
    channel: str
    language: str
    message_id: str | None


async def lock_records(
    connection: Connection, case_ids: Sequence[int], keys: Iterable[Key]
) -> list[Row]:
    """All notices on these cases and on these events, locked."""
    events = sorted(set(keys))
    sources, ids = [key.source for key in events], [key.id for key in events]
    rows = await connection.fetch(SQL.lock_records, case_ids, sources, ids)
    return [row_of(row) for row in rows]


async def read_records(connection: Connection, case_id: int) -> list[Row]:
    """The notices of one case in the order they were made."""
    return [row_of(row) for row in await connection.fetch(SQL.read_records, case_id)]


async def add(connection: Connection, rows: Sequence[Row]) -> set[str]:
    """Write new notices. Returns the identities that were not there before."""
    if not rows:
        return set()
    found = await connection.fetch(SQL.add_notices, *columns([columns_of(row) for row in rows]))
    return {row[0] for row in found}


async def save(writer: Writer, rows: Sequence[Row]) -> None:
    """Write what became of notices that were locked before."""
    if rows:
        await writer.execute(SQL.save_notices, *columns([columns_of(row) for row in rows]))


async def claiming(connection: Connection) -> bool:
    """Be the one who claims, until the end of the transaction; False where another one does."""
    return bool(await connection.fetchval(SQL.try_claiming))


async def is_due(
    connection: Connection, now: datetime, patience: timedelta, channels: Iterable[Channel]
) -> bool:
    """Would `peek_due` find anything?"""
    asked = (now, now - patience, sorted(channels))
    return bool(await connection.fetchval(SQL.is_due, *asked))


async def peek_due(
    connection: Connection,
    now: datetime,
    patience: timedelta,
    channels: Iterable[Channel],
    most: int,
) -> list[Due]:
    """
    What is due over *channels*, *most* notices at most; news waits so long for the SLA's word.
    """
    asked = (now, now - patience, most, sorted(channels))
    return [Due(*row) for row in await connection.fetch(SQL.peek_due, *asked)]


async def lock_due(connection: Connection, now: datetime, notice_ids: Iterable[str]) -> list[Row]:
    """Those of these notices that are due, locked."""
    return [row_of(row) for row in await connection.fetch(SQL.lock_due, now, sorted(notice_ids))]


async def lock_notices(connection: Connection, notice_ids: Iterable[str]) -> dict[str, Row]:
    """These notices by identity, locked."""
    rows = await connection.fetch(SQL.lock_notices, sorted(notice_ids))
    return {row["notice_id"]: row_of(row) for row in rows}


async def lock_held(
    connection: Connection, rule: str | None, notice_ids: Sequence[str] | None
) -> list[Row]:
    """What is held, locked: of one rule, by identity, or all."""
    return [row_of(row) for row in await connection.fetch(SQL.lock_held, rule, notice_ids)]


async def count_held(connection: Connection) -> list[dict[str, Any]]:
    """What is held, by rule, channel and hour."""
    return [dict(row) for row in await connection.fetch(SQL.count_held)]


async def read_unreached(connection: Connection, most: int) -> list[dict[str, Any]]:
    """Who could not be told, and what could not be delivered; no address stands in it."""
    return [dict(row) for row in await connection.fetch(SQL.read_unreached, most)]


async def count_hour(connection: Connection, now_us: int, asked: int) -> tuple[int, list[int]]:
    """
    Count *asked* notices into the hour of *now_us*.

    Returns how many were asked for in it before, and in the same hour of the last 28 days. The
    hour stays locked: write nothing that others lock after this.
    """
    hour = hour_of(now_us)
    after: int = await connection.fetchval(SQL.count_hour, hour, asked)
    days = [hour - timedelta(days=day) for day in range(1, DAYS_COMPARED + 1)]
    same = [row[0] for row in await connection.fetch(SQL.same_hours, days)]
    return after - asked, same


def hour_of(at_us: int) -> datetime:
    """The hour in which *at_us* lies, in UTC."""
    return moment(at_us).replace(minute=0, second=0, microsecond=0)
