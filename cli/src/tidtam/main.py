"""
The `tidtam` command: its commands put together, and the tour it prints when called alone.

Exit codes: 0 done, 1 the thing asked for is wrong or not there, 2 called wrongly, 3 not reachable.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import typer
from typer.core import TyperGroup

from tidtam import output
from tidtam.commands import (
    calendar,
    case,
    check,
    config,
    demo,
    generate,
    letters,
    links,
    notices,
    offices,
    portal,
    proposals,
    publish,
    replay,
    sla,
    sources,
    upkeep,
    webhooks,
    worklists,
)
from tidtam.trouble import Trouble

PROVE = "prove"
TOUR = """\
tidtam (ติดตาม, "to follow") follows every payment from the unit that asks for it
to the account that receives it.

Follow one case
  tidtam case 4821-7735-6           which step, how many days, whom to contact
  tidtam sla case 4821-7735-6       whose day each one was, and how its promises stand
Keep promises
  tidtam sla attainment             how many were met, by month
  tidtam calendar show              which days are off, who said so
  tidtam shadow PROPOSAL.yaml --since 2026-01-01
Tell people
  tidtam notices 4821-7735-6        who was told what of a case
  tidtam notices unreachable        who has no address, or was refused
  tidtam offices                    where units, desks and officers are reached
  tidtam webhook add URL --source sci-chem
Send events
  tidtam check claims.ndjson        would they be accepted? (offline)
  tidtam publish claims.ndjson --source sci-chem
  tidtam replay LOG.xes.gz --mapping LOG.yaml
Look after what is stuck
  tidtam unmatched                  facts that wait for a reference
  tidtam held                       joins an officer has to decide: tidtam link, tidtam unlink
  tidtam rejects                    what was refused, why, and what to change
  tidtam dead-letters list          records no service could use
  tidtam portal                     accounts of the pages: lost apps, open sessions
Set up
  tidtam config preview             then tidtam config apply
  tidtam source add SOURCE.yaml     then tidtam source token SLUG
  tidtam generate --out demo.ndjson a month of an invented faculty
Each command explains itself: tidtam publish --help. Every command takes --json.
Nothing runs yet? `make up` in a checkout starts everything and plays a demo."""


class Commands(TyperGroup):
    """The group that turns a `Trouble` into words on stderr and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, in the order of the help."""
        return [*super().list_commands(ctx), *([PROVE] if _has_prove() else [])]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; `prove` is loaded only when it is asked for, since it is heavy."""
        if cmd_name == PROVE and _has_prove():
            return _prove()
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: Any) -> object:
        """Run the command asked for."""
        try:
            return super().invoke(ctx)
        except Trouble as trouble:
            for place, line in enumerate(trouble.lines):
                output.say(line, "bold red" if place == 0 else None)
            raise typer.Exit(trouble.code) from None


app = typer.Typer(
    cls=Commands,
    help="Follow every payment: publish events, read cases, look after what is stuck.",
    invoke_without_command=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def tour(ctx: typer.Context) -> None:
    """Follow every payment: publish events, read cases, look after what is stuck."""
    if ctx.invoked_subcommand is None:
        output.show(TOUR)


def _has_prove() -> bool:
    return importlib.util.find_spec("tidtam.prove") is not None


def _prove() -> Any:
    from tidtam.prove import prove_command

    alone = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
    alone.command(PROVE)(prove_command)
    return typer.main.get_command(alone)


def _assemble() -> None:
    told = (case, notices, offices)
    for module in (*told, portal, publish, check, replay, worklists, links, upkeep, generate, demo):
        module.add_to(app)
    proposals.add_to(app, calendar.app, sla.app)
    app.add_typer(sla.app, name="sla")
    app.add_typer(calendar.app, name="calendar")
    app.add_typer(config.app, name="config")
    app.add_typer(sources.app, name="source")
    app.add_typer(webhooks.app, name="webhook")
    app.add_typer(letters.app, name="dead-letters")


_assemble()


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
