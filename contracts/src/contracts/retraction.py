"""
Which events are taken back: one rule for membership and for the fold, so that both agree.

Pure. Rule: docs/architecture/fold.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

KeyT = TypeVar("KeyT")


def retracted(targets: Mapping[KeyT, KeyT]) -> frozenset[KeyT]:
    """
    Return the events taken back; *targets* gives, in fold order, each retraction and what it names.

    A retraction that is itself taken back takes nothing back, whichever of the two sorts first: a
    date sorts at the end of its day.
    Where retractions name each other in a ring, the last of them in fold order holds.
    """
    unsure = Counter(target for target in targets.values() if target in targets)
    waiting = [key for key in targets if not unsure[key]]
    in_rings = list(targets)
    settled: set[KeyT] = set()
    dropped: set[KeyT] = set()
    while waiting or in_rings:
        key = waiting.pop() if waiting else in_rings.pop()
        if key in settled:
            continue
        settled.add(key)
        target = targets[key]
        unsure[target] -= 1
        if key not in dropped and target not in settled:
            dropped.add(target)
        if target in targets and (target in dropped or not unsure[target]):
            waiting.append(target)
    return frozenset(dropped)
