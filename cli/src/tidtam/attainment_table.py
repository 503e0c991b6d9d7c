"""How many promises were kept, as rows of a table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]
"""One month, clause and group as sla tells it; the month is None for clocks without a verdict."""

NOTHING = "–"
RUNNING = "no verdict"


def columns(by: str) -> tuple[str, ...]:
    """Return the headings; *by* is a column of its own unless it is the month."""
    group = () if by == "month" else (by,)
    counted = ("counted", "met", "met %", "target %", "late", "open", "void")
    return ("month", *group, "clause", *counted, "P50", "P85", "P95")


def rows_of(rows: Iterable[Row], by: str) -> Iterator[tuple[str, ...]]:
    """Yield a row of text for each of *rows*; what is not known is a dash, never a 0."""
    for row in rows:
        group = () if by == "month" else (row["key"] or NOTHING,)
        counted = (row["n"], row["met"], _percent(row["met_percent"]), row["target_percent"])
        others = (row["missed_or_breached"], row["open"], row["void"])
        days = (row["p50"], row["p85"], row["p95"])
        told = (row["month"] or RUNNING, *group, row["clause"], *counted, *others, *days)
        yield tuple(NOTHING if cell is None else str(cell) for cell in told)


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.2f}"
