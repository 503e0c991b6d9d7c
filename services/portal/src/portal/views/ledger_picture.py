"""The day ledger as a picture: each working day a piece of a bar, in who had it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from chassis.workdays import Calendar, workdays_between
from contracts.sla_messages import LedgerRow

WIDTH = 640
HEIGHT = 34
GAP = 3
SINGLE_DAYS_MAX = 45
"""Up to so many days each has a piece of its own; past it the days of one holding are one piece."""


class Piece(NamedTuple):
    """A rectangle of the picture, in its own units."""

    party: str
    x: float
    width: float


class Run(NamedTuple):
    """Working days in a row that one party had."""

    party: str
    from_day: str
    until_day: str
    days: int


@dataclass(frozen=True, slots=True)
class LedgerPicture:
    """The bar, and the same in numbers: by party in the order they first had it, and by run."""

    pieces: Sequence[Piece]
    by_party: Sequence[tuple[str, int]]
    runs: Sequence[Run]
    total: int
    first: str | None
    last: str | None
    omitted: int = 0


def ledger_picture(
    ledger: LedgerRow, until: date | None = None, calendar: Calendar | None = None
) -> LedgerPicture | None:
    """
    The picture of *ledger*; None where no day is counted yet.

    *until*: the own money's last day, where the case went on without it; days after it are left
    out, counted by *calendar*, without which nothing can be shown.
    """
    runs = [Run(one.party, one.from_day, one.until_day, one.days) for one in ledger.runs]
    if until is not None:
        if calendar is None:
            return None
        runs = [cut for run in runs if (cut := _cut(run, until, calendar)) is not None]
    if not runs:
        return None
    by_party: dict[str, int] = {}
    for run in runs:
        by_party[run.party] = by_party.get(run.party, 0) + run.days
    if until is None:
        by_party = {party: ledger.by_party.get(party, days) for party, days in by_party.items()}
        by_party |= {p: n for p, n in ledger.by_party.items() if n and p not in by_party}
    return LedgerPicture(
        pieces=_pieces(runs),
        by_party=list(by_party.items()),
        runs=runs,
        total=sum(by_party.values()),
        first=ledger.first,
        last=runs[-1].until_day,
        omitted=ledger.omitted,
    )


def _cut(run: Run, until: date, calendar: Calendar) -> Run | None:
    first, last = date.fromisoformat(run.from_day), date.fromisoformat(run.until_day)
    if last <= until:
        return run
    days = run.days - workdays_between(calendar, until, last)
    return run._replace(until_day=until.isoformat(), days=days) if first <= until else None


def _pieces(runs: Sequence[Run]) -> Sequence[Piece]:
    """Rectangles side by side; their widths are as their days, and the gaps are not counted."""
    total = sum(run.days for run in runs)
    if total <= SINGLE_DAYS_MAX:
        parts = [(run.party, 1) for run in runs for _ in range(run.days)]
    else:
        parts = [(run.party, run.days) for run in runs]
    if not parts:
        return ()
    # A short case has pieces no wider than a day of three weeks: two days never look like a year.
    a_day = min((WIDTH - GAP * (len(parts) - 1)) / total, WIDTH / 15)
    made, x = [], 0.0
    for party, days in parts:
        width = a_day * days
        made.append(Piece(party, round(x, 2), round(width, 2)))
        x += width + GAP
    return made
