"""
Statements whose results nobody reads, sent to Postgres together.

A round trip costs a small batch more than the rows it carries: each waits for two processes to be
scheduled, and a busy machine makes that the whole latency of an event.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

Rows = Sequence[tuple[object, ...]]

_PLACE = re.compile(r"\$(\d+)")


class Writer(Protocol):
    """What a store needs that only writes: a connection, or a `Gathered` one."""

    async def execute(self, query: str, *args: Any) -> Any:
        """Do *query*, now or when all is sent."""

    async def copy_records_to_table(
        self, table_name: str, *, records: Rows, columns: Sequence[str]
    ) -> Any:
        """Write many rows, now."""


class Gathered:
    """
    Keeps statements until `send`, which does all of them as one.

    All of them see the tables as they were before the first, so no two may touch one row, and none
    may rest on another. They fail together. Many rows (COPY) do not wait.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._queries: list[str] = []
        self._args: list[Any] = []
        self._counts: list[int] = []

    async def execute(self, query: str, *args: Any) -> None:
        """
        Keep one writing statement. Raises ValueError on one that begins with `with`, which cannot
        be part of another.
        """
        if query.lstrip()[:5].lower() == "with ":
            raise ValueError(f"cannot be gathered, it begins with `with`: {query.strip()[:60]}")
        self._queries.append(query)
        self._args += args
        self._counts.append(len(args))

    async def copy_records_to_table(
        self, table_name: str, *, records: Rows, columns: Sequence[str]
    ) -> None:
        """Write many rows at once: COPY has a round trip of its own."""
        await self._connection.copy_records_to_table(table_name, records=records, columns=columns)

    async def send(self) -> None:
        """Do what was kept since the last time."""
        if not self._queries:
            return
        together = _joined(tuple(self._queries), tuple(self._counts))
        args, self._queries, self._args, self._counts = self._args, [], [], []
        await self._connection.execute(together, *args)


@lru_cache(maxsize=64)
def _joined(queries: Sequence[str], counts: Sequence[int]) -> str:
    """All but the last as parts of the last, their parameters numbered on."""
    parts, before = [], 0
    for query, count in zip(queries, counts, strict=True):
        parts.append(_PLACE.sub(lambda found, by=before: f"${int(found[1]) + by}", query))  # type: ignore[misc]
        before += count
    named = ", ".join(f"part_{n} as ({part})" for n, part in enumerate(parts[:-1], 1))
    return f"with {named} {parts[-1]}" if named else parts[-1]
