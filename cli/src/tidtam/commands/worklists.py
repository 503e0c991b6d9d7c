"""The work lists: what waits for a reference, what waits for a decision, what was refused."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tidtam import output, whereabouts
from tidtam.registering import find_source
from tidtam.services import service

OfSource = Annotated[str, typer.Option("--source", help="Only of this source (slug).")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    app.command()(unmatched)
    app.command()(held)
    app.command()(rejects)


def unmatched(source: OfSource = "", as_json: output.AsJson = False) -> None:
    """
    List the facts that wait for a reference, oldest first: they are kept, but in no figure.

    They join by themselves when a claim or receipt brings their number.

    [bold]Example[/bold]: tidtam unmatched --source erp
    """
    intake = service("intake", whereabouts.find())
    asked = {"source": find_source(intake, source)["source"]} if source else {}
    rows = intake.get("/ops/unmatched", **asked)["unmatched"]
    if as_json:
        output.emit({"unmatched": rows})
    elif not rows:
        output.show("Nothing waits: every fact has its case.")
    else:
        columns = ("source", "fact", "waits for", "age", "event")
        output.show_table(columns, [_waiting(row) for row in rows])
        output.say("A number typed wrongly? tidtam link WRONG RIGHT --reason entered-wrongly")


def held(as_json: output.AsJson = False) -> None:
    """
    List the joins that were not made by themselves, because an officer has to decide.

    [bold]Example[/bold]: tidtam held
    """
    rows = service("intake", whereabouts.find()).get("/ops/held-joins")["held_joins"]
    told = [{**row, "kept": _parts(row["kept"]), "other": _parts(row["other"])} for row in rows]
    if as_json:
        output.emit({"held": told})
    elif not told:
        output.show("No join waits for a decision.")
    else:
        columns = ("number", "would join", "held because", "event")
        output.show_table(columns, [_held(row) for row in told])
        output.say("Decide: tidtam link A B --reason TEXT, or tidtam unlink A B --reason TEXT")


def rejects(source: OfSource = "", as_json: output.AsJson = False) -> None:
    """
    List what was refused, newest first: which event, where in it, which rule, what to change.

    [bold]Example[/bold]: tidtam rejects --source sci-bio
    """
    intake = service("intake", whereabouts.find())
    asked = {"source": find_source(intake, source)["slug"]} if source else {}
    rows = intake.get("/ops/rejects", **asked)["rejects"]
    if as_json:
        output.emit({"rejects": rows})
        return
    if not rows:
        output.show("Nothing was refused.")
    for row in rows:
        _show_reject(row)


def age(seconds: float) -> str:
    """Return an age in its largest sensible unit: 45 s, 12 min, 5 h, 3 days."""
    for size, unit in ((172_800, "days"), (7_200, "h"), (120, "min")):
        if seconds >= size:
            per = {"days": 86_400, "h": 3_600, "min": 60}[unit]
            return f"{int(seconds // per)} {unit}"
    return f"{int(seconds)} s"


def _waiting(row: dict[str, Any]) -> tuple[str, ...]:
    numbers = ", ".join(f"{ref[0]} {ref[3]}" for ref in row["references"])
    return row["source"], row["fact"], numbers, age(row["age_seconds"]), row["id"]


def _parts(said: str) -> dict[str, str]:
    """A reference as intake keeps it, its parts by name."""
    values = said.split("\x1f")[-4:]
    return dict(zip(("scheme", "issuer", "scope", "value"), values, strict=False))


def _held(row: dict[str, Any]) -> tuple[str, ...]:
    kept, other = row["kept"], row["other"]
    first = f"{kept.get('scheme')} {kept.get('value')} ({kept.get('issuer')})"
    second = f"{other.get('scheme')} {other.get('value')} ({other.get('issuer')})"
    return first, second, row["reason"], f"{row['source']} {row['id']}"


def _show_reject(row: dict[str, Any]) -> None:
    which = row["event_id"] or row["position"] or row["sha256"][:12]
    when = row["recorded_at"][:19].replace("T", " ")
    output.show(f"{row['slug'] or row['source'] or '?'}  {which}  {when}", "bold")
    for found in row["findings"]:
        output.show(f"  {found['pointer'] or '/'}  {found['rule']}: {found['remedy']}")
