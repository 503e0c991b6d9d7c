"""
Open data: the tables anybody may have, with groups under five left out. Pure.

Only months that are over are told by group: today's figure less yesterday's would tell of one case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from portal.counted import Figure, Wait
from portal.exports import Cell, Table
from portal.suppress import GROUP_MIN, hidden
from portal.views.attainment import MonthRow, share

MONTHS, UNITS, KINDS, DAYS = "on-time", "on-time-by-unit", "on-time-by-kind", "days-by-stage"
DATASETS = (MONTHS, UNITS, KINDS, DAYS)
GROUPINGS = {UNITS: "unit", KINDS: "kind"}
PAGE_ROWS_MAX = 500
PAGE_ROWS = 100


class Page(NamedTuple):
    """A page of a table: the rows of it, and how many there are in all."""

    number: int
    size: int
    rows: Sequence[Sequence[Cell]]
    whole: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.whole // self.size))


def by_month(months: Iterable[tuple[str, MonthRow]]) -> Table:
    """How each promise was kept, month by month; months of under five are left out."""
    columns = ("promise", "month", "claims", "on_time", "on_time_percent", "days_p50", "days_p85")
    rows = [
        (clause, row.month, row.n, row.met, _percent(row.met, row.n), row.p50, row.p85)
        if row.n >= GROUP_MIN
        else (clause, row.month, *[None] * 5)
        for clause, row in months
        if row.over
    ]
    return Table(MONTHS, columns, rows)


def by_group(name: str, figures: Sequence[Figure], this_month: str) -> Table:
    """The same by unit or kind (*name* is the set's), of the months before *this_month*."""
    columns = ("promise", "month", GROUPINGS[name], "claims", "on_time", "on_time_percent",
               "days_p50", "days_p85", "left_out")  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for clause, month in sorted({(one.clause, one.month) for one in figures}):
        groups = [one for one in figures if (one.clause, one.month) == (clause, month)]
        out = hidden({one.key: one.n for one in groups})
        if month < this_month:
            rows += [_group_row(one, one.key in out) for one in groups]
    return Table(name, columns, rows)


def _group_row(one: Figure, left_out: bool) -> tuple[Cell, ...]:
    where = (one.clause, one.month, one.key or "not stated")
    if left_out:
        return (*where, None, None, None, None, None, "yes")
    return (*where, one.n, one.met, _percent(one.met, one.n), one.p50, one.p85, "no")


def by_stage(waits: Sequence[Wait]) -> Table:
    """Working days per claim by party and stage, of months that are over; never of under five."""
    columns = ("process", "month", "claims", "party", "stage", "days_per_claim")
    cases = {(one.process, one.month): one.cases for one in waits if not one.party}
    rows = [
        (
            one.process, one.month, cases[one.process, one.month], one.party, one.stage,
            round(one.days / cases[one.process, one.month], 2),
        )
        for one in waits
        if one.party and one.cases >= GROUP_MIN
        and cases.get((one.process, one.month), 0) >= GROUP_MIN
    ]  # fmt: skip
    return Table(DAYS, columns, rows)


def page_of(rows: Sequence[Sequence[Cell]], number: str, size: str) -> Page | None:
    """Page *number* (from 1) of *size* rows, as asked for; None where that is no page."""
    wanted, rows_max = _whole(number, 1), _whole(size, PAGE_ROWS)
    if wanted is None or rows_max is None or wanted < 1 or not 1 <= rows_max <= PAGE_ROWS_MAX:
        return None
    page = Page(wanted, rows_max, rows[(wanted - 1) * rows_max : wanted * rows_max], len(rows))
    return page if wanted <= page.last else None


def _whole(text: str, otherwise: int) -> int | None:
    if not text:
        return otherwise
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _percent(met: int, n: int) -> float | None:
    found = share(met, n)
    return None if found is None else round(found, 2)
