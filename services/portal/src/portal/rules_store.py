"""The rules as they were applied; with the other stores all the SQL."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from chassis.database import Connection
from chassis.queries import Queries

SQL = Queries(Path(__file__).with_name("rules_store.sql"))


async def count_versions(connection: Connection) -> int:
    """How many versions there are: they are only ever added."""
    return int(await connection.fetchval(SQL.count_versions))


async def read_versions(connection: Connection) -> list[tuple[str, str, int, str]]:
    """All applied rules: kind, name, version, JSON."""
    return [tuple(row) for row in await connection.fetch(SQL.read_versions)]


async def add_version(
    connection: Connection, kind: str, name: str, body: str, sha256: bytes, at: datetime
) -> int | None:
    """Apply a rule. Returns the new version, None when the newest already says the same."""
    values = (kind, name, body, sha256, at)
    version: int | None = await connection.fetchval(SQL.add_version, *values)
    return version
