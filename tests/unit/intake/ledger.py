"""
An in-memory journal for the property tests of membership: what the database does, in ten lines
each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from intake.model import Key, Member
from intake.placing import Cluster, Outcome, connect, place_plainly, place_whole

PROCESS = "p"


@dataclass
class Journal:
    """Takes batches as intake does and remembers where everything went."""

    members: dict[Key, Member] = field(default_factory=dict)
    cluster_of: dict[Key, int] = field(default_factory=dict)
    clusters: dict[int, Cluster] = field(default_factory=dict)
    references: dict[str, int] = field(default_factory=dict)
    cases: dict[int, tuple[int, int | None]] = field(default_factory=dict)
    case_ids: Iterable[int] = field(default_factory=lambda: count(1))
    cluster_ids: Iterable[int] = field(default_factory=lambda: count(1))
    whole: int = 0

    def take(self, batch: Sequence[Member]) -> None:
        """Place a batch and apply what was decided."""
        new = {member.key: member for member in batch if member.key not in self.members}
        fresh = list(new.values())
        for component in connect(PROCESS, fresh, self.references, self._related(fresh)):
            found = [self.clusters[c] for c in sorted(component.clusters)]
            cases, clusters = iter(self.case_ids), iter(self.cluster_ids)
            outcome = place_plainly(component, found, clusters, cases)
            if outcome is None:
                self.whole += 1
                ids = {cluster.cluster_id for cluster in found}
                known = [m for k, m in self.members.items() if self.cluster_of[k] in ids]
                leads = {c: to for c, (cluster, to) in self.cases.items() if cluster in ids}
                outcome = place_whole(component, found, known, leads, clusters, cases)
            self._apply(outcome)

    def _related(self, fresh: Sequence[Member]) -> dict[Key, list[int]]:
        related: dict[Key, list[int]] = {}
        for member in fresh:
            ties = [self.cluster_of[k] for k, m in self.members.items() if m.retracts == member.key]
            if member.retracts in self.cluster_of:
                ties.append(self.cluster_of[member.retracts])
            related[member.key] = ties
        return related

    def _apply(self, outcome: Outcome) -> None:
        mine = outcome.cluster.cluster_id
        for old in outcome.absorbed:
            del self.clusters[old]
            self.references = {r: mine if c == old else c for r, c in self.references.items()}
            self.cluster_of = {k: mine if c == old else c for k, c in self.cluster_of.items()}
            self.cases = {i: (mine if c == old else c, to) for i, (c, to) in self.cases.items()}
        self.clusters[mine] = outcome.cluster
        self.references.update(dict.fromkeys(outcome.component.references, mine))
        self.cases.update({case: (mine, to) for case, to in outcome.cases.items()})
        for member in outcome.component.members:
            case_id = outcome.placed[member.key]
            self.members[member.key] = replace(member, case_id=case_id, home_id=case_id)
            self.cluster_of[member.key] = mine
        for move in outcome.moves:
            home = move.member.home_id if move.member.home_id is not None else move.case_id
            moved = replace(move.member, case_id=move.case_id, home_id=home)
            self.members[moved.key] = moved

    def groups(self) -> set[frozenset[Key]]:
        """The cases as sets of events; which id each bears does not matter."""
        found: dict[int, set[Key]] = {}
        for key, member in self.members.items():
            if member.case_id is not None:
                found.setdefault(member.case_id, set()).add(key)
        return {frozenset(group) for group in found.values()}
