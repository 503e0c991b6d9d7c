"""Writing a generated year as it is made: its events as NDJSON, its sources beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import orjson

from tidtam.generating.figures import Figures
from tidtam.generating.year import Year

Advance = Callable[[int], object]


def write_year(year: Year, out: Path | None, advance: Advance) -> None:
    """
    Write the events of *year* to *out*, or to stdout, and its sources beside *out*.

    A file bears its name only once it is whole. *advance* is told how many more claims are made.
    """
    if out is None:
        _write(year, sys.stdout.buffer, advance)
        sys.stdout.buffer.flush()
        return
    import yaml

    part = out.with_name(out.name + ".part")
    with part.open("wb") as file:
        _write(year, file, advance)
    sources = yaml.safe_dump(year.sources(), allow_unicode=True, sort_keys=False)
    out.with_suffix(".sources.yaml").write_text(sources, encoding="utf-8")
    part.replace(out)


def _write(year: Year, file: BinaryIO, advance: Advance) -> None:
    for slug, event in year.events(advance):
        file.write(orjson.dumps({"slug": slug, "event": event}) + b"\n")


def summary(figures: Figures) -> list[str]:
    """Return what a year comes to, in words."""
    unpaid = figures.claims - figures.paid
    return [
        f"{figures.claims:,} claims with {figures.lines:,} lines,"
        f" told by {figures.events:,} events",
        f"  returned  {figures.returned:>7,} claims, some more than once",
        f"  withdrawn {figures.withdrawn:>7,} claims, some sent again",
        f"  bounced   {figures.bounced:>7,} transfers",
        f"  paid      {figures.paid:>7,} claims, {figures.in_time_percent:.1f} % of them within"
        " 9 working days of finance",
        f"  late      {figures.late:>7,} claims, paid after more than that",
        f"  not paid  {unpaid:>7,} claims at the end: on their way, taken back or cancelled",
    ]
