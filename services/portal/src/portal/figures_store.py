"""
Figures in the database: counting them anew, and reading what was counted.

Pages of figures read small tables that were counted before; counting reads the big ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import orjson
from chassis.database import Connection
from chassis.queries import Queries

from portal.counted import (
    Accuracy,
    Due,
    EndedCase,
    Figure,
    Forecast,
    Running,
    Stamp,
    Standing,
    StandingPart,
    Wait,
    WaitRow,
)
from portal.model import PAID_GROUP

SQL = Queries(Path(__file__).with_name("figures.sql"))
FIRST_MONTH, LAST_MONTH = "0000-00", "9999-99"
ALL = ""
"""In place of a clause, a unit, a kind: whichever."""


async def count_anew(connection: Connection, zone: str) -> None:
    """Count all figures anew, in the transaction at hand; dates are those of the IANA *zone*."""
    await connection.execute(SQL.count_as_a_whole)
    await connection.execute(SQL.clear_figures)
    await connection.execute(SQL.count_figures)
    await connection.execute(SQL.clear_running)
    await connection.execute(SQL.count_running)
    await connection.execute(SQL.clear_due)
    await connection.execute(SQL.count_due)
    await connection.execute(SQL.clear_standing)
    await connection.execute(SQL.count_standing, zone)
    await connection.execute(SQL.drop_waits)
    await connection.execute(SQL.clear_wait_sums)
    await connection.execute(SQL.sum_waits)


async def stamp(connection: Connection, at: datetime, seconds: float) -> None:
    """Say when the figures were counted."""
    await connection.execute(SQL.stamp_figures, at, seconds)


async def cases_not_waited(connection: Connection, limit: int) -> list[EndedCase]:
    """Ended cases whose days are not known yet."""
    await connection.execute(SQL.count_as_a_whole)
    return [EndedCase(*row) for row in await connection.fetch(SQL.cases_not_waited, limit)]


async def save_waits(connection: Connection, rows: Sequence[WaitRow]) -> None:
    """Keep the days of ended cases."""
    columns = zip(
        *(
            (*row.case[:4], row.month, row.case.unit, row.case.kind, _columns_of(row.parts))
            for row in rows
        ),
        strict=True,
    )
    if rows:
        await connection.execute(SQL.save_waits, *(list(column) for column in columns))


def _columns_of(parts: Sequence[tuple[str, str, int]]) -> str:
    return orjson.dumps([[part[place] for part in parts] for place in range(3)]).decode()


async def cases_not_forecast(
    connection: Connection, limit: int, after: int
) -> list[tuple[int, str, str, str]]:
    """Waiting cases without a kept forecast, by id past *after*: id, stage, process, `case-sla`."""
    await connection.execute(SQL.count_as_a_whole)
    return [tuple(row) for row in await connection.fetch(SQL.cases_not_forecast, limit, after)]


async def keep_forecasts(connection: Connection, rows: Sequence[Forecast]) -> None:
    """Keep the first forecast of a case in its stage."""
    if rows:
        columns = (list(column) for column in zip(*rows, strict=True))
        await connection.execute(SQL.keep_forecasts, *columns)


async def settle_forecasts(connection: Connection, zone: str) -> None:
    """Write beside the forecasts when the money came."""
    await connection.execute(SQL.settle_forecasts, zone, PAID_GROUP)


async def read_stamp(connection: Connection) -> Stamp | None:
    """As of when the figures are; None before they were first counted."""
    row = await connection.fetchrow(SQL.read_stamp)
    return None if row is None else Stamp(*row)


async def figures(
    connection: Connection,
    grouping: str = "all",
    clause: str = ALL,
    first: str = FIRST_MONTH,
    last: str = LAST_MONTH,
) -> list[Figure]:
    """Figures by month; *grouping* is all, unit, kind, fund or unit-kind."""
    rows = await connection.fetch(SQL.read_figures, grouping, clause, first, last)
    return [Figure(*row) for row in rows]


async def running(connection: Connection, by: str = ALL, clause: str = ALL) -> list[Running]:
    """What runs now, *by* unit or kind or all together."""
    return [Running(*row) for row in await connection.fetch(SQL.read_running, by, clause)]


async def due(connection: Connection, until: date, unit: str = ALL) -> list[Due]:
    """What is due up to and including *until*."""
    return [Due(*row) for row in await connection.fetch(SQL.read_due, until, unit)]


async def standing(connection: Connection, unit: str = ALL, kind: str = ALL) -> list[Standing]:
    """Who has what now."""
    return [Standing(*row) for row in await connection.fetch(SQL.read_standing, unit, kind)]


async def standing_by(
    connection: Connection, by: str, holder: str = ALL, stage: str = ALL
) -> list[StandingPart]:
    """Who has what now in one place, *by* unit or kind."""
    rows = await connection.fetch(SQL.read_standing_by, by, holder, stage)
    return [StandingPart(*row) for row in rows]


async def waits(connection: Connection, months: Sequence[str], unit: str = ALL) -> list[Wait]:
    """Where the cases that ended in *months* had waited."""
    return [Wait(*row) for row in await connection.fetch(SQL.read_waits, list(months), unit)]


async def waits_before(connection: Connection, month: str) -> list[Wait]:
    """The same of all months before *month*."""
    return [Wait(*row) for row in await connection.fetch(SQL.read_wait_months, month)]


async def accuracy(connection: Connection, since: date) -> list[Accuracy]:
    """How well forecasts held whose money came on *since* or later."""
    return [Accuracy(*row) for row in await connection.fetch(SQL.read_forecasts, since)]


async def count_use(connection: Connection, day: date, dataset: str, kind: str) -> None:
    """Count one use of open data."""
    await connection.execute(SQL.count_use, day, dataset, kind)


async def read_use(connection: Connection, since: date) -> Mapping[str, int]:
    """How often each dataset was fetched from *since* on."""
    return {row[0]: row[1] for row in await connection.fetch(SQL.read_use, since)}
