"""Held notices as the read tables have them, for who decides about them; with `held_store.sql`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import orjson
from chassis.database import Connection
from chassis.queries import Queries
from contracts.process import Words

SQL = Queries(Path(__file__).with_name("held_store.sql"))


class HeldRule(NamedTuple):
    """A notice rule with how many of its notices are held."""

    rule: str
    title: Words
    notices: int


class HeldNotice(NamedTuple):
    """One held notice; `case_id` is None where it is about no case."""

    notice: str
    case_id: int | None


async def rules(connection: Connection) -> list[HeldRule]:
    """The rules that have something held, the most first."""
    found = []
    for rule, title, notices in await connection.fetch(SQL.held_rules):
        said = orjson.loads(title)
        found.append(HeldRule(rule, Words(said["th"], said["en"]), notices))
    return found


async def chosen(connection: Connection, notices: Sequence[str]) -> list[HeldNotice]:
    """Those of *notices* that are held."""
    return [HeldNotice(*row) for row in await connection.fetch(SQL.held_chosen, list(notices))]
