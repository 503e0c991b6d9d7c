"""`tidtam source`: who may publish, what they may say, and how far they have told everything."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer

from tidtam import output, registering, whereabouts
from tidtam.services import service
from tidtam.trouble import USAGE, Trouble
from tidtam.whereabouts import Whereabouts

app = typer.Typer(no_args_is_help=True, help="Sources: who may publish, and what they may say.")

Slug = Annotated[str, typer.Argument(help="The source's short name; its topic is inbound.SLUG.")]


@app.command()
def add(
    file: Annotated[
        Path | None, typer.Argument(help="A YAML file with one source or a list.")
    ] = None,
    slug: Annotated[str, typer.Option(help="Short name: a–z, 0–9, hyphens.")] = "",
    role: Annotated[str, typer.Option(help="unit, finance, bank, payee or officer.")] = "",
    name_th: Annotated[str, typer.Option(help="Name in Thai.")] = "",
    name_en: Annotated[str, typer.Option(help="Name in English.")] = "",
    contact: Annotated[str, typer.Option(help="Whom to call when it is silent.")] = "",
    unit: Annotated[str, typer.Option(help="The unit it speaks for.")] = "",
    issuer: Annotated[
        list[str] | None, typer.Option(help="Whose numbers it may use; * is any.")
    ] = None,
    fact: Annotated[
        list[str] | None, typer.Option(help="A fact it may say; default: its role's.")
    ] = None,
    process: Annotated[str, typer.Option(help="The process its facts belong to.")] = "disbursement",
    starts: Annotated[str, typer.Option(help="Its first day, 2026-01-31; default: today.")] = "",
    zone: Annotated[str, typer.Option(help="IANA zone of its dates.")] = whereabouts.ZONE,
    promise: Annotated[str, typer.Option(help='"live" or "daily by HH:MM".')] = "live",
    test: Annotated[bool, typer.Option(help="A test system, not a live one.")] = False,
    as_json: output.AsJson = False,
) -> None:
    """
    Register sources, or change those registered; their topics are made at once.

    [bold]Example[/bold]: tidtam source add sci-chem.yaml

    [bold]Example[/bold]: tidtam source add --slug sci-chem --role unit --unit sci-chem
    --name-th ภาควิชาเคมี --name-en Chemistry --contact "02 000 0000" --issuer sci-chem
    """
    at = whereabouts.find()
    if file is not None:
        wanted = registering.read_sources(file)
    else:
        said = {"slug": slug, "role": role, "name_th": name_th, "name_en": name_en}
        said |= {"contact": contact, "zone": zone, "promise": promise}
        facts = {process: fact or _facts_of(process, role)}
        more: dict[str, Any] = {"unit": unit or None, "test": test, "facts": facts}
        more |= {"issuers": issuer or ([unit] if unit else []), "starts_at": _start(starts, at)}
        wanted = [{**_complete(said), **more}]
    intake = service("intake", at)
    added = [registering.add_source(intake, one) for one in wanted]
    if as_json:
        output.emit({"sources": added})
        return
    for one in added:
        output.show(f"{one['source']}: version {one['version']}; topics {', '.join(one['topics'])}")
    output.say("Next: tidtam publish FILE --source SLUG, or tidtam source token SLUG for HTTP.")


@app.command("list")
def list_(as_json: output.AsJson = False) -> None:
    """
    List the sources with their counters, clock lead and completeness.

    [bold]Example[/bold]: tidtam source list
    """
    listed = registering.sources(service("intake", whereabouts.find()))
    if as_json:
        output.emit({"sources": listed})
        return
    columns = (
        "slug",
        "role",
        "name",
        "accepted",
        "resent",
        "rejected",
        "last event",
        "clock ahead",
    )
    output.show_table(columns, [_row(one) for one in listed])


@app.command()
def show(slug: Slug, as_json: output.AsJson = False) -> None:
    """
    Show all that is registered of a source.

    [bold]Example[/bold]: tidtam source show erp
    """
    one = registering.find_source(service("intake", whereabouts.find()), slug)
    if as_json:
        output.emit(one)
        return
    for key, value in one.items():
        if key == "facts":
            value = "; ".join(f"{name}: {', '.join(sorted(said))}" for name, said in value.items())
        told = ", ".join(map(str, value)) if isinstance(value, list) else value
        output.show(f"{key.replace('_', ' '):<15} {'–' if told in (None, '') else told}")


@app.command()
def token(slug: Slug, as_json: output.AsJson = False) -> None:
    """
    Make a token with which a source publishes over HTTP. It is shown once; only its hash is kept.

    [bold]Example[/bold]: TIDTAM_SOURCE_TOKEN=$(tidtam source token sci-chem)
    """
    intake = service("intake", whereabouts.find())
    found = registering.find_source(intake, slug)
    made = registering.make_token(intake, found["slug"])
    if as_json:
        output.emit({"source": found["source"], "token": made})
        return
    output.say("Keep this token; it is not shown again.")
    output.show(made)


@app.command()
def portal(
    token: Annotated[
        str, typer.Option(help="The token the portal has; default: TIDTAM_PORTAL_TOKEN.")
    ] = "",
    as_json: output.AsJson = False,
) -> None:
    """
    Register the portal, so that what people do on its pages is heard; again it changes nothing.

    Without a token one is made and shown: give it to the portal as TIDTAM_INTAKE_TOKEN.

    [bold]Example[/bold]: tidtam source portal
    """
    from tidtam.rules_files import processes

    at = whereabouts.find()
    intake, given = service("intake", at), token or at.get("PORTAL_TOKEN")
    applied = {one["name"] for one in intake.get("/ops/config")["processes"]}
    known = [one for one in processes().values() if one.name in applied]
    one = registering.add_source(intake, registering.portal_source(known))
    made = registering.make_token(intake, registering.PORTAL, given)
    if as_json:
        output.emit({"source": one["source"], "version": one["version"]})
        return
    output.show(f"{one['source']}: version {one['version']}.")
    if not given:
        output.say("Keep this token; it is not shown again.")
        output.show(made)


@app.command("drop-tokens")
def drop_tokens(slug: Slug, as_json: output.AsJson = False) -> None:
    """
    Make all tokens of a source worthless at once, such as after one was lost.

    [bold]Example[/bold]: tidtam source drop-tokens sci-chem && tidtam source token sci-chem
    """
    intake = service("intake", whereabouts.find())
    found = registering.find_source(intake, slug)
    dropped = registering.drop_tokens(intake, found["slug"])
    if as_json:
        output.emit({"source": found["source"], "dropped": dropped})
        return
    output.show(f"{dropped} tokens dropped; {slug} cannot publish over HTTP until it has another.")


def _complete(said: dict[str, str]) -> dict[str, str]:
    missing = [f"--{key.replace('_', '-')}" for key, value in said.items() if not value]
    if missing:
        raise Trouble(f"Name a FILE, or give {', '.join(missing)} too.", code=USAGE)
    return said


def _facts_of(process: str, role: str) -> list[str]:
    """All facts a role may say, by this checkout's process file."""
    from tidtam.rules_files import processes

    found = processes().get(process)
    if found is None:
        known = ", ".join(processes())
        raise Trouble(f"No process is called {process!r}; known are: {known}.", code=USAGE)
    return [name for name, fact in found.facts.items() if role in fact.roles]


def _start(said: str, at: Whereabouts) -> str:
    try:
        first = datetime.fromisoformat(said) if said else at.now().astimezone(at.zone)
    except ValueError:
        raise Trouble("--starts: write a date such as 2026-01-31.", code=USAGE) from None
    return datetime.combine(first.date(), time(), at.zone).isoformat()


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    lead = one["clock_lead_ms"]
    last = (one["last_event_at"] or "–")[:16].replace("T", " ")
    counts = (one["accepted"], one["resent"], one["rejected"])
    name = f"{one['name_th']} · {one['name_en']}" + (" (test)" if one["test"] else "")
    ahead = f"{lead / 1000:.1f} s" if lead is not None and lead > 0 else "–"
    return (one["slug"], one["role"], name, *counts, last, ahead)
