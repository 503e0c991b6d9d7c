"""`tidtam generate`: a month of an invented faculty or a year of an invented university."""

from __future__ import annotations

import json
import sys
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidtam import output, whereabouts
from tidtam.trouble import USAGE, Trouble
from tidtam.whereabouts import Whereabouts

if TYPE_CHECKING:
    from contracts.calendar import CalendarRules

    from tidtam.generating.month import Month
    from tidtam.generating.year import Year

generating = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode="rich",
    help="""
    Invent events as units, an ERP and a bank would send them: a month of a faculty (the default)
    or a year of a university. No person or firm in them exists.

    [bold]Example[/bold]: tidtam generate --seed 7 --out demo.ndjson

    [bold]Example[/bold]: tidtam generate year --seed 7 --out year.ndjson
    """,
)

Seed = Annotated[int, typer.Option(help="The same seed gives the same events.")]
Claims = Annotated[int, typer.Option(min=20, max=9000, help="How many claims.")]
Until = Annotated[str, typer.Option(help="It ends before this date.", show_default="today")]
Out = Annotated[Path | None, typer.Option(help="Write here; default: stdout.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    app.add_typer(generating, name="generate")


@generating.callback()
def generate(
    ctx: typer.Context,
    seed: Seed = 1,
    claims: Claims = 300,
    until: Until = "",
    out: Out = None,
    as_json: output.AsJson = False,
) -> None:
    """Invent a month unless another span is named."""
    if ctx.invoked_subcommand is None:
        _month(seed, claims, until, out, as_json)
        return
    sources = [ctx.get_parameter_source(name) for name in ctx.params]
    if any(source is not None and source.name != "DEFAULT" for source in sources):
        word = ctx.invoked_subcommand
        raise Trouble(f"Write the options behind `{word}`: tidtam generate {word} …", code=USAGE)


@generating.command()
def month(
    seed: Seed = 1,
    claims: Claims = 300,
    until: Until = "",
    out: Out = None,
    as_json: output.AsJson = False,
) -> None:
    """
    Invent a month of a science faculty, its ERP and bank, with all that goes wrong in a month.

    With --out FILE, its sources are written beside it as FILE.sources.yaml and the claims worth
    opening as FILE.manifest.json.

    [bold]Example[/bold]: tidtam generate month --seed 7 --out demo.ndjson

    then: tidtam source add demo.sources.yaml; tidtam publish demo.ndjson
    """
    _month(seed, claims, until, out, as_json)


@generating.command()
def year(
    seed: Seed = 1,
    claims: Annotated[
        int, typer.Option(min=20, max=500_000, help="How many claims; each 45 have 62 lines.")
    ] = 45_000,
    until: Until = "",
    calendar: Annotated[
        str, typer.Option(help="The calendar whose working days the offices keep.")
    ] = "thai-government",
    out: Out = None,
    as_json: output.AsJson = False,
) -> None:
    """
    Invent a year of a university: 45,000 claims with 62,000 lines, of 13 units and 8 kinds.

    It has the seasons of a Thai university: the end of the budget year in September and the thin
    weeks after it, semester starts, month ends, holidays. Papers come back, claims are taken back,
    paid in parts, bounce and are paid again. The ERP tells dates only, by night, and closes each
    night by count and hash. Finance pays about 85 of 100 claims within 9 of its working days.

    Events are written as they are made, in the order in which they would arrive; a summary follows.
    With --out FILE, the sources are written beside it as FILE.sources.yaml.

    [bold]Example[/bold]: tidtam generate year --seed 7 --out year.ndjson

    [bold]Example[/bold]: tidtam generate year --claims 1000 --until 2026-10-01 | head
    """
    from chassis.workdays import Calendar

    from tidtam.generating.writing import summary, write_year
    from tidtam.generating.year import Year

    rules = calendar_of(calendar)
    days = Calendar(rules.dates_off, rules.weekend)
    made = Year(seed, end(until, whereabouts.find()), claims, days)
    _say_what_is_guessed(rules, made)
    with output.progress() as bar:
        task = bar.add_task("inventing claims", total=claims)
        write_year(made, out, lambda more: bar.advance(task, more))
    if out is not None and as_json:
        output.emit({"out": str(out), **made.figures.told()})
        return
    for line in summary(made.figures):
        (output.say if out is None else output.show)(line)
    if out is not None:
        sources = out.with_suffix(".sources.yaml")
        output.say(f"Next: tidtam source add {sources}; tidtam publish {out}")


def _month(seed: int, claims: int, until: str, out: Path | None, as_json: bool) -> None:
    from tidtam.generating.month import generate_month

    made = generate_month(seed, end(until, whereabouts.find()), claims)
    if out is None:
        sys.stdout.writelines(lines(made))
        output.say(json.dumps(made.manifest, ensure_ascii=False))
        return
    write(made, out)
    if as_json:
        told = {"events": len(made.sent), "claims": claims, "manifest": made.manifest}
        output.emit({"out": str(out), **told})
        return
    output.show(f"{len(made.sent)} events of {claims} claims are in {out}.")
    for kind, claim in made.manifest.items():
        output.show(f"  {kind:<12} {claim['claim']}  {claim['shows']}")
    output.say(f"Next: tidtam source add {out.with_suffix('.sources.yaml')}; tidtam publish {out}")


def end(until: str, at: Whereabouts) -> datetime:
    """Return the local midnight at which it ends. Raises `Trouble`."""
    try:
        day = datetime.fromisoformat(until).date() if until else at.now().astimezone(at.zone).date()
    except ValueError:
        raise Trouble("--until: write a date such as 2026-11-21.", code=USAGE) from None
    return datetime.combine(day, time(), at.zone)


def lines(month: Month) -> list[str]:
    """Return the month's events as NDJSON lines, each with the slug of its sender."""
    return [
        json.dumps({"slug": slug, "event": event}, ensure_ascii=False) + "\n"
        for slug, event in month.sent
    ]


def write(month: Month, out: Path) -> None:
    """Write the events to *out*, and sources and manifest beside it."""
    import yaml

    sources = yaml.safe_dump(month.sources, allow_unicode=True, sort_keys=False)
    manifest = json.dumps(month.manifest, ensure_ascii=False, indent=1)
    out.write_text("".join(lines(month)), encoding="utf-8")
    out.with_suffix(".sources.yaml").write_text(sources, encoding="utf-8")
    out.with_suffix(".manifest.json").write_text(manifest + "\n", encoding="utf-8")


def calendar_of(name: str) -> CalendarRules:
    """Return the calendar *name* of this checkout. Raises `Trouble`."""
    from contracts.calendar_file import load_calendar
    from contracts.rule_file import RuleFileFault

    from tidtam.agreement_files import Kind
    from tidtam.rules_files import files_of

    files = {file.stem: file for file in files_of(Kind.CALENDAR)}
    if name not in files:
        raise Trouble(f"No calendar is called {name!r}.", f"Known: {', '.join(files)}.", code=USAGE)
    try:
        return load_calendar(files[name])
    except RuleFileFault as fault:
        raise Trouble(
            f"{files[name]} cannot be used: see `tidtam config preview`.", str(fault)
        ) from None


def _say_what_is_guessed(calendar: CalendarRules, year: Year) -> None:
    """Say so where the year reaches past what its calendar knows: no holidays are known there."""
    first, last = year.span()
    early = calendar.covers_from is not None and first < calendar.covers_from
    late = calendar.covers_until is not None and last > calendar.covers_until
    if early or late:
        output.say(
            f"{calendar.name} knows the days off from {calendar.covers_from} to"
            f" {calendar.covers_until}; outside, only weekends are off in this year.",
            "yellow",
        )
