"""
Open data tell of no single person: groups under five are left out. Pure.

Leaving out one small group is not enough where the whole is published: the rest, taken from the
whole, would tell it. So a second group, the smallest of the others, goes with it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

GROUP_MIN = 5
"""The smallest group that is published."""

_Key = TypeVar("_Key", bound=Hashable)


def hidden(sizes: Mapping[_Key, int], whole_is_known: bool = True) -> frozenset[_Key]:
    """
    The groups to leave out of those with these *sizes*, which together make one whole.

    Empty groups tell nothing and stay. Where the left-out ones together are still fewer than five
    people, the next smallest goes too: the whole less all others would be a small group again.
    """
    out = {key for key, size in sizes.items() if 0 < size < GROUP_MIN}
    if not out or not whole_is_known:
        return frozenset(out)
    others = sorted(
        (key for key, size in sizes.items() if size and key not in out),
        key=lambda key: (sizes[key], str(key)),
    )
    while others and (len(out) < 2 or sum(sizes[key] for key in out) < GROUP_MIN):
        out.add(others.pop(0))
    return frozenset(out)


def suppressed(rows: Sequence[tuple[_Key, int]]) -> list[tuple[_Key, int | None]]:
    """*rows* of key and size with None in place of what is not told."""
    out = hidden(dict(rows))
    return [(key, None if key in out else size) for key, size in rows]
