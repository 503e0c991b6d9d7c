"""What the services said of themselves, in the database, and which minutes were up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from chassis.database import Connection
from chassis.queries import Queries

from portal.counted import Downtime, Report

SQL = Queries(Path(__file__).with_name("watch.sql"))
AS_A_WHOLE = "select set_config('enable_seqscan', 'on', true)"


async def save_report(
    connection: Connection, service: str, question: str, said: Any, at: datetime
) -> None:
    """Keep an answer."""
    await connection.execute(SQL.save_report, service, question, orjson.dumps(said).decode(), at)


async def fail_report(
    connection: Connection, service: str, question: str, at: datetime, error: str
) -> None:
    """Keep that no answer came."""
    await connection.execute(SQL.fail_report, service, question, at, error)


async def read_reports(connection: Connection) -> dict[tuple[str, str], Report]:
    """Service and question → the newest answer."""
    found = {}
    for service, question, body, at, failing_since, error in await connection.fetch(
        SQL.read_reports
    ):
        said = None if body is None else orjson.loads(body)
        found[service, question] = Report(service, question, said, at, failing_since, error)
    return found


async def note_minute(connection: Connection, minute: datetime, down: Sequence[str]) -> None:
    """Say of a minute which services were down in it."""
    await connection.execute(SQL.note_minute, minute, list(down))


async def read_downtime(connection: Connection, since: datetime) -> Downtime:
    """The minutes seen since a moment."""
    row = await connection.fetchrow(SQL.read_downtime, since)
    return Downtime(None, 0, 0) if row is None else Downtime(*row)


async def read_silent_cases(connection: Connection) -> tuple[int, int]:
    """Cases that wait for a source's word; cases whose newest state is not judged yet."""
    async with connection.transaction():
        await connection.execute(AS_A_WHOLE)
        row = await connection.fetchrow(SQL.read_silent_cases)
    return (0, 0) if row is None else (row[0], row[1])


async def read_case_total(connection: Connection) -> int:
    """How many cases there are here."""
    async with connection.transaction():
        await connection.execute(AS_A_WHOLE)
        return int(await connection.fetchval(SQL.read_case_total))


async def read_report(connection: Connection, service: str, question: str) -> Any:
    """The newest answer to one question; None where there never was one."""
    body = await connection.fetchval(SQL.read_one_report, service, question)
    return None if body is None else orjson.loads(body)
