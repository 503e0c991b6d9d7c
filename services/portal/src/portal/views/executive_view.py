"""
The executive's page: is the promise kept this month, where does it wait, which units differ, what
is about to be late. Counts alone, no persons. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from chassis.outlook import Outlook
from markupsafe import Markup

from portal import charts
from portal.counted import Running
from portal.dates import Dates, month_before
from portal.views.attainment import GroupRow, MonthRow, month_at
from portal.views.bottlenecks import Place, Spent, SpentStage
from portal.views.promises import Promise
from portal.words import Words

SCALE_DAYS_MIN = 10
LATEST_MONTHS = 13
Name = Callable[[str], str]
"""A code → what people call it."""


class Keeping(NamedTuple):
    """One promise in the month at hand. `before`, `year_ago`: shares of those months."""

    promise: Promise
    title: str
    row: MonthRow | None
    outlook: Outlook | None
    before: float | None
    year_ago: float | None
    open: int
    breached: int


class UnitRow(NamedTuple):
    """One unit (or kind) in one month, with its picture."""

    code: str
    title: str
    row: GroupRow
    picture: Markup


class Months(NamedTuple):
    """A bar of one month's days per claim: how many claims, their days in all, and the bar."""

    month: str
    cases: int
    days: float
    parts: Sequence[Spent]
    picture: Markup


class StageDays(NamedTuple):
    """Days per claim of one stage, in each of the months compared."""

    party: str
    stage: str
    days: Sequence[float | None]


def compared(today: date) -> tuple[str, str, str]:
    """This month, the last one, and the same a year ago."""
    here = today.isoformat()[:7]
    return here, month_before(here), month_before(here, 12)


def keeping(
    promise: Promise,
    title: str,
    months: Sequence[MonthRow],
    outlook: Outlook | None,
    running: Sequence[Running],
    today: date,
) -> Keeping:
    """How *promise* stands in the month of *today*."""
    here, before, year_ago = compared(today)
    now = [one for one in running if one.clause == promise.key]
    return Keeping(
        promise=promise,
        title=title,
        row=month_at(months, here),
        outlook=outlook,
        before=_share(months, before),
        year_ago=_share(months, year_ago),
        open=sum(one.open for one in now),
        breached=sum(one.breached for one in now),
    )


def _share(months: Sequence[MonthRow], month: str) -> float | None:
    row = month_at(months, month)
    return None if row is None else row.percent


def unit_rows(
    rows: Sequence[GroupRow], promise: Promise, name: Name, words: Words
) -> list[UnitRow]:
    """Each group with a dot for its middle and a line for its spread, all on one scale."""
    longest = max((row.p85 or 0 for row in rows), default=0)
    scale = max(longest, promise.budget or 0, SCALE_DAYS_MIN) + 1
    return [
        UnitRow(row.key, name(row.key), row, _spread(row, promise, scale, name, words))
        for row in rows
    ]


def _spread(row: GroupRow, promise: Promise, scale: int, name: Name, words: Words) -> Markup:
    if row.p15 is None or row.p50 is None or row.p85 is None:
        return Markup("")
    said = words.text("spread_said")(name=name(row.key), low=row.p15, mid=row.p50, high=row.p85)
    return charts.spread(said, charts.Spread(row.p15, row.p50, row.p85), scale, promise.budget)


def month_bars(
    spent: Mapping[str, Sequence[Spent]],
    cases: Mapping[str, int],
    party: Name,
    words: Words,
    dates: Dates,
) -> list[Months]:
    """The days per claim of each month as one bar by party; a month without claims has none."""
    shown = []
    longest = max((sum(one.days for one in parts) for parts in spent.values()), default=0.0)
    for month, parts in spent.items():
        days = sum(one.days for one in parts)
        told = ", ".join(f"{party(one.party)} {one.days:.1f}" for one in parts)
        said = words.text("bar_said")(month=dates.month(month), parts=told)
        bar = [charts.Part(party(p.party), p.days, f"{p.days:.1f}", p.party) for p in parts]
        shown.append(Months(month, cases[month], days, parts, charts.stacked(said, bar, longest)))
    return shown


def place_bars(places: Sequence[Place], name: Callable[[Place], str]) -> list[tuple[Place, Markup]]:
    """Each place with a bar as long as so many claims wait in it."""
    most = max((place.n for place in places), default=0)
    return [
        (place, charts.bar(f"{name(place)} {place.n}", place.n, most, place.party))
        for place in places
    ]


def stage_days(rows: Sequence[SpentStage]) -> list[StageDays]:
    """Days per claim by stage; stages without a day in any of the months are left out."""
    return [StageDays(*row) for row in rows if any(days for days in row.days)]
