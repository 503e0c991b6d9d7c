"""
The Python of sla that speaks SQL about many cases at once, only looked at: verdicts, attainment,
queues, and what cases teach.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from chassis.database import Connection
from chassis.queries import Queries

SQL = Queries(Path(__file__).with_name("figures.sql"))


class Moved(NamedTuple):
    """A case that moved lately, as it is kept; `told` are its clocks."""

    case_id: int
    epoch: int
    version: int
    process: str
    process_version: int
    history: str
    told: str


class Standing(NamedTuple):
    """A case that stands in a queue; `told` are its clocks."""

    process: str
    queue: str
    held_us: int
    told: str


async def read_verdicts(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """All verdicts of a case in the order they were told."""
    return [dict(row) for row in await connection.fetch(SQL.read_verdicts, case_id)]


async def attainment(
    connection: Connection, agreement: str | None, clause: str | None, by: str
) -> list[dict[str, Any]]:
    """How many clocks were met, by month and by unit, kind or fund; those without one have None."""
    counted = await connection.fetch(SQL.attainment, agreement, clause, by)
    running = await connection.fetch(SQL.running, agreement, clause, by)
    rows = {(row["month"], row["key"], row["clause"]): dict(row) for row in counted}
    for row in running:
        place = (None, row["key"], row["clause"])
        rows.setdefault(place, {**_NO_COUNTS, **dict(row), "month": None})["open"] = row["open"]
    return sorted(rows.values(), key=_in_order)


_NO_COUNTS = {
    "n": 0, "met": 0, "missed_or_breached": 0, "open": 0, "void": 0,
    "p50": None, "p85": None, "p95": None,
}  # fmt: skip


def _in_order(row: dict[str, Any]) -> tuple[Any, ...]:
    """By month, those without one last; then by group, those without one last; then by clause."""
    month, key = row["month"], row["key"]
    return month is None, month or "", key is None, key or "", row["clause"]


async def publish_month(connection: Connection, month: str, now: datetime) -> list[dict[str, Any]]:
    """Publish the figures of *month* (`2026-01`). Returns those that were not published before."""
    return [dict(row) for row in await connection.fetch(SQL.publish_month, month, now)]


async def read_published(connection: Connection) -> dict[tuple[str, str], dict[str, Any]]:
    """Month and clause → what was published of it."""
    rows = [dict(row) for row in await connection.fetch(SQL.read_published)]
    return {(row.pop("month"), row.pop("clause")): row for row in rows}


async def read_moved(connection: Connection, since_us: int) -> dict[int, tuple[int, int]]:
    """Case → epoch and version, of those that moved since *since_us* and stand for themselves."""
    rows = await connection.fetch(SQL.read_moved, since_us)
    return {row[0]: (row[1], row[2]) for row in rows}


async def read_histories(connection: Connection, case_ids: Sequence[int]) -> list[Moved]:
    """These cases."""
    return [Moved(*row) for row in await connection.fetch(SQL.read_histories, case_ids)]


async def read_queues(connection: Connection) -> list[Standing]:
    """All cases that stand in a queue."""
    return [Standing(*row) for row in await connection.fetch(SQL.read_queues)]


async def read_queue(connection: Connection, process: str, queue: str) -> list[Standing]:
    """The cases of *process* that stand in *queue*."""
    return [Standing(*row) for row in await connection.fetch(SQL.read_queue, process, queue)]
