"""The only Python of intake that writes what became of a batch's clusters, references and cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from chassis.database import Connection
from chassis.gathered import Writer
from chassis.queries import Queries

from intake.model import HeldJoin, Key
from intake.placing import SEPARATOR, Outcome

SQL = Queries(Path(__file__).with_name("store.sql"))


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
    writer: Writer,
    outcomes: Sequence[Outcome],
    known: Mapping[str, int],
    membership: int,
    now_us: int,
) -> None:
    """
    Write what the components of a batch became: clusters, references, cases, moves, held joins.

    What only one component touches waits in *writer*.
    """
    await _absorb(connection, outcomes)
    await _save_clusters(writer, outcomes)
    await _bind_references(writer, outcomes, known)
    await _save_cases(writer, outcomes, membership)
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


async def _save_clusters(writer: Writer, outcomes: Sequence[Outcome]) -> None:
    clusters = [outcome.cluster for outcome in outcomes]
    summaries = [cluster.summary for cluster in clusters]
    await writer.execute(
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


async def _bind_references(
    writer: Writer, outcomes: Sequence[Outcome], known: Mapping[str, int]
) -> None:
    bound = {
        key: outcome.cluster.cluster_id
        for outcome in outcomes
        for key in outcome.component.references
        if known.get(key) != outcome.cluster.cluster_id
    }
    if bound:
        keys = sorted(bound)
        values = [key.rsplit(SEPARATOR, 1)[1] for key in keys]
        await writer.execute(SQL.bind_references, keys, values, [bound[key] for key in keys])


async def _save_cases(writer: Writer, outcomes: Sequence[Outcome], membership: int) -> None:
    cases = [(c, o.cluster.cluster_id, to) for o in outcomes for c, to in o.cases.items()]
    if cases:
        await writer.execute(SQL.save_cases, *map(list, zip(*cases, strict=True)), membership)


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


async def count_membership(writer: Writer, unmatched: int, merges: int) -> None:
    """Keep the totals: unmatched now and at most, cases merged."""
    if unmatched or merges:
        await writer.execute(SQL.count_membership, unmatched, merges)
