"""
Where an ended case spent its working days: by stage and by who had it. Pure.

Rule: a working day belongs to whoever had the case after all facts dated before that day; the day
on which it entered its first stage that counts is nobody's (docs/architecture/sla.md).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from chassis.workdays import Calendar

NOBODY = "nobody"


class Held(NamedTuple):
    """One holding: since the local date *since* the case stood in *stage*, with *holder*."""

    stage: str
    holder: str
    since: date


def days_by_place(
    held: Sequence[Held], counts: Collection[str], calendar: Calendar
) -> list[tuple[str, str, int]]:
    """
    Stage, party and working days of a case that ended; the last of *held* is its end.

    *counts*: the stages whose days count. Each place once, in the order first entered; places
    without a day are left out, so the days sum to the working days from beginning to end.
    """
    begin = next((place for place, one in enumerate(held) if one.stage in counts), None)
    if begin is None:
        return []
    spent: dict[tuple[str, str], int] = {}
    for one, following in zip(held[begin:], held[begin + 1 :], strict=False):
        until = calendar.workdays_until(following.since.toordinal())
        days = until - calendar.workdays_until(one.since.toordinal())
        if days > 0:
            place = (one.stage, one.holder or NOBODY)
            spent[place] = spent.get(place, 0) + days
    return [(*place, days) for place, days in spent.items()]
