"""Upkeep: refold status, and have intake say everything again."""

from __future__ import annotations

from typing import Annotated

import typer

from tidtam import output, whereabouts
from tidtam.services import service

LISTED_MAX = 20

rebuild_app = typer.Typer(no_args_is_help=True, help="Refold what a service derives from events.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    app.add_typer(rebuild_app, name="rebuild")
    app.command()(republish)


@rebuild_app.command("status")
def rebuild_status(
    approve: Annotated[
        bool, typer.Option(help="Publish however many changed: you have seen the list.")
    ] = False,
    as_json: output.AsJson = False,
) -> None:
    """
    Refold every case from status's own events, beside live traffic, and publish visible changes.

    More than 50 changed cases are only listed, until --approve. Exits 1 while they wait.

    [bold]Example[/bold]: tidtam rebuild status
    """
    asked = {"approve": "1"} if approve else {}
    status = service("status", whereabouts.find())
    told = status.post("/ops/rebuild", patient=True, **asked)
    if as_json:
        output.emit(told)
    else:
        changed = told["changed"]
        output.show(f"{told['cases']} cases refolded, {len(changed)} would be told differently.")
        if changed:
            more = " …" if len(changed) > LISTED_MAX else ""
            output.show("  case ids: " + ", ".join(changed[:LISTED_MAX]) + more)
        if told["published"]:
            output.show("The changes are published, marked as rebuilt.")
        if told["waits_for_approval"]:
            output.say("Nothing is published. Look at some, then: tidtam rebuild status --approve")
    if told["waits_for_approval"]:
        raise typer.Exit(1)


def republish(as_json: output.AsJson = False) -> None:
    """
    Have intake say every matched event of its journal again, marked as replay.

    It refills a service that lost its database; consumers that have the events change nothing.

    [bold]Example[/bold]: tidtam republish
    """
    output.say("Republishing the journal …")
    told = service("intake", whereabouts.find()).post("/ops/republish", patient=True)
    if as_json:
        output.emit(told)
    else:
        output.show(f"{told['republished']} events were said again.")
