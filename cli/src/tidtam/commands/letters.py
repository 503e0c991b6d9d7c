"""`tidtam dead-letters`: records no service could use, why, and sending them again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tidtam import output, whereabouts
from tidtam.commands.worklists import age
from tidtam.services import Service, service, services_at
from tidtam.trouble import USAGE, Trouble

app = typer.Typer(no_args_is_help=True, help="Records no service could use: see why, send again.")

Of = Annotated[str, typer.Option("--service", help="intake, status or sla; default: all.")]
LetterId = Annotated[int, typer.Argument(help="The letter's id, from `tidtam dead-letters list`.")]


@app.command("list")
def list_(
    of: Of = "",
    reason: Annotated[str, typer.Option(help="Only of this reason.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Those sent again too.")] = False,
    as_json: output.AsJson = False,
) -> None:
    """
    List the dead letters, oldest first, with reason and age.

    [bold]Example[/bold]: tidtam dead-letters list --service status
    """
    asked = {"reason": reason} if reason else {}
    asked |= {"all": "1"} if all_ else {}
    letters = [
        {"service": one.name, **letter}
        for one in _services(of)
        for letter in one.get("/ops/dead-letters", **asked)["dead_letters"]
    ]
    if as_json:
        output.emit({"dead_letters": letters})
    elif not letters:
        output.show("There are no dead letters.")
    else:
        columns = ("service", "id", "reason", "subject", "age", "from", "detail")
        output.show_table(columns, [_row(letter) for letter in letters])
        output.say("Look: tidtam dead-letters show ID. Send again: tidtam dead-letters redrive ID")


@app.command()
def show(letter: LetterId, of: Of = "", as_json: output.AsJson = False) -> None:
    """
    Show one dead letter with all that came with it.

    [bold]Example[/bold]: tidtam dead-letters show 7 --service status
    """
    one, found = _find(letter, of)
    if as_json:
        output.emit({"service": one.name, **found})
        return
    output.show(f"service          {one.name}")
    for key, value in found.items():
        output.show(f"{key.replace('_', ' '):<16} {'–' if value is None else value}")


@app.command()
def redrive(letter: LetterId, of: Of = "", as_json: output.AsJson = False) -> None:
    """
    Send a dead letter to its topic again. Asked twice, it is sent once.

    Do it when what stood in its way is corrected: rules applied, or a new release.

    [bold]Example[/bold]: tidtam dead-letters redrive 7 --service status
    """
    one, _ = _find(letter, of)
    told = one.post(f"/ops/dead-letters/{letter}/redrive")
    if as_json:
        output.emit({"service": one.name, **told})
    elif told["already"]:
        output.show(f"Letter {letter} of {one.name} had been sent again before; nothing was done.")
    else:
        output.show(f"Letter {letter} of {one.name} is on its way again.")


def _services(of: str) -> list[Service]:
    at = whereabouts.find()
    names = services_at(at)
    if of and of not in names:
        raise Trouble(f"--service: {' or '.join(names)}, not {of!r}.", code=USAGE)
    return [service(name, at) for name in names if of in ("", name)]


def _find(letter: int, of: str) -> tuple[Service, dict[str, Any]]:
    """The service that holds the letter; ids are each service's own."""
    found = [
        (one, told)
        for one in _services(of)
        if (told := one.maybe(f"/ops/dead-letters/{letter}")) is not None
    ]
    if not found:
        raise Trouble(
            f"No dead letter has the id {letter}.", "See `tidtam dead-letters list --all`."
        )
    if len(found) > 1:
        raise Trouble(
            f"Several services have a letter {letter}.",
            f"Say which: --service {'|'.join(one.name for one, _ in found)}.",
            code=USAGE,
        )
    return found[0]


def _row(letter: dict[str, Any]) -> tuple[object, ...]:
    place = f"{letter['topic']}/{letter['record_partition']}/{letter['record_offset']}"
    how_old = age(letter["age_seconds"]) + (" (redriven)" if letter["redriven_at"] else "")
    subject = letter["subject"] or "–"
    what = (letter["service"], letter["id"], letter["reason"])
    return (*what, subject, how_old, place, letter["detail"])
