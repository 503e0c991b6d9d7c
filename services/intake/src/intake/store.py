"""The only Python of intake that speaks SQL: the journal, membership and payees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from chassis.database import Connection
from chassis.gathered import Writer
from chassis.queries import Queries
from chassis.tables import Table
from contracts.events import Reference
from contracts.process import ROLE_ORDER, Process, Role

from intake.model import Key, Member, Summary
from intake.placing import Cluster
from intake.publish import Entry

SQL = Queries(Path(__file__).with_name("store.sql"))
JOURNAL = Table(
    "journal",
    {
        "source": "text",
        "id": "text",
        "digest": "bytea",
        "process": "text",
        "fact": "text",
        "role": "text",
        "instant_us": "bigint",
        "sequence": "bigint",
        "unit": "text",
        "envelope": "text",
        "recorded_us": "bigint",
        "cluster_id": "bigint",
        "case_id": "bigint",
        "home_id": "bigint",
        "membership": "bigint",
    },
)
TEXTS = Table("journal_text", {"source": "text", "id": "text", "text": "text", "unread": "bytea"})
MEMBERSHIP_LOCK = "tidtam.membership"
"""One writer of membership at a time, in all processes."""


class Known(NamedTuple):
    """What the journal knows of an event that came (again)."""

    digest: bytes | None
    cluster: int | None
    retraction_cluster: int | None


class NewRow(NamedTuple):
    """One row of the journal to be."""

    entry: Entry
    digest: bytes
    unit: str | None
    cluster_id: int | None
    case_id: int | None
    unread: bytes | None


class Begun(NamedTuple):
    """
    Where a batch begins: the revision of the rules, the membership version of its decision, the
    newest case id, and what is known of its events.
    """

    revision: int
    membership: int
    newest_case: int
    known: dict[Key, list[Known]]


async def find_known(connection: Connection, keys: Sequence[Key]) -> Begun:
    """
    Where the decision at hand begins, under the lock of membership. Events known by several
    retractions have several rows.
    """
    found: dict[Key, list[Known]] = {}
    rows = await connection.fetch(SQL.find_known, [k.source for k in keys], [k.id for k in keys])
    for _, _, _, source, event_id, digest, cluster, retraction_cluster in rows:
        if source is not None:
            known = Known(digest, cluster, retraction_cluster)
            found.setdefault(Key(source, event_id), []).append(known)
    revision, membership, newest_case = rows[0][:3]
    return Begun(revision, membership, newest_case, found)


async def find_references(
    connection: Connection, references: Iterable[str]
) -> tuple[dict[str, int], dict[int, Cluster]]:
    """Reference key → cluster, for those that are known, and the summaries of these clusters."""
    rows = await connection.fetch(SQL.find_references, sorted(references))
    return {row[0]: row[1] for row in rows}, {row[1]: _cluster(row[1:]) for row in rows}


async def find_clusters(connection: Connection, ids: Iterable[int]) -> dict[int, Cluster]:
    """The summaries of these clusters."""
    rows = await connection.fetch(SQL.find_clusters, sorted(ids))
    return {row[0]: _cluster(row) for row in rows}


def _cluster(row: Sequence[Any]) -> Cluster:
    summary = Summary(row[1], row[2], row[3], frozenset(row[4]), row[5])
    return Cluster(row[0], "", summary, row[6])


async def reserve_ids(connection: Connection, sequence: str, count: int) -> list[int]:
    """A block of ids that nobody else gets."""
    return [row[0] for row in await connection.fetch(SQL.reserve_ids, sequence, count)]


async def load_entries(
    connection: Connection, clusters: Iterable[int]
) -> list[tuple[int, Entry, int | None, int | None, str | None]]:
    """All events of these clusters: cluster, entry, case, home, unit."""
    rows = await connection.fetch(SQL.load_members, sorted(clusters))
    return [
        (
            row["cluster_id"],
            Entry(
                Key(row["source"], row["id"]),
                row["process"],
                row["fact"],
                row["role"],
                row["instant_us"],
                row["sequence"],
                row["recorded_us"],
                orjson.loads(row["envelope"]),
            ),
            row["case_id"],
            row["home_id"],
            row["unit"],
        )
        for row in rows
    ]


def member_of(
    process: Process,
    entry: Entry,
    unit: str | None,
    case_id: int | None = None,
    home_id: int | None = None,
) -> Member:
    """A journal entry as membership sees it."""
    fact = process.facts[entry.fact]
    target = entry.envelope["retracts"]
    order = (
        entry.instant_us,
        ROLE_ORDER[entry.role],
        entry.key.source,
        -1 if entry.sequence is None else entry.sequence,
        entry.key.id,
    )
    return Member(
        key=entry.key,
        order=order,
        joining=tuple(Reference(*reference) for reference in entry.envelope["joining"]),
        opens=fact.opens,
        settles=fact.asserts is not None and fact.lines is not None and fact.lines == "transfers",
        links=fact.links,
        unlinks=fact.unlinks,
        unit=unit if entry.role == Role.UNIT else None,
        retracts=None if target is None else Key(*target),
        case_id=case_id,
        home_id=home_id,
    )


async def load_texts(connection: Connection, keys: Sequence[Key]) -> dict[Key, dict[str, Any]]:
    """The personal text of these events, where there is any."""
    rows = await connection.fetch(SQL.load_texts, [k.source for k in keys], [k.id for k in keys])
    return {Key(row[0], row[1]): orjson.loads(row[2]) for row in rows}


async def load_cases(
    connection: Connection, clusters: Iterable[int]
) -> dict[int, dict[int, int | None]]:
    """Cluster → its case ids and where each leads."""
    found: dict[int, dict[int, int | None]] = {}
    for case_id, cluster_id, to in await connection.fetch(SQL.load_cases, sorted(clusters)):
        found.setdefault(cluster_id, {})[case_id] = to
    return found


async def record_journal(writer: Writer, rows: Sequence[NewRow], membership: int) -> None:
    """
    Write new events (which are new was found under the same lock) and, apart from them, their
    personal text.
    """
    await JOURNAL.put(writer, [_journal_row(row, membership) for row in rows])
    texts = [
        (*row.entry.key, orjson.dumps(row.entry.text or {}).decode(), row.unread)
        for row in rows
        if row.entry.text or row.unread
    ]
    await TEXTS.put(writer, texts)


def _journal_row(row: NewRow, membership: int) -> tuple[object, ...]:
    entry, digest, unit, cluster_id, case_id, _ = row
    return (
        *entry.key,
        digest,
        entry.process,
        entry.fact,
        entry.role,
        entry.instant_us,
        entry.sequence,
        unit,
        orjson.dumps(entry.envelope).decode(),
        entry.recorded_us,
        cluster_id,
        case_id,
        case_id,
        membership,
    )
