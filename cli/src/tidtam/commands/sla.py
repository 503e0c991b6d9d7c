"""`tidtam sla`: whose days a case took, how its promises stand, and how often they were kept."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from tidtam import output, whereabouts
from tidtam.services import SLA, Service, service
from tidtam.trouble import Trouble

if TYPE_CHECKING:
    from tidtam.lookup import Found

app = typer.Typer(
    no_args_is_help=True, help="Days and promises: one case's ledger, or how many were kept."
)


class Language(StrEnum):
    """The language of the labels; parties, states and titles are always shown in both."""

    TH = "th"
    EN = "en"


class By(StrEnum):
    """What the rows of an attainment are told apart by, besides month and clause."""

    MONTH = "month"
    UNIT = "unit"
    KIND = "kind"
    FUND = "fund"


@app.command()
def case(
    ref: Annotated[
        str, typer.Argument(help="A case number, a claim, receipt or ERP number, or a case id.")
    ],
    short: Annotated[
        bool, typer.Option("--short", help="One line for days in a row of one party.")
    ] = False,
    lang: Annotated[
        Language, typer.Option(help="Language of the labels.", envvar="TIDTAM_LANG")
    ] = Language.EN,
    as_json: output.AsJson = False,
) -> None:
    """
    Show whose each working day of a case was, and how each promise about it stands.

    The first day is free; every later working day is charged to one party: whoever held the case
    after all facts dated before that day. Then each clause: its state, the days used, when it is
    due, whose word is missing, and the verdicts told, also those taken back and why.

    [bold]Example[/bold]: tidtam sla case 4821-7735-6

    [bold]Example[/bold]: tidtam sla case CHEM70-0012 --short --lang th
    """
    from tidtam.lookup import Desk, not_found

    at = whereabouts.find()
    sla, desk = service(SLA, at), Desk(at, with_days=False)
    found = desk.find(ref)
    if not found.cases:
        raise not_found(desk, ref)
    if as_json:
        output.emit(_told(found, sla))
    elif len(found.cases) > 1:
        _list(found, lang)
    else:
        _show(found, sla, lang, short)


@app.command()
def attainment(
    agreement: Annotated[str, typer.Option(help="Only of this agreement.")] = "",
    clause: Annotated[str, typer.Option(help="Only this clause of it.")] = "",
    by: Annotated[By, typer.Option(help="Tell the rows apart by this too.")] = By.MONTH,
    as_json: output.AsJson = False,
) -> None:
    """
    Show how many clocks were met, by month, against the target.

    A clock counts once, in the local month in which it was met, missed or breached; void ones
    count in no month. P50, P85 and P95 are days used by the cases that got there. Of the running
    month "may miss" says how many more may be late before its target cannot be held, and a line
    below warns when that happens at the pace so far.

    [bold]Example[/bold]: tidtam sla attainment

    [bold]Example[/bold]: tidtam sla attainment --agreement finance-9-days --by unit
    """
    from tidtam.attainment_table import columns, rows_of, warnings_of

    sla = service(SLA, whereabouts.find())
    asked = {"agreement": agreement, "clause": clause}
    told = sla.get("/ops/attainment", by=by.value, **{k: v for k, v in asked.items() if v})
    if as_json:
        output.emit(told)
    elif told["rows"]:
        output.show_table(columns(by.value), rows_of(told["rows"], by.value))
        for warning in warnings_of(told["rows"]):
            output.show(warning, "yellow")
        output.say("Open one case: tidtam sla case REF")
    else:
        _say_nothing_counts(sla, agreement, clause)


def _say_nothing_counts(sla: Service, agreement: str, clause: str) -> None:
    """Say why no row is there: no agreement, or no clock yet. Raises `Trouble` on a wrong name."""
    names = sorted({row["name"] for row in sla.get("/ops/config")["agreements"]})
    if agreement and agreement not in names:
        raise Trouble(
            f"No agreement {agreement} is in force.",
            f"In force: {', '.join(names) or 'none'}. `tidtam config apply` puts files there.",
        )
    if not names:
        output.show("No agreement is in force yet, so no clock runs: tidtam config apply")
        return
    about = f" of clause {clause}" if clause else ""
    output.show(f"No clock{about} has started yet: it starts when a case enters its first stage.")


def _told(found: Found, sla: Service) -> dict[str, Any]:
    """The cases for JSON; `sla` is null where sla has not heard of a case."""
    cases = [
        {"case": one["case"], "number": one["number"], "sla": sla.maybe(_path(one))}
        for one in found.cases
    ]
    return {"cases": cases, "redirected_from": list(found.redirected_from)}


def _show(found: Found, sla: Service, lang: Language, short: bool) -> None:
    from tidtam.case_page import head
    from tidtam.sla_page import page
    from tidtam.words import Words

    (one,) = found.cases
    told = sla.maybe(_path(one))
    if told is None:
        raise Trouble(
            f"sla has not heard of case {one['number']} yet.",
            "It reads what status tells, a moment later; `make status` shows whether it runs.",
        )
    words = Words(lang, one["process"], ZoneInfo(told["zone"]))
    for text, style in (*head(one, words, found.redirected_from), *page(told, words, short)):
        output.show(text, style)


def _list(found: Found, lang: Language) -> None:
    from tidtam.case_page import summary
    from tidtam.words import Words

    output.show(f"{len(found.cases)} cases have this number:")
    words = Words(lang, found.cases[0]["process"], whereabouts.find().zone)
    columns = ("case", "step", "title", "amount", "numbers")
    output.show_table(columns, [summary(one, words) for one in found.cases])
    output.say(f"Open one: tidtam sla case {found.cases[0]['number']}")


def _path(one: dict[str, Any]) -> str:
    return f"/ops/cases/{one['case']}"
