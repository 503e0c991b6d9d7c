"""The tables of the executive's page as files. Pure; codes as well as titles, for machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from portal.counted import Accuracy, Due, Figure, Standing, Wait
from portal.exports import Table
from portal.views.attainment import MonthRow, share
from portal.views.bottlenecks import cases_in

GROUPED = ("promise", "month", "by", "group", "claims", "on_time", "late", "on_time_percent",
           "days_p15", "days_p50", "days_p85", "days_p95")  # fmt: skip


def months_table(key: str, rows: Iterable[MonthRow]) -> Table:
    """Each month of one promise: what was published, and what it is now."""
    columns = ("promise", "month", "over", "claims", "on_time", "late",
               "on_time_percent", "published_claims", "published_on_time",
               "days_p50", "days_p85", "days_p95")  # fmt: skip
    return Table(
        "months",
        columns,
        [
            (
                key, row.month, "yes" if row.over else "no", row.n, row.met, row.late,
                _two(row.percent),
                row.published.n if row.published else None,
                row.published.met if row.published else None,
                row.p50, row.p85, row.p95,
            )
            for row in rows
        ],
    )  # fmt: skip


def groups_table(by: str, rows: Iterable[Figure]) -> Table:
    """Groups of one promise, *by* unit, kind or fund."""
    return Table(
        f"by-{by}",
        GROUPED,
        [
            (
                row.clause, row.month, by, row.key2 or row.key, row.n, row.met, row.n - row.met,
                _two(share(row.met, row.n)), row.p15, row.p50, row.p85, row.p95,
            )
            for row in rows
        ],
    )  # fmt: skip


def waiting_table(rows: Iterable[Standing]) -> Table:
    """Who has what now."""
    columns = ("party", "stage", "waiting", "late", "no_word_from_source", "days_mean", "days_max",
               "oldest_since")  # fmt: skip
    return Table(
        "waiting",
        columns,
        [
            (
                row.holder, row.stage, row.n, row.late, row.undetermined,
                round(row.days_sum / row.days_counted, 2) if row.days_counted else None,
                row.days_max, row.oldest_on,
            )
            for row in rows
        ],
    )  # fmt: skip


def days_table(rows: Sequence[Wait]) -> Table:
    """Working days per finished claim by party and stage."""
    columns = ("process", "month", "claims", "party", "stage", "days", "days_per_claim")
    found = []
    for row in rows:
        cases = cases_in([one for one in rows if one.process == row.process], row.month)
        if row.party and cases:
            mean = round(row.days / cases, 2)
            found.append((row.process, row.month, cases, row.party, row.stage, row.days, mean))
    return Table("days", columns, found)


def due_table(rows: Iterable[Due]) -> Table:
    """What falls due, by date and promise."""
    columns = ("promise", "party", "due_on", "claims")
    return Table("due", columns, [tuple(row) for row in rows])


def forecasts_table(rows: Iterable[Accuracy]) -> Table:
    """How the forecasts held."""
    columns = ("process", "stage", "forecasts", "by_first_date", "by_second_date")
    return Table("forecasts", columns, [tuple(row) for row in rows])


def _two(percent: float | None) -> float | None:
    return None if percent is None else round(percent, 2)
