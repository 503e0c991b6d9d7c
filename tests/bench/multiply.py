"""
Many cases at once: the rows that the services wrote for some cases, written again under new names.

In each copy the case's name gets the copy's number in every id, reference and text, and every
number of a case or cluster is moved, so that the rows look as the services would have written them.
"""

from __future__ import annotations

from collections.abc import Callable

import asyncpg

TABLES = {
    "intake": ("journal", "journal_text", "reference", "cluster", "known_case", "case_view"),
    "status": ("event", "event_text", "followed_case"),
}
SEQUENCES = ("intake.case_id", "intake.cluster_id")
NUMBERS = frozenset({"case_id", "cluster_id", "home_id", "prior_case_id", "redirect_to"})
TEXTS = frozenset({"id", "envelope", "reference", "value", "body", "facts"})
RENAMED = "regexp_replace({}, 'B[0-9]{{7}}', '\\&C' || copy, 'g')"
COPIES_AT_ONCE = 5

Say = Callable[[str], None]


async def multiply(url: str, copies: int, say: Say) -> None:
    """
    Make as many copies of all cases of the database at *url* (a superuser's), beside the first.

    Raises `RuntimeError` when tables that hold cases changed so that copies are not like them.
    """
    connection = await asyncpg.connect(url)
    try:
        step = await _step(connection)
        for first in range(1, copies + 1, COPIES_AT_ONCE):
            last = min(first + COPIES_AT_ONCE - 1, copies)
            async with connection.transaction():
                for schema, tables in TABLES.items():
                    for table in tables:
                        await _copy(connection, f"{schema}.{table}", step, first, last)
            say(f"  {last} of {copies} copies of the cases")
        for sequence in SEQUENCES:
            await connection.execute(
                "select setval($1::regclass, $2)", sequence, step * (copies + 1)
            )
        for schema, tables in TABLES.items():
            for table in tables:
                await connection.execute(f"vacuum (analyze) {schema}.{table}")
        await connection.execute("checkpoint")
    finally:
        await connection.close()


async def count_cases(url: str) -> int:
    """How many cases status follows."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("select count(*) from status.followed_case"))
    finally:
        await connection.close()


async def _step(connection: asyncpg.Connection) -> int:
    """A number larger than any case or cluster has."""
    highest = [await connection.fetchval(f"select last_value from {name}") for name in SEQUENCES]
    return int(max(highest)) + 1


async def _copy(
    connection: asyncpg.Connection, table: str, step: int, first: int, last: int
) -> None:
    """Write the rows of the first cases again; those that are copies themselves have no turn."""
    columns = await _columns(connection, table)
    asked = ", ".join(_expression(name, step) for name in columns)
    only = _only_first(columns, step)
    await connection.execute(
        f"insert into {table} ({', '.join(columns)}) select {asked}"
        f" from {table}, generate_series({first}, {last}) as copy where {only}"
    )


async def _columns(connection: asyncpg.Connection, table: str) -> list[str]:
    schema, _, name = table.partition(".")
    rows = await connection.fetch(
        "select column_name from information_schema.columns where table_schema = $1"
        " and table_name = $2 and is_identity = 'NO' and is_generated = 'NEVER'"
        " order by ordinal_position",
        schema,
        name,
    )
    if not rows:
        raise RuntimeError(f"there is no table {table} any more: tell tests/bench/multiply.py")
    return [row[0] for row in rows]


def _expression(column: str, step: int) -> str:
    if column in NUMBERS:
        return f"{column} + {step} * copy"
    return RENAMED.format(column) if column in TEXTS else column


def _only_first(columns: list[str], step: int) -> str:
    for text in ("reference", "id"):
        if text in columns:
            # A batch of the bank belongs to no case and is not copied.
            return f"{text} ~ 'B[0-9]{{7}}' and {text} !~ 'B[0-9]{{7}}C'"
    number = "cluster_id" if "cluster_id" in columns else "case_id"
    return f"{number} < {step}"
