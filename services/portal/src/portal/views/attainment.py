"""
How promises were kept, month by month: the month at hand, those that are closed, and groups. Pure.

A month that is over keeps the figure that was published of it, beside what late facts make of it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

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


class Outlook(NamedTuple):
    """
    Whether the target of a month that is not over can still be held.

    `expected`: so many will count at the pace so far. `misses_left`: so many more may be late
    before it is lost; negative where it is lost already. `lost_on`: the date on which it is lost at
    the pace so far, None where the month ends before.
    """

    expected: int
    misses_left: int
    lost_on: date | None

    @property
    def lost(self) -> bool:
        """Whether it cannot be held any more."""
        return self.misses_left < 0


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
    """
    Can the target of *today*'s month still be held? None without a target or before any pace.

    So many as will count at the pace so far, by working days, may be late as the target leaves.
    """
    first = today.replace(day=1)
    before = days.workdays_until(first.toordinal() - 1)
    gone = days.workdays_until(today.toordinal()) - before
    last = first.toordinal() + monthrange(today.year, today.month)[1] - 1
    whole = days.workdays_until(last) - before
    if promise.target_percent is None or row is None or row.n == 0 or gone <= 0:
        return None
    expected = max(row.n, row.n * whole // gone)
    allowed = expected * (100 - promise.target_percent) // 100
    left = allowed - row.late
    if left < 0 or row.late == 0:
        return Outlook(expected, left, None)
    # At the pace so far, the one that is too many comes on this working day of the month.
    day = -(-(allowed + 1) * gone // row.late)
    return Outlook(expected, left, _workday(days, first, day) if day <= whole else None)


def _workday(days: Calendar, first: date, number: int) -> date:
    ordinal, before = first.toordinal(), days.workdays_until(first.toordinal() - 1)
    while days.workdays_until(ordinal) - before < number:
        ordinal += 1
    return date.fromordinal(ordinal)
