"""The only Python of intake that speaks SQL: the journal, membership and payees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from chassis.database import Connection
from chassis.queries import Queries
from contracts.events import Reference
from contracts.process import ROLE_ORDER, Process, Role

from intake.model import HeldJoin, Key, Member, Summary
from intake.placing import SEPARATOR, Cluster, Outcome
from intake.publish import Entry

SQL = Queries(Path(__file__).with_name("store.sql"))


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


async def begin_membership(connection: Connection) -> int:
    """
    Become the one writer of membership until the transaction ends. Returns the revision of the
    rules.
    """
    (row,) = await connection.fetch(SQL.begin_membership)
    return int(row[1])


async def next_membership(connection: Connection) -> tuple[int, int]:
    """The version of the decision at hand, higher than all before, and the newest case id."""
    (row,) = await connection.fetch(SQL.next_membership)
    return int(row[0]), int(row[1])


async def find_known(connection: Connection, keys: Sequence[Key]) -> dict[Key, list[Known]]:
    """What is known of these events; several rows where several retractions wait for one."""
    found: dict[Key, list[Known]] = {}
    rows = await connection.fetch(SQL.find_known, [k.source for k in keys], [k.id for k in keys])
    for source, event_id, digest, cluster, retraction_cluster in rows:
        known = Known(digest, cluster, retraction_cluster)
        found.setdefault(Key(source, event_id), []).append(known)
    return found


async def find_references(connection: Connection, references: Iterable[str]) -> dict[str, int]:
    """Reference key → cluster, for those that are known."""
    rows = await connection.fetch(SQL.find_references, sorted(references))
    return {row[0]: row[1] for row in rows}


async def find_clusters(connection: Connection, ids: Iterable[int]) -> dict[int, Cluster]:
    """The summaries of these clusters."""
    rows = await connection.fetch(SQL.find_clusters, sorted(ids))
    return {
        row[0]: Cluster(
            row[0], "", Summary(row[1], row[2], row[3], frozenset(row[4]), row[5]), row[6]
        )
        for row in rows
    }


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


async def record_journal(connection: Connection, rows: Sequence[NewRow], membership: int) -> None:
    """Write new events and, apart from them, their personal text."""
    entries = [row.entry for row in rows]
    await connection.execute(
        SQL.record_journal,
        [e.key.source for e in entries],
        [e.key.id for e in entries],
        [row.digest for row in rows],
        [e.process for e in entries],
        [e.fact for e in entries],
        [e.role for e in entries],
        [e.instant_us for e in entries],
        [e.sequence for e in entries],
        [row.unit for row in rows],
        [orjson.dumps(e.envelope).decode() for e in entries],
        [e.recorded_us for e in entries],
        [row.cluster_id for row in rows],
        [row.case_id for row in rows],
        [row.case_id for row in rows],
        [membership] * len(rows),
    )
    apart = [row for row in rows if row.entry.text or row.unread]
    if apart:
        await connection.execute(
            SQL.record_texts,
            [row.entry.key.source for row in apart],
            [row.entry.key.id for row in apart],
            [orjson.dumps(row.entry.text or {}).decode() for row in apart],
            [row.unread for row in apart],
        )


async def record_retractions(connection: Connection, rows: Sequence[tuple[Key, int, Key]]) -> None:
    """Note which cluster waits for, or stands with, which retracted event."""
    await connection.execute(
        SQL.record_retractions,
        [t.source for t, _, _ in rows],
        [t.id for t, _, _ in rows],
        [c for _, c, _ in rows],
        [k.source for _, _, k in rows],
        [k.id for _, _, k in rows],
    )


async def save_outcomes(
    connection: Connection,
    outcomes: Sequence[Outcome],
    known: Mapping[str, int],
    membership: int,
    now_us: int,
) -> None:
    """
    Write what the components of a batch became: clusters, references, cases, moves, held joins.
    """
    await _absorb(connection, outcomes)
    await _save_clusters(connection, [outcome.cluster for outcome in outcomes])
    bound = {
        key: outcome.cluster.cluster_id
        for outcome in outcomes
        for key in outcome.component.references
        if known.get(key) != outcome.cluster.cluster_id
    }
    if bound:
        keys = sorted(bound)
        await connection.execute(
            SQL.bind_references,
            keys,
            [key.rsplit(SEPARATOR, 1)[1] for key in keys],
            [bound[key] for key in keys],
        )
    cases = [(c, o.cluster.cluster_id, to) for o in outcomes for c, to in o.cases.items()]
    if cases:
        await connection.execute(
            SQL.save_cases,
            [c[0] for c in cases],
            [c[1] for c in cases],
            [c[2] for c in cases],
            [membership] * len(cases),
        )
    moves = [move for outcome in outcomes for move in outcome.moves]
    if moves:
        await connection.execute(
            SQL.move_events,
            [m.member.key.source for m in moves],
            [m.member.key.id for m in moves],
            [m.case_id for m in moves],
            [membership] * len(moves),
        )
    await _hold(connection, [outcome for outcome in outcomes if outcome.judged_whole], now_us)


async def _absorb(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    pairs = [(old, o.cluster.cluster_id) for o in outcomes for old in o.absorbed]
    if pairs:
        await connection.execute(SQL.absorb_clusters, [p[0] for p in pairs], [p[1] for p in pairs])


async def _save_clusters(connection: Connection, clusters: Sequence[Cluster]) -> None:
    summaries = [cluster.summary for cluster in clusters]
    await connection.execute(
        SQL.save_clusters,
        [c.cluster_id for c in clusters],
        [c.process for c in clusters],
        [s.events for s in summaries],
        [s.openers for s in summaries],
        [s.settlers for s in summaries],
        [SEPARATOR.join(sorted(s.units)) for s in summaries],
        [s.special for s in summaries],
        [c.case_id for c in clusters],
    )


async def _hold(connection: Connection, outcomes: Sequence[Outcome], now_us: int) -> None:
    if not outcomes:
        return
    await connection.execute(SQL.forget_held_joins, [o.cluster.cluster_id for o in outcomes])
    held: dict[tuple[Key, str], tuple[HeldJoin, int]] = {}
    for outcome in outcomes:
        for join in outcome.held:
            held[join.event, SEPARATOR.join(join.other)] = (join, outcome.cluster.cluster_id)
    if held:
        rows = list(held.values())
        await connection.execute(
            SQL.hold_joins,
            [j.event.source for j, _ in rows],
            [j.event.id for j, _ in rows],
            [SEPARATOR.join(j.kept) for j, _ in rows],
            [SEPARATOR.join(j.other) for j, _ in rows],
            [j.reason for j, _ in rows],
            [cluster for _, cluster in rows],
            [now_us] * len(rows),
        )


async def count_membership(connection: Connection, unmatched: int, merges: int) -> None:
    """Keep the totals: unmatched now and at most, cases merged."""
    if unmatched or merges:
        await connection.execute(SQL.count_membership, unmatched, merges)
