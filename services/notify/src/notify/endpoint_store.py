"""The webhook endpoints as they are kept, sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chassis.database import Connection
from chassis.queries import Queries
from chassis.sealing import Sealed
from contracts.notice import RecipientKind

from notify.model import Recipient

SQL = Queries(Path(__file__).with_name("endpoints.sql"))


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """One endpoint. `ended_reason` is `removed` by an operator, or `gone`: it answered so."""

    id: str
    recipient: Recipient
    sealed: Sealed
    created_at: datetime
    rotated_at: datetime | None = None
    ended_at: datetime | None = None
    ended_reason: str | None = None


async def read(connection: Connection) -> list[EndpointRow]:
    """All endpoints, the oldest first."""
    return [
        EndpointRow(
            id=row["endpoint_id"],
            recipient=Recipient(RecipientKind(row["recipient_kind"]), row["recipient_id"]),
            sealed=Sealed(row["key_id"], row["nonce"], row["sealed"]),
            created_at=row["created_at"],
            rotated_at=row["rotated_at"],
            ended_at=row["ended_at"],
            ended_reason=row["ended_reason"],
        )
        for row in await connection.fetch(SQL.read_endpoints)
    ]


async def add(connection: Connection, row: EndpointRow) -> bool:
    """Write a new endpoint; False where its recipient has an open one."""
    sealed = (row.sealed.key_id, row.sealed.nonce, row.sealed.sealed)
    found = await connection.fetchval(
        SQL.add_endpoint, row.id, row.recipient.kind, row.recipient.id, *sealed, row.created_at
    )
    return found is not None


async def save(connection: Connection, row: EndpointRow) -> None:
    """Write what became of an endpoint."""
    sealed = (row.sealed.key_id, row.sealed.nonce, row.sealed.sealed)
    ends = (row.rotated_at, row.ended_at, row.ended_reason)
    await connection.execute(SQL.save_endpoint, row.id, *sealed, *ends)
