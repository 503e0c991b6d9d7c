"""
Where a batch of new events goes: which clusters they connect, and what changes in each.

Pure. The plain path adds events to a cluster that can only be one case; every other cluster is
judged as a
whole by `decide.partition`. That both give the same groups is a property test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contracts.events import Reference

from intake.decide import name_groups, partition, summary_of
from intake.model import HeldJoin, Key, Member, Summary

SEPARATOR = "\x1f"


def reference_key(process: str, reference: Reference) -> str:
    """A joining reference as one text: within one process only, parted by U+001F."""
    return SEPARATOR.join((process, *reference))


@dataclass(slots=True)
class Component:
    """New events and the known clusters they connect."""

    process: str
    clusters: set[int] = field(default_factory=set)
    members: list[Member] = field(default_factory=list)
    references: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A known cluster: its summary, and its case where it is one case."""

    cluster_id: int
    process: str
    summary: Summary
    case_id: int | None


@dataclass(frozen=True, slots=True)
class Move:
    """A known event that changes its case."""

    member: Member
    case_id: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What a component becomes. `cases` gives every case id of the cluster and where it leads (None =
    itself).
    """

    cluster: Cluster
    absorbed: tuple[int, ...]
    component: Component
    placed: Mapping[Key, int | None]
    moves: tuple[Move, ...] = ()
    cases: Mapping[int, int | None] = field(default_factory=dict)
    redirected: tuple[int, ...] = ()
    held: tuple[HeldJoin, ...] = ()
    judged_whole: bool = False


def connect(
    process: str,
    fresh: Iterable[Member],
    known_references: Mapping[str, int],
    related_clusters: Mapping[Key, Iterable[int]],
) -> list[Component]:
    """
    Put new events of one process that share a reference, a cluster or a retraction into one
    component each.

    `known_references`: reference key → cluster. `related_clusters`: clusters an event is tied to by
    a retraction.
    """
    owner: dict[object, Component] = {}
    components: list[Component] = []
    for member in fresh:
        keys = [reference_key(process, reference) for reference in member.joining]
        ties: list[object] = list(keys)
        ties += [known_references[key] for key in keys if key in known_references]
        ties += related_clusters.get(member.key, ())
        ties.append(member.key)
        if member.retracts is not None:
            ties.append(member.retracts)
        touched = list({id(owner[tie]): owner[tie] for tie in ties if tie in owner}.values())
        component = touched[0] if touched else Component(process)
        if not touched:
            components.append(component)
        for other in touched[1:]:
            _absorb(component, other, owner)
        component.members.append(member)
        component.references.update(keys)
        component.clusters.update(tie for tie in ties if isinstance(tie, int))
        for tie in ties:
            owner[tie] = component
    return [component for component in components if component.members]


def _absorb(into: Component, other: Component, owner: dict[object, Component]) -> None:
    into.members += other.members
    into.clusters |= other.clusters
    into.references |= other.references
    other.members = []
    for tie, component in owner.items():
        if component is other:
            owner[tie] = into


def summary_with(component: Component, clusters: Sequence[Cluster]) -> Summary:
    """The summary of all events of a component, known and new."""
    total = Summary()
    for cluster in clusters:
        total = total.plus(cluster.summary)
    for member in component.members:
        total = total.plus(summary_of(member))
    return total


def place_plainly(
    component: Component,
    clusters: Sequence[Cluster],
    new_cluster: Iterator[int],
    new_case: Iterator[int],
) -> Outcome | None:
    """Add the events to the one case they can only belong to; None when that has to be judged."""
    total = summary_with(component, clusters)
    known = clusters[0] if clusters else None
    if len(clusters) > 1 or not total.of_one_case():
        return None
    if known is not None and known.case_id is None and total.openers:
        return None
    case_id = known.case_id if known is not None else None
    fresh_case = case_id is None and total.openers > 0
    if fresh_case:
        case_id = next(new_case)
    cluster_id = known.cluster_id if known is not None else next(new_cluster)
    return Outcome(
        Cluster(cluster_id, component.process, total, case_id),
        (),
        component,
        {member.key: case_id for member in component.members},
        cases={case_id: None} if fresh_case and case_id is not None else {},
    )


def place_whole(
    component: Component,
    clusters: Sequence[Cluster],
    known: Sequence[Member],
    redirects: Mapping[int, int | None],
    new_cluster: Iterator[int],
    new_case: Iterator[int],
) -> Outcome:
    """
    Judge all events of a component together.

    `known` are the events already in its clusters, `redirects` its case ids and where each leads
    today.
    """
    found = partition([*known, *component.members])
    names = name_groups(found.groups, new_case)
    where = {m.key: name for g, name in zip(found.groups, names, strict=True) for m in g.members}
    ids = sorted(cluster.cluster_id for cluster in clusters)
    cluster_id = ids[0] if ids else next(new_cluster)
    single = names[0] if len(found.groups) == 1 else None
    cases = _leads(
        {n for n in names if n is not None}, redirects, [*known, *component.members], where
    )
    return Outcome(
        Cluster(cluster_id, component.process, summary_with(component, clusters), single),
        tuple(ids[1:]),
        component,
        {member.key: where[member.key] for member in component.members},
        tuple(Move(m, where[m.key]) for m in known if where[m.key] != m.case_id),
        cases,
        tuple(
            c
            for c, to in cases.items()
            if to is not None and redirects.get(c) is None and c in redirects
        ),
        found.held,
        judged_whole=True,
    )


def _leads(
    used: set[int],
    before: Mapping[int, int | None],
    members: Sequence[Member],
    where: Mapping[Key, int | None],
) -> dict[int, int | None]:
    """Every case id of the cluster, and the case it leads to when it stands for none itself."""
    cases: dict[int, int | None] = dict.fromkeys(sorted(used))
    for case_id in sorted(set(before) - used):
        now = sorted(
            to for m in members if m.home_id == case_id and (to := where[m.key]) is not None
        )
        cases[case_id] = now[0] if now else min(used, default=None)
    return cases
