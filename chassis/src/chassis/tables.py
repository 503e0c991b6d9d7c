"""
New rows into a table: few in one round trip, many by COPY.

For stores whose rows are new by their own decision; where one may be there already, say it in SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chassis.gathered import Writer

FEW = 100
"""Up to so many rows one INSERT is faster than COPY, which waits for the server twice."""


class Table:
    """A table and the columns that are written, with their Postgres types; no type is an array."""

    def __init__(self, name: str, columns: Mapping[str, str]) -> None:
        self._name = name
        self._columns = tuple(columns)
        unnested = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(columns.values(), 1))
        self._insert = f"insert into {name} ({', '.join(columns)}) select * from unnest({unnested})"

    async def put(self, writer: Writer, rows: Sequence[tuple[object, ...]]) -> None:
        """Write *rows* in their order. Raises what Postgres says of a row that is there already."""
        if len(rows) > FEW:
            await writer.copy_records_to_table(self._name, records=rows, columns=self._columns)
        elif rows:
            await writer.execute(self._insert, *zip(*rows, strict=True))
