"""
The migrations runner: plain numbered SQL files, each run once, in one transaction of its own.

Several starters may race: an advisory lock lets one of them work and the others find it done.
A file that changed after it ran is refused, because the database no longer is what the file says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg

from chassis.errors import MigrationError

CHASSIS_MIGRATIONS = Path(__file__).parent / "migrations_sql"

Connection = Any
"""An asyncpg connection, pooled or not."""


async def migrate(
    pool_or_connection: Any, schema: str, folders: Sequence[Path] = (CHASSIS_MIGRATIONS,)
) -> list[str]:
    """
    Run the files of *folders* that *schema* has not seen yet; return their names in the order they
    ran.

    Raises `MigrationError` for an edited file and for two files of one name.
    """
    files = _files(folders)
    if isinstance(pool_or_connection, asyncpg.Pool):
        async with pool_or_connection.acquire() as connection:
            return await _migrate(connection, schema, files)
    return await _migrate(pool_or_connection, schema, files)


def _files(folders: Sequence[Path]) -> dict[str, bytes]:
    """Return the content of every file by name, folder by folder, each in order of its names."""
    files: dict[str, bytes] = {}
    for path in [path for folder in folders for path in sorted(folder.glob("*.sql"))]:
        if path.name in files:
            raise MigrationError(f"{path.name} exists in two folders; rename one")
        files[path.name] = path.read_bytes()
    return files


async def _migrate(connection: Connection, schema: str, files: dict[str, bytes]) -> list[str]:
    """Hold the lock of *schema* for the session, so that each file can have its own transaction."""
    lock = "hashtextextended($1 || '.migration', 0)"
    await connection.execute(f"select pg_advisory_lock({lock})", schema)
    try:
        return await _apply(connection, schema, files)
    finally:
        await connection.execute(f"select pg_advisory_unlock({lock})", schema)


async def _apply(connection: Connection, schema: str, files: dict[str, bytes]) -> list[str]:
    """Compare, then run what is new."""
    quoted = '"' + schema.replace('"', '""') + '"'
    seen = await _seen(connection, quoted)
    ran: list[str] = []
    for name, content in files.items():
        digest = hashlib.sha256(content).hexdigest()
        if name not in seen:
            await _run(connection, quoted, name, content, digest)
            ran.append(name)
        elif seen[name] != digest:
            raise MigrationError(f"{name} was edited after it ran; undo the edit, add a new file")
    return ran


async def _seen(connection: Connection, quoted: str) -> dict[str, str]:
    """
    Return the digests of the files that ran, making the schema and its table where they are
    missing.
    """
    # `create schema if not exists` needs the right to create even when it exists: ask first.
    if await connection.fetchval("select to_regnamespace($1) is null", quoted):
        await connection.execute(f"create schema {quoted}")
    await connection.execute(
        f"create table if not exists {quoted}.migration (name text primary key,"
        " sha256 text not null, applied_at timestamptz not null default now())"
    )
    rows = await connection.fetch(f"select name, sha256 from {quoted}.migration")
    return {row["name"]: row["sha256"] for row in rows}


async def _run(connection: Connection, quoted: str, name: str, content: bytes, digest: str) -> None:
    """Run one file and note it, both or neither."""
    async with connection.transaction():
        await connection.execute(f"set local search_path to {quoted}")
        await connection.execute(content.decode("utf-8"))
        await connection.execute(
            f"insert into {quoted}.migration (name, sha256) values ($1, $2)", name, digest
        )
