"""What a benchmark prints and keeps."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.outcome import Figure, Run

SERVERS = ("postgres", "kafka")


def print_runs(console: Console, title: str, runs: Sequence[Run]) -> None:
    """A table of medians: rate, and processor µs per event of service, database and broker."""
    table = Table(title=title, title_justify="left")
    table.add_column("measured")
    for name in (
        "events",
        "events/s",
        "service µs",
        "PostgreSQL µs",
        "broker µs",
        "all µs",
        "RSS MB",
    ):
        table.add_column(name, justify="right")
    for run in runs:
        cpu = run.cpu_us_per_event
        own = sum(value for name, value in cpu.items() if name not in SERVERS)
        figures = (own, *(cpu[name] for name in SERVERS), run.cpu_us())
        table.add_row(
            run.what,
            *(f"{run.events:,}", f"{run.rate:,.0f}"),
            *(f"{value:.1f}" for value in figures),
            f"{run.rss_megabytes:.0f}",
        )
    console.print(table)


def print_figures(console: Console, figures: Sequence[Figure], beside: Mapping[str, float]) -> None:
    """What was asked for, and whether it was reached."""
    table = Table(title="Figures", title_justify="left")
    for name in ("figure", "measured", "asked for", ""):
        table.add_column(name, justify="left" if name in ("figure", "") else "right")
    for one in figures:
        sign, told = ("≥", "reached") if one.at_least else ("≤", "reached")
        value, target = f"{one.value:.2f} {one.unit}", f"{sign} {one.target:g} {one.unit}"
        table.add_row(one.name, value, target, told if one.reached() else "[red]missed[/red]")
    for name, ratio in beside.items():
        table.add_row(name, f"{ratio:.2f} ×", "", "")
    console.print(table)


def keep(
    path: Path, parts: Mapping[str, Any], figures: Sequence[Figure], warning: str | None
) -> None:
    """Write everything as JSON."""
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
        "warning": warning,
        "figures": [
            {
                "name": one.name,
                "value": round(one.value, 4),
                "target": one.target,
                "reached": one.reached(),
            }
            for one in figures
        ],
        **parts,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
