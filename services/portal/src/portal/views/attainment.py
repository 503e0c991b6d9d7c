"""
How promises were kept, month by month: the month at hand, those that are closed, and groups. Pure.

A month that is over keeps the figure that was published of it, beside what late facts make of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from chassis.outlook import Outlook, outlook
from chassis.workdays import Calendar

from portal.counted import Figure
from portal.views.promises import Promise


class Published(NamedTuple):
    """What was published of a month."""

    n: int
    met: int

    @property
    def percent(self) -> float | None:
        """The share that was met."""
        return share(self.met, self.n)


class MonthRow(NamedTuple):
    """One month of one promise. `over`: the month has ended."""

    month: str
    n: int
    met: int
    over: bool
    p50: int | None
    p85: int | None
    p95: int | None
    published: Published | None = None

    @property
    def late(self) -> int:
        """How many were not met."""
        return self.n - self.met

    @property
    def percent(self) -> float | None:
        """The share that was met; None where nothing counts yet."""
        return share(self.met, self.n)

    @property
    def differs(self) -> bool:
        """Whether late facts changed what was published."""
        return self.published is not None and self.published != (self.n, self.met)


class GroupRow(NamedTuple):
    """One group (a unit, a kind) of one promise, in the months asked for."""

    key: str
    key2: str
    n: int
    met: int
    p15: int | None
    p50: int | None
    p85: int | None
    p95: int | None

    @property
    def late(self) -> int:
        """How many were not met."""
        return self.n - self.met

    @property
    def percent(self) -> float | None:
        """The share that was met."""
        return share(self.met, self.n)


def share(met: int, n: int) -> float | None:
    """*met* of *n* in hundredths."""
    return None if n == 0 else 100 * met / n


def months_of(
    figures: Iterable[Figure], today: date, published: Mapping[tuple[str, str], Published]
) -> list[MonthRow]:
    """The months of one promise, oldest first."""
    here = today.isoformat()[:7]
    rows = [
        MonthRow(
            one.month, one.n, one.met, one.month < here, one.p50, one.p85, one.p95,
            published.get((one.month, one.clause)),
        )
        for one in figures
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row.month)


def groups_of(figures: Iterable[Figure]) -> list[GroupRow]:
    """Groups by name: this is no league table."""
    rows = [
        GroupRow(one.key, one.key2, one.n, one.met, one.p15, one.p50, one.p85, one.p95)
        for one in figures
    ]
    return sorted(rows, key=lambda row: (row.key == "", row.key, row.key2))


def month_at(rows: Sequence[MonthRow], month: str) -> MonthRow | None:
    """The row of *month*."""
    return next((row for row in rows if row.month == month), None)


def outlook_of(
    promise: Promise, row: MonthRow | None, today: date, days: Calendar
) -> Outlook | None:
    """Can the target of *today*'s month still be held? None without a target or before any pace."""
    if promise.target_percent is None or row is None:
        return None
    return outlook(promise.target_percent, row.n, row.late, today, days)
