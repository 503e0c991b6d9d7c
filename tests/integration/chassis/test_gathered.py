"""Statements sent together: one round trip, the same rows, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from chassis.gathered import Gathered, Rows
from chassis.outbox import Outgoing, put_outgoing
from chassis.tables import FEW, Table

if TYPE_CHECKING:
    from tests.integration.chassis.conftest import Bed

SHOES = Table("shoe", {"pair": "bigint", "colour": "text"})
MAKE = "create table shoe (pair bigint primary key, colour text not null)"


class Counting:
    """A connection that counts its round trips."""

    def __init__(self, connection: Any) -> None:
        self.connection, self.calls = connection, list[str]()

    async def execute(self, query: str, *args: Any) -> None:
        """Count and do."""
        self.calls.append("execute")
        await self.connection.execute(query, *args)

    async def copy_records_to_table(
        self, table_name: str, *, records: Rows, columns: Sequence[str]
    ) -> None:
        """Count and do."""
        self.calls.append("copy")
        await self.connection.copy_records_to_table(table_name, records=records, columns=columns)


async def test_several_statements_are_one_round_trip(bed: Bed) -> None:
    """Three writes with parameters of their own arrive whole, by one call, in their own tables."""
    async with bed.pool.acquire() as connection:
        await connection.execute(MAKE)
        await SHOES.put(connection, [(1, "brown")])
        counting = Counting(connection)
        together = Gathered(counting)
        await SHOES.put(together, [(2, "red"), (3, "green")])
        await together.execute("update shoe set colour = $2 where pair = $1", 1, "black")
        await put_outgoing(together, [Outgoing("order-status", b"a", b"said")])
        assert counting.calls == []
        await together.send()
        await together.send()
        assert counting.calls == ["execute"]
        shoes = await connection.fetch("select pair, colour from shoe order by pair")
        assert [tuple(row) for row in shoes] == [(1, "black"), (2, "red"), (3, "green")]
        assert await connection.fetchval("select value from outbox") == b"said"


async def test_one_that_fails_takes_all_with_it(bed: Bed) -> None:
    """No part of what was gathered stays when another part is refused."""
    async with bed.pool.acquire() as connection:
        await connection.execute(MAKE)
        await SHOES.put(connection, [(1, "brown")])
        together = Gathered(connection)
        await put_outgoing(together, [Outgoing("order-status", b"a", b"said")])
        await SHOES.put(together, [(1, "red")])
        with pytest.raises(asyncpg.UniqueViolationError):
            await together.send()
        assert await connection.fetchval("select count(*) from outbox") == 0


async def test_many_rows_go_at_once(bed: Bed) -> None:
    """More rows than one statement is good for do not wait to be sent."""
    async with bed.pool.acquire() as connection:
        await connection.execute(MAKE)
        counting = Counting(connection)
        await SHOES.put(Gathered(counting), [(n, "grey") for n in range(FEW + 1)])
        assert counting.calls == ["copy"]


async def test_what_cannot_be_part_of_another_is_refused(bed: Bed) -> None:
    """A statement that begins with `with` is named at once, not by Postgres later."""
    async with bed.pool.acquire() as connection:
        with pytest.raises(ValueError, match="begins with `with`"):
            await Gathered(connection).execute("with one as (select 1) delete from shoe")
