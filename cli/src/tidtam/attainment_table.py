"""How many promises were kept, as rows of a table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]
"""One month, clause and group as sla tells it; the month is None for clocks without a verdict."""

NOTHING = "–"
AT_RISK, LOST = "at-risk", "lost"
RUNNING = "no verdict"


def columns(by: str) -> tuple[str, ...]:
    """Return the headings; *by* is a column of its own unless it is the month."""
    group = () if by == "month" else (by,)
    counted = ("counted", "met", "met %", "target %", "late", "may miss", "open", "void")
    return ("month", *group, "clause", *counted, "P50", "P85", "P95")


def rows_of(rows: Iterable[Row], by: str) -> Iterator[tuple[str, ...]]:
    """Yield a row of text for each of *rows*; what is not known is a dash, never a 0."""
    for row in rows:
        group = () if by == "month" else (row["key"] or NOTHING,)
        counted = (row["n"], row["met"], _percent(row["met_percent"]), row["target_percent"])
        may_miss = (row.get("outlook") or {}).get("misses_left")
        others = (row["missed_or_breached"], may_miss, row["open"], row["void"])
        days = (row["p50"], row["p85"], row["p95"])
        told = (row["month"] or RUNNING, *group, row["clause"], *counted, *others, *days)
        yield tuple(NOTHING if cell is None else str(cell) for cell in told)


def warnings_of(rows: Iterable[Row]) -> Iterator[str]:
    """
    Yield a sentence for each target of the running month that cannot be held, or not at this pace.
    """
    for row in rows:
        outlook = row.get("outlook")
        if outlook is None or outlook["state"] not in (AT_RISK, LOST):
            continue
        group = f" ({row['key']})" if row.get("key") else ""
        which = f"{row['month']} {row['clause']}{group}"
        target = f"the target of {row['target_percent']} %"
        if outlook["state"] == LOST:
            yield f"{which}: {target} can no longer be held, {row['missed_or_breached']} were late."
        else:
            left, day = outlook["misses_left"], outlook["exhausted_on"]
            yield f"{which}: at this pace {target} is lost on {day}; {left} more may be late."


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.2f}"
