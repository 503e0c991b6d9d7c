"""The letters to addresses that were left, as they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from chassis.database import Connection
from chassis.instants import microseconds, moment
from chassis.queries import Queries
from chassis.sealing import Sealed
from contracts.notice import Channel

from notify.changes import Change
from notify.model import Reason, State

SQL = Queries(Path(__file__).with_name("changes.sql"))


async def add(connection: Connection, changes: Sequence[Change]) -> set[str]:
    """Write new changes. Returns the identities that were not there before."""
    if not changes:
        return set()
    rows = [
        (
            *(one.id, one.payee, one.payee_version, one.channel, one.language, one.process),
            *(*_sealed(one), moment(one.said_us), one.state, one.reason, one.version),
            *(moment(one.asked_us), _moment(one.due_us), one.attempt, one.maybe_told),
            *(_moment(one.told_us), one.failure),
        )
        for one in changes
    ]
    found = await connection.fetch(SQL.add_changes, *map(list, zip(*rows, strict=True)))
    return {row[0] for row in found}


async def save(connection: Connection, changes: Sequence[Change]) -> None:
    """Write what became of changes that were locked before."""
    rows = [
        (
            *(one.id, *_sealed(one), one.state, one.reason, one.version, _moment(one.due_us)),
            *(one.attempt, one.maybe_told, _moment(one.told_us), one.failure),
        )
        for one in changes
    ]
    if rows:
        await connection.execute(SQL.save_changes, *map(list, zip(*rows, strict=True)))


async def lock_due(connection: Connection, now: datetime, most: int) -> list[Change]:
    """What is due, *most* changes at most, locked."""
    return [_change(row) for row in await connection.fetch(SQL.lock_due_changes, now, most)]


async def lock(connection: Connection, change: str) -> Change | None:
    """One change, locked; None where it was forgotten."""
    row = await connection.fetchrow(SQL.lock_change, change)
    return None if row is None else _change(row)


async def lock_held(connection: Connection, changes: Sequence[str] | None) -> list[Change]:
    """What is held, locked: by identity, or all."""
    return [_change(row) for row in await connection.fetch(SQL.lock_held_changes, changes)]


async def forget(connection: Connection, payees: Sequence[str]) -> None:
    """Delete all about these payees."""
    if payees:
        await connection.execute(SQL.forget_changes, payees)


async def count_held(connection: Connection) -> list[dict[str, Any]]:
    """What is held, by channel and hour."""
    return [dict(row) for row in await connection.fetch(SQL.count_held_changes)]


async def read(connection: Connection, most: int) -> list[dict[str, Any]]:
    """The newest changes, for looking."""
    return [dict(row) for row in await connection.fetch(SQL.read_changes, most)]


def _sealed(one: Change) -> tuple[str | None, bytes | None, bytes | None]:
    if one.sealed is None:
        return None, None, None
    return one.sealed.key_id, one.sealed.nonce, one.sealed.sealed


def _change(row: Mapping[str, Any]) -> Change:
    sealed = None
    if row["sealed"] is not None:
        sealed = Sealed(row["key_id"], row["nonce"], row["sealed"])
    return Change(
        id=row["change_id"],
        payee=row["payee_id"],
        payee_version=row["payee_version"],
        channel=Channel(row["channel"]),
        language=row["language"],
        process=row["process"],
        sealed=sealed,
        said_us=microseconds(row["said_at"]),
        state=State(row["state"]),
        asked_us=microseconds(row["asked_at"]),
        reason=None if row["reason"] is None else Reason(row["reason"]),
        version=row["version"],
        due_us=_us(row["due_at"]),
        attempt=row["attempt"],
        maybe_told=row["maybe_told"],
        told_us=_us(row["told_at"]),
        failure=row["failure"],
    )


def _moment(at_us: int | None) -> datetime | None:
    return None if at_us is None else moment(at_us)


def _us(at: datetime | None) -> int | None:
    return None if at is None else microseconds(at)
