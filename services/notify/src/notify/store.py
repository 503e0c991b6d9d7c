"""What notify keeps of cases, payees and rules; with `notice_store` all the Python with SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import orjson
from chassis.database import Connection
from chassis.queries import Queries
from chassis.sealing import Sealed
from contracts.sla_messages import SlaEventData

from notify.model import Recipient
from notify.people import Kept

SQL = Queries(Path(__file__).with_name("store.sql"))
PEOPLE_LOCK = "notify people"
"""
Shared by all who decide; alone holds it who changes how somebody is reached.

A decision that saw no address, beside an address that saw nobody waiting for it: without the lock
both are written, and nobody looks again. It is taken before any other lock.
"""


@dataclass(frozen=True, slots=True)
class Followed:
    """
    A case as it is kept. `version` is -1 and `body` None before its first state came.

    `replayed` are the events that came by a replay, as JSON.
    """

    case_id: int
    epoch: int
    version: int
    body: str | None
    replayed: str
    sla_epoch: int
    sla_version: int
    sla_status_epoch: int
    sla_status_version: int
    days: str | None


class Chunk(NamedTuple):
    """One message of lines, as it came; `lines` are plain JSON."""

    case_id: int
    epoch: int
    version: int
    chunk: int
    chunks: int
    lines: Sequence[Mapping[str, Any]]


def columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """*rows*, of which there is at least one, as columns."""
    return [list(column) for column in zip(*rows, strict=True)]


async def known_rules(connection: Connection) -> tuple[int, int]:
    """How many rule versions there are, and the revision of the webhook endpoints."""
    row = await connection.fetchrow(SQL.known_rules)
    assert row is not None
    return int(row[0]), int(row[1])


async def read_rule_versions(connection: Connection) -> list[tuple[str, str, int, str]]:
    """All applied rules: kind, name, version, JSON."""
    return [tuple(row) for row in await connection.fetch(SQL.read_rule_versions)]


async def add_rule_version(
    connection: Connection, kind: str, name: str, body: str, sha256: bytes, at: datetime
) -> int | None:
    """Apply a rule. Returns the new version, None when the newest already says the same."""
    values = (kind, name, body, sha256, at)
    version: int | None = await connection.fetchval(SQL.add_rule_version, *values)
    return version


async def lock(connection: Connection, case_ids: Iterable[int]) -> list[Followed]:
    """The cases in id order, locked, their rows made where they are new."""
    ids = sorted(set(case_ids))
    await connection.execute(SQL.open_cases, ids)
    return [Followed(*row) for row in await connection.fetch(SQL.lock_cases, ids)]


async def read_cases(connection: Connection, case_ids: Iterable[int]) -> list[Followed]:
    """Cases, only looked at."""
    rows = await connection.fetch(SQL.read_cases, sorted(set(case_ids)))
    return [Followed(*row) for row in rows]


async def save_cases(connection: Connection, cases: Sequence[Followed]) -> None:
    """Keep the newest state of locked cases."""
    rows = [(one.case_id, one.epoch, one.version, one.body, one.replayed) for one in cases]
    if rows:
        await connection.execute(SQL.save_cases, *columns(rows))


async def forget_cases(connection: Connection, case_ids: Sequence[int]) -> None:
    """Delete what is known of cases whose time of keeping is over."""
    if case_ids:
        await connection.execute(SQL.forget_cases, case_ids)
        await connection.execute(SQL.forget_lines, case_ids)


async def save_days(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep what the SLA says of days: case, epoch, version, status epoch and version, JSON."""
    if rows:
        await connection.execute(SQL.save_days, *columns(rows))


async def save_chunks(
    connection: Connection, rows: Sequence[tuple[Any, ...]], gone: Sequence[tuple[int, int]]
) -> set[int]:
    """Keep lines, drop the chunks (case, chunk) that are *gone*. Returns the cases with news."""
    touched: set[int] = set()
    if rows:
        touched |= {r[0] for r in await connection.fetch(SQL.save_chunks, *columns(rows))}
    if gone:
        touched |= {r[0] for r in await connection.fetch(SQL.drop_chunks, *columns(gone))}
    return touched


async def load_chunks(connection: Connection, case_ids: Sequence[int]) -> dict[int, list[Chunk]]:
    """Case → its chunks in order."""
    found: dict[int, list[Chunk]] = {}
    for row in await connection.fetch(SQL.load_chunks, case_ids):
        chunk = Chunk(row[0], row[1], row[2], row[3], row[4], orjson.loads(row["body"]))
        found.setdefault(chunk.case_id, []).append(chunk)
    return found


async def save_words(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> set[int]:
    """Keep what the SLA said: case, id, detection, JSON. Returns the cases with news."""
    if not rows:
        return set()
    return {row[0] for row in await connection.fetch(SQL.save_words, *columns(rows))}


async def load_words(
    connection: Connection, case_ids: Sequence[int]
) -> dict[int, list[SlaEventData]]:
    """Case → what the SLA said of it."""
    found: dict[int, list[SlaEventData]] = {}
    for case_id, body in await connection.fetch(SQL.load_words, case_ids):
        found.setdefault(case_id, []).append(SlaEventData.model_validate_json(body))
    return found


async def save_payees(
    connection: Connection, rows: Sequence[tuple[Any, ...]], gone: Sequence[str]
) -> list[str]:
    """Keep payees, sealed; forget those *gone*. Returns those of whom something is new."""
    if gone:
        await connection.execute(SQL.forget_payees, gone)
    if not rows:
        return []
    return [row[0] for row in await connection.fetch(SQL.save_payees, *columns(rows))]


async def load_payees(connection: Connection, payee_ids: Iterable[str]) -> list[Kept]:
    """These payees and all who are the same person, sealed."""
    ids = sorted(set(payee_ids))
    rows = await connection.fetch(SQL.load_payees, ids) if ids else []
    return [_kept(row) for row in rows]


def _kept(row: asyncpg.Record) -> Kept:
    sealed = Sealed(row["key_id"], row["nonce"], row["sealed"])
    gone = row["gone_version"] == row["version"]
    return Kept(row["payee_id"], sealed, row["redirect_to"], gone)


async def mark_gone(connection: Connection, payee_ids: Sequence[str]) -> None:
    """Note that these payees' addresses were refused for good."""
    await connection.execute(SQL.mark_gone, payee_ids)


async def waiting_for_address(connection: Connection, payee_ids: Sequence[str]) -> set[int]:
    """The cases of which something could not be told to these payees."""
    return {row[0] for row in await connection.fetch(SQL.waiting_for_address, payee_ids)}


async def waiting_for(connection: Connection, whom: Recipient, since: datetime) -> list[int]:
    """The cases of which something could not be told to *whom* since then."""
    rows = await connection.fetch(SQL.waiting_for, whom.kind, whom.id, since)
    return [row[0] for row in rows]


async def waiting_for_offices(connection: Connection, since: datetime) -> list[int]:
    """The cases of which something could not be told to an office since then."""
    return [row[0] for row in await connection.fetch(SQL.waiting_for_offices, since)]
