"""
What pages read of the read tables; with `read_store.sql` and the other stores all the SQL.

Every function takes a connection of the pool and returns values of `model`. A payee id is any of
the ids a person has; the store finds the one that stayed and all that lead to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import asyncpg
import orjson
from chassis.database import Connection
from chassis.queries import Queries
from chassis.sealing import Sealed
from contracts.messages import CaseStatusData, Line, SourceStatusData
from contracts.notice_messages import NotificationData
from contracts.sla_messages import CaseSlaData

from portal import counting, opening
from portal.model import (
    Brief,
    Case,
    Found,
    Lines,
    Notice,
    OwnCase,
    Payee,
    PayeeCounts,
    Source,
    Standing,
)
from portal.reading import RETURNED
from portal.search import Asked, comparable
from portal.vault import Vault

SQL = Queries(Path(__file__).with_name("read_store.sql"))


async def case_by_id(connection: Connection, case_id: int) -> Case | None:
    """The case, also one joined to another (`brief.redirect_to`); None where there is none."""
    row = await connection.fetchrow(SQL.case_by_id, case_id)
    return None if row is None else _case(row)


async def case_by_number(connection: Connection, number: str) -> Case | None:
    """The case of a short number as `shortnumber.number_of` writes it."""
    row = await connection.fetchrow(SQL.case_by_number, number)
    return None if row is None else _case(row)


async def lines_of(connection: Connection, case_id: int) -> Lines:
    """All lines of a case in their order, of all payees: the view keeps back what is not theirs."""
    rows = await connection.fetch(SQL.chunks_of, case_id)
    lines = [Line.model_validate(line) for row in rows for line in orjson.loads(row["body"])]
    versions = {(row["epoch"], row["version"], row["chunks"]) for row in rows}
    whole = len(versions) <= 1 and (not rows or len(rows) == rows[0]["chunks"])
    return Lines(lines, whole)


async def family_of(connection: Connection, payee_id: str) -> list[str]:
    """All the ids this person is known by."""
    return [row[0] for row in await connection.fetch(SQL.family_of, payee_id)]


async def root_of(connection: Connection, payee_id: str) -> str:
    """The id of this person that stayed."""
    return str(await connection.fetchval(SQL.root_of, payee_id) or payee_id)


async def is_payee_of(connection: Connection, payee_id: str, case_id: int) -> bool:
    """Whether *payee_id* has lines in the case: the first question of every page of a payee."""
    family = await family_of(connection, payee_id)
    return bool(await connection.fetchval(SQL.is_payee_of, family, case_id))


async def payees_of(connection: Connection, case_id: int) -> list[str]:
    """The payees (the ids that stayed) who have lines in the case."""
    return [row[0] for row in await connection.fetch(SQL.payees_of, case_id)]


async def cases_of_payee(
    connection: Connection,
    payee_id: str,
    *,
    group: int | None = None,
    needs_me: bool = False,
    limit: int = 20,
    offset: int = 0,
) -> list[OwnCase]:
    """
    A payee's cases, newest change first; *group* 0 are those outside the four groups.

    *needs_me*: only those returned or bounced.
    """
    family = await family_of(connection, payee_id)
    asked = (family, None, group, needs_me, RETURNED, limit, offset)
    return [_own(row) for row in await connection.fetch(SQL.own_cases, *asked)]


async def own_case(connection: Connection, payee_id: str, case_id: int) -> OwnCase | None:
    """One case as this payee may see it in a list; None where they have no line in it."""
    return next(iter(await own_cases(connection, payee_id, [case_id])), None)


async def own_cases(
    connection: Connection, payee_id: str, case_ids: Sequence[int]
) -> list[OwnCase]:
    """Some cases as this payee may see them in a list, in the order asked for."""
    family = await family_of(connection, payee_id)
    asked = (family, list(case_ids), None, False, RETURNED, len(case_ids), 0)
    found = {row["case_id"]: _own(row) for row in await connection.fetch(SQL.own_cases, *asked)}
    return [found[case_id] for case_id in case_ids if case_id in found]


async def counts_of_payee(
    connection: Connection, payee_id: str, zone: str, now: datetime
) -> PayeeCounts:
    """A payee's totals by group and by month; months are those of the IANA *zone*."""
    family = await family_of(connection, payee_id)
    groups = await connection.fetch(SQL.count_groups, family, RETURNED)
    since = counting.first_month(now, zone)
    months = await connection.fetch(SQL.count_months, family, zone, since)
    return counting.counts([tuple(row) for row in groups], [tuple(row) for row in months])


async def search(
    connection: Connection,
    asked: Asked,
    *,
    vault: Vault | None = None,
    payee_id: str | None = None,
    units: Sequence[str] | None = None,
    limit: int = 50,
) -> list[Found]:
    """
    Cases in which every word of *asked* is found (`search.asked(text)` makes it), newest first.

    With *payee_id* only cases of that payee, by what that payee may see. With *units* only cases of
    these units. With neither all cases: for finance only. Names of payees are found with *vault*.
    """
    if payee_id is not None:
        return await _search_own(connection, asked, vault, payee_id, limit)
    if asked.too_short:
        return []
    blind = (lambda _: "") if vault is None else vault.blind_gram
    names = [" ".join(map(blind, pieces)).strip() for pieces in asked.pieces]
    for pieces in (asked.whole, asked.pieces):
        told = [" ".join(one) for one in pieces]
        found = await connection.fetch(SQL.search_all, asked.words, told, names, units, limit)
        if found:
            return [_found(row) for row in found]
    return []


async def _search_own(
    connection: Connection, asked: Asked, vault: Vault | None, payee_id: str, limit: int
) -> list[Found]:
    if not asked.words:
        return []
    who = None if vault is None else await payee(connection, payee_id, vault)
    name = "" if who is None else comparable(who.name or "")
    own = [word for word in asked.words if word in name]
    ids = await family_of(connection, payee_id) if who is None else who.ids
    rows = await connection.fetch(SQL.search_own, ids, asked.words, own, limit)
    return [_found(row) for row in rows]


async def payee(connection: Connection, payee_id: str, vault: Vault) -> Payee | None:
    """A payee, opened by *vault*; None where nobody has been told of."""
    root = await root_of(connection, payee_id)
    family = await family_of(connection, payee_id)
    rows = await connection.fetch(SQL.payees, family)
    if not rows:
        return None
    kept = [
        opening.Kept(
            row["payee_id"],
            Sealed(row["key_id"], row["nonce"], row["sealed"]),
            row["contact_changed_at"],
        )
        for row in rows
    ]
    return opening.payee_of(root, kept, vault)


async def payee_of_identity(connection: Connection, blinds: Sequence[bytes]) -> str | None:
    """Whose identity one of these is (`vault.blinds(text)` makes them): the id that stayed."""
    found: str | None = await connection.fetchval(SQL.payee_of_identity, list(blinds))
    return found


async def notices_of(connection: Connection, case_id: int) -> list[Notice]:
    """Every notice about a case, newest first."""
    return [_notice(row) for row in await connection.fetch(SQL.notices_of, case_id)]


async def notices_to_payee(connection: Connection, case_id: int, payee_id: str) -> list[Notice]:
    """The notices about a case that went to this payee, newest first."""
    family = await family_of(connection, payee_id)
    rows = await connection.fetch(SQL.notices_to_payee, case_id, family)
    return [_notice(row) for row in rows]


async def sources(connection: Connection) -> list[Source]:
    """All sources by name."""
    return [_source(row) for row in await connection.fetch(SQL.sources)]


async def source(connection: Connection, slug: str) -> Source | None:
    """One source."""
    row = await connection.fetchrow(SQL.source, slug)
    return None if row is None else _source(row)


def _case(row: asyncpg.Record) -> Case:
    said = CaseStatusData.model_validate_json(row["body"])
    judged = row["sla_body"]
    sla = None if judged is None else CaseSlaData.model_validate_json(judged)
    return Case(brief_of(row), said, sla)


def brief_of(row: asyncpg.Record) -> Brief:
    """The brief of a row of `case_row` that has `recomputed` beside its columns."""
    return Brief(
        case_id=row["case_id"],
        number=row["number"],
        process=row["process"],
        stage=row["stage"],
        group=row["stage_group"],
        holder=row["holder"],
        unit=row["unit"],
        kind=row["kind"],
        fund=row["fund"],
        title=row["title"],
        since=row["since"],
        opened_at=row["opened_at"],
        ended=row["ended"],
        ended_at=row["ended_at"],
        amount=row["amount"],
        currency=row["currency"],
        redirect_to=row["redirect_to"],
        contradictions=row["contradictions"],
        returned=row["returned"],
        bounced_lines=row["bounced_lines"],
        waits_for=row["waits_for"],
        charged=row["charged"],
        budget=row["budget"],
        due_on=row["due_on"],
        breached_on=row["breached_on"],
        undetermined=row["undetermined"],
        recomputed=row["recomputed"],
        as_of=row["changed_at"],
    )


def _own(row: asyncpg.Record) -> OwnCase:
    return OwnCase(
        brief=brief_of(row),
        standing=Standing(row["standing"]),
        group=row["own_group"],
        net=row["net"],
        paid_on=row["paid_on"],
        lines=row["lines"],
        alone=row["alone"],
    )


def _found(row: asyncpg.Record) -> Found:
    return Found(brief_of(row), row["fitted"])


def _notice(row: asyncpg.Record) -> Notice:
    return Notice(NotificationData.model_validate_json(row["body"]))


def _source(row: asyncpg.Record) -> Source:
    return Source(SourceStatusData.model_validate_json(row["body"]), row["told_at"])
