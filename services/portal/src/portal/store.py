"""What the portal writes into its read tables; with the other stores all the SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from chassis.database import Connection
from chassis.queries import Queries

from portal.decide import OwnLines
from portal.rows import (
    CaseRow,
    ChunkRow,
    ClockOf,
    DaysRow,
    NoticeRow,
    SearchRow,
    SourceRow,
)

SQL = Queries(Path(__file__).with_name("store.sql"))
FORGETTING = (
    SQL.forget_cases,
    SQL.forget_lines,
    SQL.forget_own_lines,
    SQL.forget_search,
    SQL.forget_clocks,
    SQL.forget_notices,
)
UNSAID = {
    "cases": SQL.unsaid_cases,
    "chunks": SQL.unsaid_chunks,
    "payees": SQL.unsaid_payees,
    "sources": SQL.unsaid_sources,
}
UNSAYING = {"states": SQL.unsay_states, "days": SQL.unsay_days}


def columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """*rows*, of which there is at least one, as columns."""
    return [list(column) for column in zip(*rows, strict=True)]


async def save_cases(connection: Connection, rows: Sequence[CaseRow]) -> set[int]:
    """Keep what `case-status` told, in id order; return the cases of which it was new."""
    if not rows:
        return set()
    written = {row[0] for row in await connection.fetch(SQL.save_cases, *columns(sorted(rows)))}
    if written:
        await connection.execute(SQL.mark_clocks, sorted(written))
    return written


async def save_search(connection: Connection, rows: Sequence[SearchRow]) -> None:
    """Keep what cases are found by; a row without words is taken away."""
    kept = sorted(row for row in rows if row.words)
    if kept:
        told = [(*row[:4], " ".join(row.pieces)) for row in kept]
        await connection.execute(SQL.save_search, *columns(told))
    empty = sorted((row.case_id, row.part) for row in rows if not row.words)
    if empty:
        await connection.execute(SQL.drop_search, *columns(empty))


async def save_days(connection: Connection, rows: Sequence[DaysRow]) -> set[int]:
    """Keep what `case-sla` told, in id order; return the cases of which it was new."""
    if not rows:
        return set()
    return {row[0] for row in await connection.fetch(SQL.save_days, *columns(sorted(rows)))}


async def save_clocks(
    connection: Connection, case_ids: Iterable[int], clocks: Sequence[ClockOf]
) -> None:
    """Keep the clocks of these cases: these, and no others."""
    ids = sorted(case_ids)
    if not ids:
        return
    kept = sorted((clock.case_id, clock.clause) for clock in clocks)
    await connection.execute(SQL.drop_clocks, ids, *(columns(kept) if kept else ([], [])))
    if clocks:
        ordered = sorted(clocks, key=lambda clock: (clock.case_id, clock.clause))
        await connection.execute(SQL.save_clocks, *columns(ordered))


async def save_chunks(
    connection: Connection, rows: Sequence[ChunkRow], gone: Sequence[tuple[int, int]]
) -> set[int]:
    """Keep lines, drop the chunks (case, chunk) that are *gone*; return the cases with news."""
    shared = {row.case_id for row in rows if row.chunks > 1} | {case_id for case_id, _ in gone}
    if shared:
        await connection.execute(SQL.lock_lines, sorted(shared))
    touched: set[int] = set()
    if rows:
        found = await connection.fetch(SQL.save_chunks, *columns(sorted(rows)))
        touched |= {row[0] for row in found}
    if gone:
        touched |= {r[0] for r in await connection.fetch(SQL.drop_chunks, *columns(sorted(gone)))}
    return touched


async def load_chunks(connection: Connection, case_ids: Iterable[int]) -> dict[int, list[str]]:
    """The lines of these cases: of each its chunks in order, as JSON."""
    found: dict[int, list[str]] = {}
    for case_id, body in await connection.fetch(SQL.load_chunks, sorted(case_ids)):
        found.setdefault(case_id, []).append(body)
    return found


async def save_own_lines(
    connection: Connection, case_ids: Iterable[int], rows: Sequence[OwnLines]
) -> None:
    """Keep what each payee's own lines of these cases say: these payees, and no others."""
    ids = sorted(case_ids)
    if not ids:
        return
    kept = sorted((row.payee_id, row.case_id) for row in rows)
    await connection.execute(SQL.drop_own_lines, ids, *(columns(kept) if kept else ([], [])))
    if rows:
        ordered = sorted(rows, key=lambda row: (row.payee_id, row.case_id))
        await connection.execute(SQL.save_own_lines, *columns(ordered))
    await connection.execute(SQL.drop_line_search, ids)


async def forget_cases(connection: Connection, case_ids: Sequence[int]) -> None:
    """Delete all that is known of cases whose time of keeping is over."""
    if case_ids:
        for forget in FORGETTING:
            await connection.execute(forget, case_ids)


async def save_notices(connection: Connection, rows: Sequence[NoticeRow]) -> None:
    """Keep the newest state of notices."""
    if rows:
        await connection.execute(SQL.save_notices, *columns(sorted(rows)))


async def save_sources(
    connection: Connection, rows: Sequence[SourceRow], gone: Sequence[str]
) -> None:
    """Keep the newest state of sources; forget those *gone*."""
    if rows:
        await connection.execute(SQL.save_sources, *columns(sorted(rows)))
    if gone:
        await connection.execute(SQL.forget_sources, gone)


async def begin_rebuild(connection: Connection) -> int:
    """Give what is written from now on a new number; return it."""
    return int(await connection.fetchval(SQL.begin_rebuild))


async def unsaid(connection: Connection, what: str, number: int) -> list[tuple[Any, ...]]:
    """
    The keys of what was not said during rebuild *number*: `cases`, `chunks`, `payees`, `sources`.
    """
    return [tuple(row) for row in await connection.fetch(UNSAID[what], number)]


async def unsay(connection: Connection, what: str, number: int) -> set[int]:
    """Empty the half of cases that was not said: `states` or `days`; return the cases."""
    return {row[0] for row in await connection.fetch(UNSAYING[what], number)}
