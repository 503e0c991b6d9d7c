"""Where it waits: who has what now, and where the days of what ended had gone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from portal.counted import Accuracy, Due, Standing, Wait

PARTIES = ("unit", "finance", "bank", "payee", "nobody")
"""In the order of the path; a party that is none of these comes last."""
DUE_DAYS = 14


class Place(NamedTuple):
    """What waits in one place now. `mean_days` are those charged so far, None where none counts."""

    party: str
    stage: str
    n: int
    late: int
    undetermined: int
    mean_days: float | None
    longest_days: int | None
    oldest_on: date | None


class Spent(NamedTuple):
    """The days of one party in the cases that ended in a month, on average per case."""

    party: str
    days: float


class SpentStage(NamedTuple):
    """The same by stage, for each of the months compared; None where that month had no case."""

    party: str
    stage: str
    days: tuple[float | None, ...]


class DueDay(NamedTuple):
    """What falls due on one date, by promise."""

    due_on: date
    by_clause: Mapping[str, int]

    @property
    def n(self) -> int:
        """All of it."""
        return sum(self.by_clause.values())


def places_of(rows: Iterable[Standing]) -> list[Place]:
    """The places where something waits, the fullest first."""
    places = [
        Place(
            row.holder, row.stage, row.n, row.late, row.undetermined,
            row.days_sum / row.days_counted if row.days_counted else None,
            row.days_max, row.oldest_on,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(places, key=lambda place: (-place.late, -place.n, place.party, place.stage))


def spent_by_party(rows: Sequence[Wait], month: str) -> list[Spent]:
    """Days per case and party in one month, along the path; they sum to the days of a case."""
    cases = cases_in(rows, month)
    days: dict[str, int] = {}
    for row in rows:
        if row.month == month and row.party:
            days[row.party] = days.get(row.party, 0) + row.days
    return [Spent(party, days[party] / cases) for party in sorted(days, key=order)] if cases else []


def spent_by_stage(rows: Sequence[Wait], months: Sequence[str]) -> list[SpentStage]:
    """Days per case by party and stage, of each of *months*."""
    counted = {month: cases_in(rows, month) for month in months}
    days: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        if row.party and row.month in counted:
            place = days.setdefault((row.party, row.stage), {})
            place[row.month] = place.get(row.month, 0) + row.days
    return [
        SpentStage(
            party,
            stage,
            tuple(
                place.get(month, 0) / counted[month] if counted[month] else None for month in months
            ),
        )
        for (party, stage), place in sorted(
            days.items(), key=lambda one: (order(one[0][0]), one[0])
        )
    ]


def cases_in(rows: Iterable[Wait], month: str) -> int:
    """How many cases ended in *month*."""
    return sum(row.cases for row in rows if row.month == month and not row.party)


def order(party: str) -> int:
    """The place of *party* along the path."""
    return PARTIES.index(party) if party in PARTIES else len(PARTIES)


def due_days(rows: Iterable[Due], today: date) -> tuple[int, list[DueDay]]:
    """How much was due before *today* and may not yet be said to be late; then day by day."""
    overdue, days = 0, dict[date, dict[str, int]]()
    for row in rows:
        if row.due_on < today:
            overdue += row.n
        elif row.due_on <= today + timedelta(days=DUE_DAYS):
            clauses = days.setdefault(row.due_on, {})
            clauses[row.clause] = clauses.get(row.clause, 0) + row.n
    return overdue, [DueDay(on, clauses) for on, clauses in sorted(days.items())]


def accuracy_of(rows: Sequence[Accuracy]) -> Accuracy:
    """All stages together."""
    return Accuracy(
        "", "", sum(r.n for r in rows), sum(r.by_half for r in rows), sum(r.by_most for r in rows)
    )
