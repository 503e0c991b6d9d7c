"""The page of figures for anybody: one promise by month, and by kind in the last month. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from portal import charts
from portal.counted import Figure
from portal.dates import Dates
from portal.suppress import GROUP_MIN, hidden
from portal.views.attainment import MonthRow, groups_of
from portal.views.manual import said
from portal.views.promises import Promise
from portal.words import Words

MONTHS_SHOWN = 13


class KindRow(NamedTuple):
    """One kind of claim in one month; `left_out` where it is too small to be told."""

    title: str
    n: int
    percent: float | None
    left_out: bool
    bar: Markup


class FiguresPage(NamedTuple):
    """What the page shows of one promise."""

    key: str
    title: str
    months: Sequence[MonthRow]
    chart: Markup
    kinds_month: str | None
    kinds: Sequence[KindRow]


def figures_page(
    promise: Promise,
    months: Sequence[MonthRow],
    kinds: Sequence[Figure],
    names: Mapping[str, str],
    words: Words,
    dates: Dates,
) -> FiguresPage:
    """*kinds* are the figures by kind of the promise; *names* the titles of kinds."""
    shown = list(months)[-MONTHS_SHOWN:]
    last = last_told(months)
    of_month = [one for one in kinds if last is not None and one.month == last.month]
    return FiguresPage(
        key=promise.key,
        title=said(promise.title, dates.language),
        months=shown,
        chart=month_chart(promise, shown, words, dates),
        kinds_month=None if last is None else last.month,
        kinds=_kinds(of_month, names, dates),
    )


def last_told(months: Sequence[MonthRow]) -> MonthRow | None:
    """The last month that is over and not too small to be told."""
    over = [row for row in months if row.over and row.n >= GROUP_MIN]
    return over[-1] if over else None


def month_chart(
    promise: Promise, months: Sequence[MonthRow], words: Words, dates: Dates, few: int = GROUP_MIN
) -> Markup:
    """Columns by month with the target across; months of fewer than *few* stay empty."""
    told = [row for row in months if row.n >= few and row.percent is not None]
    if not told:
        return Markup("")
    bars = [
        charts.Column(
            _short_month(row.month, dates),
            row.percent if row in told else None,
            f"{row.percent:.0f}" if row in told else "",
            _tone(row, promise),
        )
        for row in months
    ]
    target = None
    if promise.target_percent is not None:
        target = charts.Target(
            promise.target_percent, words.text("target"), dates.percent(promise.target_percent, 0)
        )
    shares = [row.percent for row in told if row.percent is not None]
    name = words.text("chart_said")(
        first=dates.month(months[0].month),
        last=dates.month(months[-1].month),
        low=dates.percent(min(shares)),
        high=dates.percent(max(shares)),
    )
    return charts.columns(name, bars, target)


def _tone(row: MonthRow, promise: Promise) -> str:
    if not row.over:
        return "part"
    met = promise.target_percent is None or (row.percent or 0.0) >= promise.target_percent
    return "plain" if met else "warn"


def _short_month(month: str, dates: Dates) -> str:
    return dates.short_day(f"{month}-01").split()[-1]


def _kinds(of_month: Sequence[Figure], names: Mapping[str, str], dates: Dates) -> list[KindRow]:
    out = hidden({one.key: one.n for one in of_month})
    return [
        KindRow(
            title := names.get(row.key, row.key),
            row.n,
            row.percent,
            row.key in out,
            charts.bar(f"{title} {dates.percent(row.percent)}", row.percent or 0.0, 100.0),
        )
        for row in groups_of(of_month)
    ]
