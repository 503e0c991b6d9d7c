"""`tidtam offices`: where the offices in force are reached today."""

from __future__ import annotations

from typing import Any

import typer

from tidtam import output, whereabouts
from tidtam.services import NOTIFY, service


def add_to(whole: typer.Typer) -> None:
    """Add the command to *whole*."""
    whole.command()(offices)


def offices(as_json: output.AsJson = False) -> None:
    """
    List the offices as they are reached today: units, desks, and where officers work.

    They come from contracts/offices and take effect by `tidtam config apply`.

    [bold]Example[/bold]: tidtam offices
    """
    rows = service(NOTIFY, whereabouts.find()).get("/ops/offices")["offices"]
    if as_json:
        output.emit({"offices": rows})
    elif not rows:
        output.show("No office is known; write contracts/offices/*.yaml and apply it.")
    else:
        columns = ("for", "office", "ask for", "telephone", "told at", "since")
        output.show_table(columns, [_row(row) for row in rows])


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    told_at = ", ".join(filter(None, (row["email"], row["line"]))) or "–"
    return (
        f"{row['kind']} {row['id']}",
        row["title"]["th"] if row["title"] else "–",
        row["contact"]["th"] if row["contact"] else "–",
        row["telephone"] or "–",
        told_at,
        row["valid_from"],
    )
