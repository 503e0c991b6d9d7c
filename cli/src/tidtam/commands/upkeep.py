"""Upkeep: refold status, and have intake say everything again."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from tidtam import output, whereabouts
from tidtam.services import PORTAL, Service, service

LISTED_MAX = 20
POLL_SECONDS = 0.5
ALREADY = 409

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


@rebuild_app.command("portal")
def rebuild_portal(as_json: output.AsJson = False) -> None:
    """
    Make the portal's read tables anew from the topics, while its pages are served.

    Exits 1 where it ended early; what was read until then stands, and begun again it begins anew.

    [bold]Example[/bold]: tidtam rebuild portal
    """
    portal = service(PORTAL, whereabouts.find())
    told = _followed(portal)
    if as_json:
        output.emit(told)
    elif told["failure"] is None:
        gone = sum(told["taken_away"].values())
        output.show(f"{told['done']} records read; {gone} rows that no topic says are gone.")
    else:
        output.say(f"It ended early: {told['failure']}. The portal's log says why.", "red")
    if told["failure"] is not None:
        raise typer.Exit(1)


def _followed(portal: Service) -> dict[str, Any]:
    """Begin a rebuild, or join the one under way, and follow it to its end."""
    answer = portal.send("POST", "/ops/rebuild")
    if answer.status_code != ALREADY:
        portal.checked(answer)
    with output.progress() as bar:
        task = bar.add_task("reading the topics", total=None)
        while True:
            told: dict[str, Any] = portal.get("/ops/rebuild")["rebuild"]
            bar.update(task, completed=told["done"], total=told["records"] or None)
            if told["ended_at"] is not None:
                return told
            time.sleep(POLL_SECONDS)


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
