"""
The guard against a flood: how many notices of an hour may go out before somebody looks. Pure.

A wrong rule or a source that plays its past again must not write to everybody. The rest is held
until an operator releases or drops it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

TIMES_MAX = 3
DAYS_COMPARED = 28
USUAL_MIN = 50

_Asked = TypeVar("_Asked")


def hour_limit(same_hours: Iterable[int]) -> int:
    """
    How many notices may go out within one hour.

    *same_hours* are the numbers of the same hour on each of the last 28 days. The largest is the
    usual number, but never less than 50: a new house may write too.
    """
    return TIMES_MAX * max(USUAL_MIN, max(same_hours, default=0))


def admitted(
    asked: Sequence[_Asked], gone_this_hour: int, limit: int
) -> tuple[Sequence[_Asked], Sequence[_Asked]]:
    """Part *asked* into those that may go out and those to hold, the first ones first."""
    room = max(0, limit - gone_this_hour)
    return asked[:room], asked[room:]
