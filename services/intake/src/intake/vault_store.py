"""SQL of the payee vault: sealed rows, and the blinded index that finds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chassis.database import Connection
from chassis.queries import Queries
from chassis.sealing import Sealed

SQL = Queries(Path(__file__).with_name("store.sql"))


@dataclass(frozen=True, slots=True)
class PayeeRow:
    """A payee of the vault, sealed."""

    payee_id: str
    version: int
    sealed: Sealed
    redirect_to: str | None


async def load_payees(connection: Connection, ids: Iterable[str]) -> dict[str, PayeeRow]:
    """The vault's rows of these payees."""
    rows = await connection.fetch(SQL.load_payees, sorted(ids))
    return {
        row["payee_id"]: PayeeRow(
            row["payee_id"],
            row["version"],
            Sealed(row["key_id"], row["nonce"], row["sealed"]),
            row["redirect_to"],
        )
        for row in rows
    }


async def find_identities(connection: Connection, blinds: Iterable[bytes]) -> dict[bytes, str]:
    """Which payee each of these (blinded) identities names."""
    rows = await connection.fetch(SQL.find_identities, sorted(blinds))
    return {row[0]: row[1] for row in rows}


async def save_payees(
    connection: Connection, rows: Sequence[PayeeRow], identities: Mapping[bytes, str]
) -> None:
    """Write changed payees and the index of their identities."""
    if rows:
        await connection.execute(
            SQL.save_payees,
            [r.payee_id for r in rows],
            [r.version for r in rows],
            [r.sealed.key_id for r in rows],
            [r.sealed.nonce for r in rows],
            [r.sealed.sealed for r in rows],
            [r.redirect_to for r in rows],
        )
    if identities:
        blinds = sorted(identities)
        await connection.execute(SQL.save_identities, blinds, [identities[b] for b in blinds])
