"""
How commands speak: the answer on stdout, everything else on stderr.

With `--json` stdout holds exactly one JSON value and nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

PIPED_COLUMNS = 200

AsJson = Annotated[
    bool, typer.Option("--json", help="Print the answer as JSON on stdout, and nothing else there.")
]


def emit(value: Any) -> None:
    """Print *value* as JSON on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def show(text: str = "", style: str | None = None) -> None:
    """Print a line of the answer on stdout; brackets in it mean nothing."""
    _console().print(Text(text, style=style or ""), soft_wrap=True)


def say(text: str, style: str | None = None) -> None:
    """Print a message on stderr."""
    _console(stderr=True).print(Text(text, style=style or ""), soft_wrap=True)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print *rows* under *columns* on stdout."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    _console().print(table)


def progress(hidden: bool = False) -> Progress:
    """Return a progress bar on stderr; a *hidden* one shows nothing."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=_console(stderr=True), disable=hidden)


def _console(stderr: bool = False) -> Console:
    # Made anew each time: tests and pipes change the streams under us.
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = PIPED_COLUMNS
    return console
