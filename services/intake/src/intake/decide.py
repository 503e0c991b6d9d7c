"""
Which case an event belongs to.

Pure: the groups are a function of the *set* of accepted events, whatever order they came in; only
the ids of the cases remember history. Rule: docs/architecture/membership.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from contracts.events import Reference
from contracts.retraction import retracted

from intake.model import CASES_JOINED_MAX, Group, HeldJoin, Key, Member, Partition, Summary

Pair = frozenset[Reference]
PARTED = "an officer parted them"


def summary_of(member: Member) -> Summary:
    """What one event adds to its cluster's summary."""
    special = member.links or member.unlinks or member.retracts is not None
    units = frozenset() if member.unit is None else frozenset({member.unit})
    return Summary(1, int(member.opens), int(member.settles), units, special)


def partition(members: Iterable[Member]) -> Partition:
    """
    Let the events of a cluster fall into groups.

    They are taken in an order no arrival changes. An event joins the groups of its references,
    unless a guard holds the join back; then it stays with the first of them.
    """
    ordered = sorted(members, key=lambda member: member.order)
    dropped = retracted({m.key: m.retracts for m in ordered if m.retracts is not None})
    work = _Joining(_decided_pairs(ordered, dropped))
    followers = []
    for member in ordered:
        if member.retracts is not None:
            followers.append(member)
        else:
            work.take(member, member.key in dropped)
    for member in followers:
        work.follow(member)
    return work.result()


def _decided_pairs(ordered: Sequence[Member], dropped: frozenset[Key]) -> dict[Pair, bool]:
    """
    What officers decided of two references: True they belong together, False they do not. The last
    word holds.
    """
    decided: dict[Pair, bool] = {}
    for member in ordered:
        if (member.links or member.unlinks) and member.key not in dropped:
            decided[frozenset(member.joining[:2])] = member.links
    return decided


@dataclass(slots=True)
class _Group:
    members: list[Member] = field(default_factory=list)
    references: set[Reference] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    opened: bool = False
    settled: bool = False
    cases: int = 0

    def add(self, member: Member, held: bool = False) -> None:
        """Take an event in; one whose join was *held* does not speak for this group's unit."""
        self.members.append(member)
        if member.opens and not self.opened:
            self.opened = True
            self.cases = max(self.cases, 1)
        self.settled = self.settled or member.settles
        if member.unit is not None and not held:
            self.units.add(member.unit)


class _Joining:
    """The groups in the making. It lives for one call of `partition`."""

    def __init__(self, decided: dict[Pair, bool]) -> None:
        self._decided = decided
        self._group_of: dict[Reference, _Group] = {}
        self._of_event: dict[Key, _Group] = {}
        self._groups: list[_Group] = []
        self._held: list[HeldJoin] = []

    def take(self, member: Member, retracted: bool) -> None:
        """Put one event into its group and bind its references to it."""
        # A retracted event keeps its place by its first reference and joins nothing any more.
        references = member.joining[:1] if retracted or member.unlinks else member.joining
        touched = self._touched(references)
        base = touched[0][1] if touched else self._new()
        forced = member.links and self._decided.get(frozenset(member.joining[:2])) is True
        open_cases = sum(max(group.cases, int(group.opened)) for _, group in touched)
        held: list[HeldJoin] = []
        for reference, other in touched[1:]:
            if other is base or self._group_of[reference] is base:
                continue
            reason = None if forced else self._guard(base, other, open_cases)
            if reason is None:
                self._merge(base, other)
            else:
                held.append(HeldJoin(member.key, touched[0][0], reference, reason))
        for reference in references:
            if reference not in self._group_of and not self._parted(base, {reference}):
                self._group_of[reference] = base
                base.references.add(reference)
        base.add(member, bool(held))
        self._held += held
        self._of_event[member.key] = base

    def follow(self, member: Member) -> None:
        """A retraction stands with the event it takes back; until that one comes it waits alone."""
        assert member.retracts is not None
        group = self._of_event.get(member.retracts) or self._new()
        group.add(member)
        self._of_event[member.key] = group

    def _touched(self, references: Sequence[Reference]) -> list[tuple[Reference, _Group]]:
        found: list[tuple[Reference, _Group]] = []
        for reference in references:
            group = self._group_of.get(reference)
            if group is not None and all(group is not known for _, known in found):
                found.append((reference, group))
        return found

    def _new(self) -> _Group:
        group = _Group()
        self._groups.append(group)
        return group

    def _guard(self, base: _Group, other: _Group, open_cases: int) -> str | None:
        """Why this join is not made without an officer; None when nothing speaks against it."""
        if self._parted(base, other.references):
            return PARTED
        if base.units and other.units and not base.units & other.units:
            return "two units"
        if base.settled and other.settled:
            return "both have a paid line"
        if open_cases > CASES_JOINED_MAX or base.cases + other.cases > CASES_JOINED_MAX:
            return f"more than {CASES_JOINED_MAX} cases"
        return None

    def _parted(self, base: _Group, references: Iterable[Reference]) -> bool:
        if not self._decided:
            return False
        return any(
            self._decided.get(frozenset((mine, theirs))) is False
            for mine in base.references
            for theirs in references
        )

    def _merge(self, base: _Group, other: _Group) -> None:
        base.members += other.members
        base.references |= other.references
        base.units |= other.units
        base.opened = base.opened or other.opened
        base.settled = base.settled or other.settled
        base.cases += other.cases
        for reference in other.references:
            self._group_of[reference] = base
        for member in other.members:
            self._of_event[member.key] = base
        other.members = []

    def result(self) -> Partition:
        """The groups, and the joins that wait: not those an officer has made or refused since."""
        groups = tuple(
            Group(tuple(sorted(group.members, key=lambda m: m.order)), group.opened)
            for group in self._groups
            if group.members
        )
        held = tuple(join for join in self._held if self._waits(join))
        return Partition(groups, held)

    def _waits(self, join: HeldJoin) -> bool:
        if join.reason == PARTED:
            return False
        return self._group_of.get(join.kept) is not self._group_of.get(join.other)


def name_groups(groups: Sequence[Group], fresh: Iterable[int]) -> list[int | None]:
    """
    Give each opened group its case id; unmatched groups get None.

    A survivor keeps the id given first; a join that is undone gives its events back to their own
    case:
    each id goes, oldest first, to the nameless group with most of the events it was first given to.
    """
    names: list[int | None] = [None] * len(groups)
    homes = [Counter(m.home_id for m in group.members) for group in groups]
    nameless = {place for place, group in enumerate(groups) if group.opened}
    for home in sorted({m.home_id for group in groups for m in group.members} - {None}, key=_whole):
        able = [place for place in nameless if homes[place][home]]
        if able:
            place = max(able, key=lambda place: (homes[place][home], -place))
            names[place] = home
            nameless.discard(place)
    supply = iter(fresh)
    for place in sorted(nameless):
        names[place] = next(supply)
    return names


def _whole(home: int | None) -> int:
    assert home is not None
    return home
