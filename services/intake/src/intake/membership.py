"""
Membership at work: load what a batch touches, let `placing` decide, store it and tell it.

Runs under `store.MEMBERSHIP_LOCK`, so what it read cannot change before it writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chassis.database import Connection
from chassis.gathered import Writer
from chassis.outbox import Outgoing
from chassis.telemetry import Hop, carrying
from contracts.process import Process

from intake import outcome_store, store
from intake.model import Key, Member
from intake.placing import (
    Cluster,
    Component,
    Outcome,
    connect,
    place_plainly,
    place_whole,
    reference_key,
)
from intake.publish import Entry, case_event, regrouped
from intake.store import Begun, Known

BLOCK = 512


@dataclass(frozen=True, slots=True)
class Placed:
    """
    Where each new event went (cluster, case), under which membership version, and what is told of
    it.
    """

    where: Mapping[Key, tuple[int | None, int | None]]
    messages: Sequence[Outgoing]
    membership: int


class Ids:
    """Ids from a sequence, fetched in blocks ahead of their use."""

    def __init__(self, sequence: str) -> None:
        self._sequence = sequence
        self._ready: list[int] = []
        self._end = 0

    async def prepare(self, connection: Connection, count: int) -> None:
        """Make sure that *count* ids can be taken."""
        if len(self._ready) < count:
            block = await store.reserve_ids(connection, self._sequence, max(BLOCK, count))
            self._ready += block
            self._end = block[-1]

    def forget_old(self, last: int) -> None:
        """
        Drop what is left when *last*, the newest id of the sequence, is another process's.

        The case given first has the smaller id only while no block is older than another's.
        """
        if last != self._end:
            self._ready.clear()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        return self._ready.pop(0)


class Membership:
    """One per process; it remembers nothing but unused ids."""

    def __init__(self) -> None:
        self._clusters = Ids("cluster_id")
        self._cases = Ids("case_id")

    async def place(
        self,
        connection: Connection,
        writer: Writer,
        processes: Mapping[str, Process],
        entries: Sequence[tuple[Entry, str | None]],
        begun: Begun,
        now_us: int,
        hops: Mapping[Key, Hop],
    ) -> Placed:
        """Decide, store and tell where new events go; what is not read again waits in *writer*."""
        version = begun.membership
        self._cases.forget_old(begun.newest_case)
        for ids in (self._clusters, self._cases):
            await ids.prepare(connection, 2 * len(entries) + 1)
        members = [(e, store.member_of(processes[e.process], e, unit)) for e, unit in entries]
        by_key = {entry.key: entry for entry, _ in members}
        references, clusters = await self._references(connection, members)
        components = connect_all(members, references, begun.known)
        outcomes = await self._decide(connection, processes, components, clusters, by_key)
        await outcome_store.save_outcomes(connection, writer, outcomes, references, version, now_us)
        await self._note_retractions(connection, outcomes)
        await outcome_store.count_membership(writer, *_totals(outcomes))
        where = {
            key: (outcome.cluster.cluster_id, case_id)
            for outcome in outcomes
            for key, case_id in outcome.placed.items()
        }
        messages = await _tell(connection, outcomes, by_key, version, now_us, hops)
        return Placed(where, messages, version)

    async def _references(
        self, connection: Connection, members: Iterable[tuple[Entry, Member]]
    ) -> tuple[dict[str, int], dict[int, Cluster]]:
        keys = {reference_key(e.process, r) for e, member in members for r in member.joining}
        return await store.find_references(connection, keys) if keys else ({}, {})

    async def _decide(
        self,
        connection: Connection,
        processes: Mapping[str, Process],
        components: Sequence[Component],
        clusters: dict[int, Cluster],
        new: dict[Key, Entry],
    ) -> list[Outcome]:
        """Plainly where only one case is possible; as a whole where a guard might hold a join."""
        touched = {cluster for component in components for cluster in component.clusters}
        if other := touched - clusters.keys():
            clusters |= await store.find_clusters(connection, other)
        outcomes, whole = [], []
        for component in components:
            found = [clusters[c] for c in sorted(component.clusters)]
            outcome = place_plainly(component, found, self._clusters, self._cases)
            if outcome is None:
                whole.append((component, found))
            else:
                outcomes.append(outcome)
        return outcomes + await self._judge(connection, processes, whole, new)

    async def _judge(
        self,
        connection: Connection,
        processes: Mapping[str, Process],
        whole: Sequence[tuple[Component, list[Cluster]]],
        new: dict[Key, Entry],
    ) -> list[Outcome]:
        ids = [cluster.cluster_id for _, found in whole for cluster in found]
        known: dict[int, list[Member]] = defaultdict(list)
        if ids:
            for cluster, entry, case_id, home, unit in await store.load_entries(connection, ids):
                process = processes[entry.process]
                known[cluster].append(store.member_of(process, entry, unit, case_id, home))
                new.setdefault(entry.key, entry)
        cases = await store.load_cases(connection, ids) if ids else {}
        outcomes = []
        for component, found in whole:
            mine = [c.cluster_id for c in found]
            members = [member for c in mine for member in known[c]]
            leads = {case: to for c in mine for case, to in cases.get(c, {}).items()}
            await self._cases.prepare(connection, len(members) + len(component.members))
            outcomes.append(
                place_whole(component, found, members, leads, self._clusters, self._cases)
            )
        return outcomes

    async def _note_retractions(self, connection: Connection, outcomes: Iterable[Outcome]) -> None:
        rows = [
            (member.retracts, outcome.cluster.cluster_id, member.key)
            for outcome in outcomes
            for member in outcome.component.members
            if member.retracts is not None
        ]
        if rows:
            await outcome_store.record_retractions(connection, rows)


def connect_all(
    members: Sequence[tuple[Entry, Member]],
    references: Mapping[str, int],
    known: Mapping[Key, Sequence[Known]],
) -> list[Component]:
    """The components of a batch, process by process: no reference joins two processes."""
    by_process: dict[str, list[Member]] = defaultdict(list)
    for entry, member in members:
        by_process[entry.process].append(member)
    related: dict[Key, list[int]] = {}
    for _, member in members:
        ties = [k.retraction_cluster for k in known.get(member.key, ())]
        if member.retracts is not None:
            ties += [k.cluster for k in known.get(member.retracts, ())]
        related[member.key] = [tie for tie in ties if tie is not None]
    return [
        component
        for process, mine in by_process.items()
        for component in connect(process, mine, references, related)
    ]


def _totals(outcomes: Iterable[Outcome]) -> tuple[int, int]:
    """How many more events are unmatched, and how many cases were merged into others."""
    unmatched = merges = 0
    for outcome in outcomes:
        unmatched += sum(case_id is None for case_id in outcome.placed.values())
        for move in outcome.moves:
            unmatched += (move.case_id is None) - (move.member.case_id is None)
        merges += len(outcome.redirected)
    return unmatched, merges


async def _tell(
    connection: Connection,
    outcomes: Sequence[Outcome],
    entries: Mapping[Key, Entry],
    version: int,
    now_us: int,
    hops: Mapping[Key, Hop],
) -> list[Outgoing]:
    """The `case-event` rows: facts that have a case now, and one `regrouped` per touched case."""
    joined = [(key, case_id) for o in outcomes for key, case_id in o.placed.items()]
    late = [m for o in outcomes for m in o.moves if m.member.case_id is None]
    joined += [(move.member.key, move.case_id) for move in late]
    texts = await store.load_texts(connection, [m.member.key for m in late]) if late else {}
    messages = []
    for key, case_id in joined:
        if case_id is None:
            continue
        entry = entries[key]
        if key in texts:
            entry = _with_text(entry, texts[key])
        value = case_event(entry, case_id, version)
        headers = _trace_of(entry, case_id, hops.get(key))
        messages.append(Outgoing("case-event", str(case_id).encode(), value, headers))
    for outcome in outcomes:
        messages += _regroupings(outcome, version, now_us)
    return messages


def _trace_of(entry: Entry, case_id: int, hop: Hop | None) -> tuple[tuple[str, bytes], ...]:
    """
    The headers by which the trace of an event goes on, also one that had to wait for its case.
    """
    traceparent = entry.envelope.get("hop")
    if traceparent is None:
        return ()
    names = {"tidtam.case": str(case_id), "tidtam.event": entry.key.id}
    if hop is not None:
        hop.span.set_attributes(names)
    return carrying(traceparent, {**names, "tidtam.source": entry.key.source})


def _with_text(entry: Entry, text: Mapping[str, object]) -> Entry:
    return Entry(
        entry.key,
        entry.process,
        entry.fact,
        entry.role,
        entry.instant_us,
        entry.sequence,
        entry.recorded_us,
        entry.envelope,
        text,
    )


def _regroupings(outcome: Outcome, version: int, now_us: int) -> list[Outgoing]:
    """One `regrouped` for each case that events left or joined, or that leads elsewhere now."""
    events_in: dict[int, list[Key]] = defaultdict(list)
    events_out: dict[int, list[tuple[Key, int | None]]] = defaultdict(list)
    for move in outcome.moves:
        before = move.member.case_id
        if before is not None:
            events_out[before].append((move.member.key, move.case_id))
            if move.case_id is not None:
                events_in[move.case_id].append(move.member.key)
    messages = []
    for case_id in sorted(events_in.keys() | events_out.keys() | set(outcome.redirected)):
        to = outcome.cases.get(case_id)
        for value in regrouped(
            outcome.component.process,
            case_id,
            version,
            now_us,
            events_in[case_id],
            events_out[case_id],
            to,
        ):
            messages.append(Outgoing("case-event", str(case_id).encode(), value))
    return messages
