"""`tidtam replay`: play an event log as its unit systems and ERP would have sent it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidtam import output, whereabouts
from tidtam.services import service
from tidtam.trouble import USAGE, Trouble

if TYPE_CHECKING:
    from contracts.plan import Plan


def add_to(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(replay)


def replay(
    log: Annotated[Path, typer.Argument(help="An XES log, plain or gzip.")],
    mapping: Annotated[Path, typer.Option(help="What its activities mean (YAML).")],
    speed: Annotated[
        float | None,
        typer.Option(min=0.001, help="So many times real time.", show_default="fastest"),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    """
    Play a log of payments over Kafka, each event from the source of its role.

    The log's sources are registered where they are missing. Playing it again changes nothing: every
    event has the id it had before.

    [bold]Example[/bold]: tidtam replay RequestForPayment.xes.gz
    --mapping contracts/mappings/RequestForPayment.yaml

    [bold]Example[/bold]: tidtam replay LOG.xes --mapping LOG.yaml --speed 86400   (a day a second)
    """
    from tidtam.replaying import play, register

    output.say(f"Reading {log.name} …")
    plan = planned(log, mapping)
    at = whereabouts.find()
    registered = register(service("intake", at), plan)
    with output.progress() as bar:
        task = bar.add_task("replaying", total=len(plan.events))
        seconds = play(plan, at, lambda count: bar.advance(task, count), speed)
    roles = Counter(one.role for one in plan.events)
    if as_json:
        told = {"log": plan.log, "cases": plan.cases, "published": len(plan.events)}
        told |= {"ignored": plan.ignored}
        output.emit(
            {**told, "by_role": roles, "registered": registered, "seconds": round(seconds, 3)}
        )
        return
    said = ", ".join(f"{count} by {role}" for role, count in roles.items())
    output.show(
        f"{len(plan.events)} events of {plan.cases} cases published in {seconds:.1f} s: {said}."
    )
    if plan.ignored:
        output.show(f"{plan.ignored} events match no activity of the mapping and were ignored.")
    if plan.events:
        output.say(f"Look at one: tidtam case '{plan.events[0].case}'")


def planned(log: Path, mapping: Path) -> Plan:
    """Read *log* by *mapping*. Raises `Trouble` saying what is wrong with either."""
    from contracts.mapping import MappingFault, load_mapping
    from contracts.planning import plan_log
    from contracts.xes import XesFault

    from tidtam.rules_files import processes

    try:
        known = processes()
        name = _process_of(mapping)
        if name not in known:
            raise Trouble(
                f"{mapping}: no process is called {name!r}.", f"Known: {', '.join(known)}."
            )
        return plan_log(log, load_mapping(mapping, known[name]), known[name])
    except OSError as error:
        raise Trouble(f"{error.filename or log}: {error.strerror or error}.", code=USAGE) from None
    except MappingFault as fault:
        raise Trouble(f"The mapping cannot be used:\n{fault}") from None
    except XesFault as fault:
        raise Trouble(f"{log}: {fault}") from None


def _process_of(mapping: Path) -> str:
    import yaml

    try:
        said = yaml.safe_load(mapping.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Trouble(f"{mapping}: not YAML: {error}") from None
    return str(said.get("process", "")) if isinstance(said, dict) else ""
