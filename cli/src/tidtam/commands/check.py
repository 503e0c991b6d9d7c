"""`tidtam check`: would these events be accepted? Asked offline, before anything is sent."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidtam import output, whereabouts
from tidtam.trouble import Trouble

if TYPE_CHECKING:
    from tidtam.checking import Told


def add_to(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(check)


def check(
    file: Annotated[str, typer.Argument(help="NDJSON, a JSON array or one event; - is stdin.")],
    strict: Annotated[bool, typer.Option(help="Warnings refuse too.")] = False,
    source: Annotated[
        Path | None, typer.Option(help="The source's YAML file: judge by its own rules.")
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    """
    Judge events offline by the rules intake applies: line, JSON pointer, rule and remedy.

    Exits 1 when anything would be refused. Unknown fields are warnings, errors with --strict.

    [bold]Example[/bold]: tidtam check claims.ndjson --strict
    """
    from tidtam.checking import Checker
    from tidtam.events_file import read_items
    from tidtam.registering import read_sources
    from tidtam.rules_files import processes

    sources = read_sources(source) if source else []
    checker = Checker(processes(), whereabouts.find().now(), sources)
    items = read_items(file)
    if not items:
        raise Trouble(f"{file}: there is no event in it.")
    found = [(item, checker.check(item)) for item in items]
    refused = sum(any(strict or not told.warning for told in tolds) for _, tolds in found)
    if as_json:
        rows = [asdict(told) for _, tolds in found for told in tolds]
        output.emit({"checked": len(items), "refused": refused, "findings": rows})
    else:
        for _, tolds in found:
            for told in tolds:
                _show(file, told, strict)
        output.show(f"{len(items)} checked, {refused} would be refused.")
    if refused:
        raise typer.Exit(1)


def _show(file: str, told: Told, strict: bool) -> None:
    warns = told.warning and not strict
    style = "yellow" if warns else "red"
    kind = "warning " if warns else ""
    output.show(f"{file}:{told.line}  {told.pointer or '/'}  {kind}{told.rule}", style)
    output.show(f"    {told.remedy}")
