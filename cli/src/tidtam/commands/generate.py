"""`tidtam generate`: a month of an invented faculty, as events ready to publish."""

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
    from tidtam.generating.month import Month


def add_to(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(generate)


def generate(
    seed: Annotated[int, typer.Option(help="The same seed gives the same month.")] = 1,
    claims: Annotated[int, typer.Option(min=20, max=9000, help="How many claims.")] = 300,
    until: Annotated[
        str, typer.Option(help="The month ends before this date.", show_default="today")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Write here; default: stdout.")] = None,
    as_json: output.AsJson = False,
) -> None:
    """
    Invent a month of a science faculty, its ERP and bank, with all that goes wrong in a month.

    With --out FILE, its sources are written beside it as FILE.sources.yaml and the claims worth
    opening as FILE.manifest.json. No person or firm in it exists.

    [bold]Example[/bold]: tidtam generate --seed 7 --out demo.ndjson

    then: tidtam source add demo.sources.yaml; tidtam publish demo.ndjson
    """
    from tidtam.generating.month import generate_month

    month = generate_month(seed, end(until, whereabouts.find()), claims)
    if out is None:
        sys.stdout.writelines(lines(month))
        output.say(json.dumps(month.manifest, ensure_ascii=False))
        return
    write(month, out)
    if as_json:
        told = {"events": len(month.sent), "claims": claims, "manifest": month.manifest}
        output.emit({"out": str(out), **told})
        return
    output.show(f"{len(month.sent)} events of {claims} claims are in {out}.")
    for kind, claim in month.manifest.items():
        output.show(f"  {kind:<12} {claim['claim']}  {claim['shows']}")
    output.say(f"Next: tidtam source add {out.with_suffix('.sources.yaml')}; tidtam publish {out}")


def end(until: str, at: Whereabouts) -> datetime:
    """Return the local midnight at which the month ends. Raises `Trouble`."""
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
