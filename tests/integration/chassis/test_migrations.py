"""The migrations runner on real Postgres: once, together, and never over an edited file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from chassis.errors import MigrationError
from chassis.migrations import CHASSIS_MIGRATIONS, migrate

if TYPE_CHECKING:
    from ground.databases import Database

OWN = ["0001_outbox_and_dead_letter.sql", "0002_outbox_rows_stay_whole.sql"]


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[asyncpg.Connection[Any]]:
    """A connection as a service's role."""
    opened = await asyncpg.connect(database.url("status"))
    yield opened
    await opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A service's own migrations: two files, one with two statements and a function body."""
    (tmp_path / "0002_b.sql").write_text("insert into a values (2);")
    (tmp_path / "0001_a.sql").write_text(
        "create table a (n int); create function f() returns int language plpgsql as"
        " $$ begin return 1; end; $$; insert into a values (1);"
    )
    return tmp_path


async def test_files_run_once_in_order(connection: Any, folder: Path) -> None:
    """The first start runs all files in the service's schema, the second none."""
    folders = [CHASSIS_MIGRATIONS, folder]
    assert await migrate(connection, "status", folders) == [*OWN, "0001_a.sql", "0002_b.sql"]
    assert await migrate(connection, "status", folders) == []
    assert [row["n"] for row in await connection.fetch("select n from status.a")] == [1, 2]
    assert await connection.fetchval("select to_regclass('status.outbox') is not null")


async def test_starters_that_race_run_each_file_once(database: Database, folder: Path) -> None:
    """Five processes that start together apply every file exactly once between them."""

    async def start() -> list[str]:
        opened = await asyncpg.connect(database.url("status"))
        try:
            return await migrate(opened, "status", [CHASSIS_MIGRATIONS, folder])
        finally:
            await opened.close()

    ran = await asyncio.gather(*(start() for _ in range(5)))
    assert sorted(name for names in ran for name in names) == sorted(
        ["0001_a.sql", *OWN, "0002_b.sql"]
    )


async def test_an_edited_file_is_refused(connection: Any, folder: Path) -> None:
    """A file that changed after it ran stops the start and is named."""
    await migrate(connection, "status", [folder])
    (folder / "0001_a.sql").write_text("create table a (n bigint);")
    with pytest.raises(MigrationError, match=r"0001_a.sql was edited after it ran"):
        await migrate(connection, "status", [folder])


async def test_a_failing_file_leaves_nothing(connection: Any, folder: Path) -> None:
    """A file runs whole or not at all, and the ones before it stay."""
    (folder / "0003_c.sql").write_text("create table c (n int); select 1/0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(connection, "status", [folder])
    tables = await connection.fetchval("select to_regclass('status.c')")
    (folder / "0003_c.sql").write_text("create table c (n int);")
    assert (tables, await migrate(connection, "status", [folder])) == (None, ["0003_c.sql"])


async def test_one_name_in_two_folders_is_refused(connection: Any, folder: Path) -> None:
    """Two files of one name could hide each other, so neither runs."""
    other = folder / "other"
    other.mkdir()
    (other / "0001_a.sql").write_text("select 1;")
    with pytest.raises(MigrationError, match=r"0001_a.sql exists in two folders"):
        await migrate(connection, "status", [folder, other])
