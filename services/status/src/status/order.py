"""
The total order of the fold, and which events it leaves out. Pure; rule: docs/architecture/fold.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from contracts.process import ROLE_ORDER, Process
from contracts.retraction import retracted

from status.model import Event, Key

NO_RANK = -1


def rank_of(process: Process, event: Event) -> int:
    """The place on the path that *event* asserts, or `NO_RANK`."""
    fact = process.facts.get(event.fact)
    if fact is None or fact.asserts is None:
        return NO_RANK
    rank = process.stages[fact.asserts].rank
    return NO_RANK if rank is None else rank


def _own_order(rank: int, event: Event) -> tuple[int, int, int, str]:
    """
    Where *event* stands within its source at one instant: by sequence, none first, then rank, then
    id.
    """
    return (-1 if event.sequence is None else event.sequence, 0, rank, event.key.id)


def in_fold_order(process: Process, events: Iterable[Event]) -> list[Event]:
    """
    Sort *events* by instant, role, rank reached, source, sequence, rank, id.

    "Rank reached" is the highest rank the source has reached so far in its own sequence at that
    instant: within a source its sequence holds, across sources the path does.
    """
    ordered = sorted(events, key=_instant)
    if len({event.instant_us for event in ordered}) == len(ordered):
        return ordered
    return _within_instants(process, ordered)


def _instant(event: Event) -> int:
    return event.instant_us


def _within_instants(process: Process, events: Iterable[Event]) -> list[Event]:
    """The whole order; only events of one instant need more than the instant."""
    at_one_instant: dict[tuple[int, str], list[tuple[tuple[int, int, int, str], Event]]]
    at_one_instant = defaultdict(list)
    for event in events:
        own = _own_order(rank_of(process, event), event)
        at_one_instant[event.instant_us, event.key.source].append((own, event))
    keyed = []
    for (instant_us, source), group in at_one_instant.items():
        group.sort(key=lambda pair: pair[0])
        reached = NO_RANK
        for own, event in group:
            reached = max(reached, own[2])
            role = ROLE_ORDER.get(event.role, len(ROLE_ORDER))
            keyed.append(((instant_us, role, reached, source, *own), event))
    keyed.sort(key=lambda pair: pair[0])
    return [event for _, event in keyed]


def retracted_keys(ordered: Sequence[Event]) -> frozenset[Key]:
    """Which of these events, in fold order, are taken back."""
    return retracted({e.key: e.retracts for e in ordered if e.retracts is not None})
