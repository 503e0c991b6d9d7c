"""A payee's first page: what needs them, four counters, what is new, and money by month. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from contracts.process import Process, Words

from portal.model import MonthTotal, OwnCase, PayeeCounts, Standing
from portal.views.share import SHOWS_AS, stage_by

CHART_HEIGHT = 120
COLUMNS_MIN = 8
KINDS: Mapping[int, str] = {1: "", 2: "", 3: "", 4: "good"}
"""How each counter is marked beside its words."""


class Counter(NamedTuple):
    """One of the counters: its group, how many cases, and the own money in them by currency."""

    group: int
    cases: int
    sums: Sequence[tuple[Decimal, str]]
    kind: str


class Column(NamedTuple):
    """
    One month of the chart, in percent of its width and in pixels: what came in and what was paid.
    """

    month: str
    came: int
    paid: int
    sums: Sequence[tuple[Decimal, str]]
    x: float
    width: float
    came_height: float
    paid_height: float
    labelled: bool


class Row(NamedTuple):
    """A case in a list. `needs`: `returned` or `bounced` where somebody must act."""

    number: str
    title: str | None
    kind: Words | None
    stage: Words | None
    group: int | None
    standing: Standing
    net: Decimal | None
    currency: str
    since: object
    paid_on: object
    due_on: object
    needs: str | None
    recomputed: bool


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The first page of a payee."""

    needs: Sequence[Row]
    newest: Sequence[Row]
    counters: Sequence[Counter]
    outside: int
    months: Sequence[Column]
    total: int


def dashboard(
    counts: PayeeCounts,
    needs: Sequence[OwnCase],
    newest: Sequence[OwnCase],
    processes: Mapping[str, Process],
) -> Dashboard:
    """The dashboard of a payee from its counts, the cases that need somebody, and the newest."""
    counters = [
        Counter(group, total.cases, sums_of(total.net), KINDS.get(group, ""))
        for group, total in sorted(counts.groups.items())
    ]
    return Dashboard(
        needs=[row_of(one, processes) for one in needs],
        newest=[row_of(one, processes) for one in newest],
        counters=counters,
        outside=counts.outside,
        months=columns(counts.months),
        total=sum(one.cases for one in counters) + counts.outside,
    )


def row_of(own: OwnCase, processes: Mapping[str, Process]) -> Row:
    """A case in a list, by the payee's own lines; what is of the whole case only where alone."""
    brief, process = own.brief, processes.get(own.brief.process)
    stage, kind = None, None
    if process is not None:
        shown = process.stages.get(_stage_of(own, process) or "")
        stage = None if shown is None else shown.title
        kind = process.codes.get("kind", {}).get(brief.kind or "")
    return Row(
        number=brief.number,
        title=brief.title if own.alone else None,
        kind=kind,
        stage=stage,
        group=own.group,
        standing=own.standing,
        net=own.net,
        currency=brief.currency or ("" if process is None else process.currency),
        since=brief.since,
        paid_on=own.paid_on,
        due_on=brief.due_on,
        needs=_needs(own),
        recomputed=brief.recomputed,
    )


def _stage_of(own: OwnCase, process: Process) -> str | None:
    """Where the own money stands; another's bounce is not told, nor that the rest was paid."""
    effect = SHOWS_AS.get(own.standing)
    if effect is not None:
        return stage_by(effect, process)
    if own.alone or (own.group == own.brief.group and own.brief.bounced_lines == 0):
        return own.brief.stage
    known = [s for s in process.stages.values() if s.group == own.group and s.rank is not None]
    return min(known, key=lambda s: s.rank or 0).code if known else None


def _needs(own: OwnCase) -> str | None:
    if own.standing is Standing.BOUNCED:
        return "bounced"
    returned = own.standing is Standing.WAITS and own.brief.stage == "returned"
    return "returned" if returned else None


def sums_of(net: Mapping[str, Decimal]) -> Sequence[tuple[Decimal, str]]:
    """Sums with their currency, the largest first; currencies are never added up."""
    return sorted(((value, of) for of, value in net.items() if value), reverse=True)


def columns(months: Sequence[MonthTotal]) -> Sequence[Column]:
    """The months as pairs of columns beside each other; none where nothing ever came."""
    highest = max((max(one.came, one.paid) for one in months), default=0)
    if highest == 0:
        return ()
    # One month alone is a column, not a wall.
    slot = 100 / max(len(months), COLUMNS_MIN)
    # On a phone there is room for every second label; the newest always has one.
    return [
        Column(
            month=one.month,
            came=one.came,
            paid=one.paid,
            sums=sums_of(one.net),
            x=round(place * slot, 2),
            width=round(slot * 0.36, 2),
            came_height=round(CHART_HEIGHT * one.came / highest, 1),
            paid_height=round(CHART_HEIGHT * one.paid / highest, 1),
            labelled=(len(months) - 1 - place) % 2 == 0,
        )
        for place, one in enumerate(months)
    ]
