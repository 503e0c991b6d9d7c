"""The traces that are kept until a message has gone; empty where nothing is sampled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from chassis.database import Connection
from chassis.queries import Queries

SQL = Queries(Path(__file__).with_name("traces.sql"))


async def load_cases(connection: Connection, case_ids: Sequence[int]) -> dict[int, list[list[Any]]]:
    """Case → what is kept of the traces that led to it, newest first, as plain JSON."""
    rows = await connection.fetch(SQL.load_case_traces, case_ids)
    return {row["case_id"]: orjson.loads(row["body"]) for row in rows}


async def save_cases(connection: Connection, kept: Mapping[int, Sequence[tuple[Any, ...]]]) -> None:
    """Keep the traces that led to locked cases."""
    if kept:
        bodies = [orjson.dumps([*map(list, steps)]).decode() for steps in kept.values()]
        await connection.execute(SQL.save_case_traces, list(kept), bodies)


async def forget_cases(connection: Connection, case_ids: Sequence[int]) -> None:
    """What was known of these cases is deleted."""
    if case_ids:
        await connection.execute(SQL.forget_case_traces, case_ids)


async def save_notices(connection: Connection, traceparents: Mapping[str, str]) -> None:
    """Keep the trace that each of these notices goes on in."""
    if traceparents:
        ids = sorted(traceparents)
        await connection.execute(SQL.save_notice_traces, ids, [traceparents[one] for one in ids])


async def read_notices(connection: Connection, notice_ids: Iterable[str]) -> dict[str, str]:
    """Notice → the trace it goes on in."""
    return dict(await connection.fetch(SQL.read_notice_traces, sorted(notice_ids)))


async def forget_notices(connection: Connection, notice_ids: Iterable[str]) -> None:
    """Their messages have gone."""
    await connection.execute(SQL.forget_notice_traces, sorted(notice_ids))
