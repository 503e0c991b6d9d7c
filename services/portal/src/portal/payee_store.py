"""Payees as they are kept: sealed, and whom each leads to; with `payee_store.sql`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from chassis.database import Connection
from chassis.queries import Queries
from chassis.sealing import Sealed

from portal.opening import KeptPayee, OpenedPayee, Relative
from portal.rows import PayeeRow
from portal.store import columns

SQL = Queries(Path(__file__).with_name("payee_store.sql"))
PAYEES_LOCK = "portal payees"
"""
Whoever writes payees does so alone: whom each leads to is found by looking at others. Shared by who
begins a session: the way to its payee must not change meanwhile.
"""


async def load_payees(connection: Connection, payee_ids: Iterable[str]) -> dict[str, KeptPayee]:
    """What is kept of these payees."""
    rows = await connection.fetch(SQL.load_payees, sorted(payee_ids))
    return {
        row["payee_id"]: KeptPayee(
            row["version"],
            Sealed(row["key_id"], row["nonce"], row["sealed"]),
            row["contact_changed_at"],
        )
        for row in rows
    }


async def load_families(connection: Connection, payee_ids: Iterable[str]) -> list[Relative]:
    """All payees who are the same persons as these."""
    rows = await connection.fetch(SQL.load_families, sorted(payee_ids))
    return [Relative(row[0], row[1], Sealed(*row[2:])) for row in rows]


async def rest_payees(connection: Connection, rows: Sequence[PayeeRow]) -> None:
    """Note that by these states somebody is reached in another way: codes rest for a while."""
    if rows:
        told = [(row.payee_id, row.said_at) for row in rows]
        await connection.execute(SQL.rest_payees, *columns(told))


async def save_payees(
    connection: Connection, payees: Sequence[OpenedPayee], gone: Sequence[str]
) -> None:
    """Keep payees, sealed, and whom each leads to; forget those *gone*."""
    written: set[str] = set()
    if payees:
        told = [
            (
                *one.row[:6],
                " ".join(one.name_grams),
                " ".join(blind.hex() for blind in one.blinds),
                one.contact_changed_at,
            )
            for one in sorted(payees, key=lambda one: one.row.payee_id)
        ]
        written |= {r[0] for r in await connection.fetch(SQL.save_payees, *columns(told))}
    if gone:
        await connection.execute(SQL.forget_payees, gone)
    if written or gone:
        await connection.execute(SQL.lead_payees, sorted({*written, *gone}))
