"""What staff see of many cases at once, and their second factors; with `staff_store.sql`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from chassis.database import Connection
from chassis.queries import Queries
from chassis.sealing import Sealed
from contracts.notice_messages import NotificationData

from portal.model import Brief
from portal.read_store import brief_of

SQL = Queries(Path(__file__).with_name("staff_store.sql"))


@dataclass(frozen=True, slots=True)
class Narrowed:
    """
    Which open cases are meant. `units`, `stages`: None is all. `pressing`: only what is past its
    budget or due by `soon`.
    """

    units: Sequence[str] | None
    stages: Sequence[str] | None
    kind: str | None
    fund: str | None
    pressing: bool
    soon: date


class OnBoard(NamedTuple):
    """One case of a stage's column, with how many the column has and how many of them are late."""

    brief: Brief
    cases: int
    late: int


class ToldAbout(NamedTuple):
    """A notice in a list of work, with the case it is about; no number where it is about none."""

    said: NotificationData
    number: str | None
    unit: str | None


class ListCounts(NamedTuple):
    """How much waits in each work list made from the read tables."""

    undetermined: int
    contradictions: int
    unreachable: int
    held: int


class SecondFactor(NamedTuple):
    """An authenticator app; codes of `last_step` and before were taken."""

    sealed: Sealed
    last_step: int


async def board(connection: Connection, asked: Narrowed, each_max: int) -> list[OnBoard]:
    """The most pressing *each_max* of every stage."""
    rows = await connection.fetch(
        SQL.board, asked.units, asked.stages, asked.kind, asked.fund, asked.pressing, asked.soon,
        each_max,
    )  # fmt: skip
    return [OnBoard(brief_of(row), row["stage_cases"], row["stage_late"]) for row in rows]


async def board_list(
    connection: Connection, asked: Narrowed, limit: int, offset: int
) -> list[Brief]:
    """The same as one list."""
    rows = await connection.fetch(
        SQL.board_list, asked.units, asked.stages, asked.kind, asked.fund, asked.pressing,
        asked.soon, limit, offset,
    )  # fmt: skip
    return [brief_of(row) for row in rows]


async def units(connection: Connection) -> list[str]:
    """The units that have something open."""
    return [row[0] for row in await connection.fetch(SQL.units)]


async def undetermined(
    connection: Connection, units: Sequence[str] | None, limit: int
) -> list[Brief]:
    """Cases whose days nobody can tell."""
    return [brief_of(row) for row in await connection.fetch(SQL.undetermined, units, limit)]


async def contradictions(
    connection: Connection, units: Sequence[str] | None, limit: int
) -> list[Brief]:
    """Cases of which something was said that cannot be."""
    return [brief_of(row) for row in await connection.fetch(SQL.contradictions, units, limit)]


async def unreachable(
    connection: Connection, units: Sequence[str] | None, limit: int
) -> list[ToldAbout]:
    """Notices that reached nobody, newest first."""
    rows = await connection.fetch(SQL.unreachable, units, limit)
    return [_told(row["body"], row["number"], row["unit"]) for row in rows]


async def held(connection: Connection, units: Sequence[str] | None, limit: int) -> list[ToldAbout]:
    """Notices the guard keeps back, newest first."""
    rows = await connection.fetch(SQL.held, units, limit)
    return [_told(row["body"], row["number"], row["unit"]) for row in rows]


async def count_lists(connection: Connection, units: Sequence[str] | None) -> ListCounts:
    """How much waits in each list."""
    row = await connection.fetchrow(SQL.count_lists, units)
    return ListCounts(0, 0, 0, 0) if row is None else ListCounts(*row)


async def second_factor(connection: Connection, person: str) -> SecondFactor | None:
    """The authenticator app of *person*; None where there is none."""
    row = await connection.fetchrow(SQL.second_factor, person)
    if row is None:
        return None
    sealed = Sealed(row["key_id"], row["nonce"], row["sealed"])
    return SecondFactor(sealed, row["last_step"])


async def keep_second_factor(
    connection: Connection, person: str, sealed: Sealed, at: datetime, step: int
) -> bool:
    """Keep an app whose code of *step* was right; False where the person has one already."""
    asked = (person, sealed.key_id, sealed.nonce, sealed.sealed, at, step)
    return await connection.fetchval(SQL.keep_second_factor, *asked) is not None


async def take_second_factor(connection: Connection, person: str, step: int) -> bool:
    """Use a code up; False where somebody did before."""
    return await connection.fetchval(SQL.take_second_factor, person, step) is not None


async def forget_second_factor(connection: Connection, person: str) -> bool:
    """Take the app of *person* away; False where there was none."""
    return await connection.fetchval(SQL.forget_second_factor, person) is not None


def _told(body: str, number: str | None, unit: str | None) -> ToldAbout:
    return ToldAbout(NotificationData.model_validate_json(body), number, unit)
