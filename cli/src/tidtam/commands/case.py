"""`tidtam case`: the three answers about one case, then all that is behind them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidtam import output, whereabouts

if TYPE_CHECKING:
    from tidtam.lookup import Found
    from tidtam.whereabouts import Whereabouts


class Language(StrEnum):
    """The language of the labels; a step's title is always shown in both."""

    TH = "th"
    EN = "en"


def add_to(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(case)


def case(
    ref: Annotated[
        str, typer.Argument(help="A case number, a claim, receipt or ERP number, or a case id.")
    ],
    lang: Annotated[
        Language, typer.Option(help="Language of the labels.", envvar="TIDTAM_LANG")
    ] = Language.EN,
    as_json: output.AsJson = False,
) -> None:
    """
    Answer which step a case is at, how many working days it has taken, and whom to contact.

    Then its timeline, contradictions, lines, references, and the link to its traces. A number of
    several cases lists them. Thai digits and spaces are welcome.

    [bold]Example[/bold]: tidtam case 4821-7735-6

    [bold]Example[/bold]: tidtam case CHEM70-0012 --lang th
    """
    from tidtam.lookup import Desk, not_found

    at = whereabouts.find()
    desk = Desk(at)
    found = desk.find(ref)
    if not found.cases:
        raise not_found(desk, ref)
    if as_json:
        output.emit(_told(found, at))
    elif len(found.cases) > 1:
        _list(found, lang, at)
    else:
        _show(found, lang, at)


def _told(found: Found, at: Whereabouts) -> dict[str, Any]:
    from tidtam.answers import answers
    from tidtam.case_page import trace_link

    now, zone, zipkin = at.now(), at.zone, at.get("ZIPKIN_URL")
    told = [
        {
            "answers": answers(one, now, zone),
            "case": one,
            "trace": trace_link(zipkin, one["case"]),
        }
        for one in found.cases
    ]
    return {"cases": told, "redirected_from": list(found.redirected_from)}


def _show(found: Found, lang: Language, at: Whereabouts) -> None:
    from tidtam.case_page import page, trace_link
    from tidtam.words import Words

    (one,) = found.cases
    words = Words(lang, one["process"], at.zone)
    trace = trace_link(at.get("ZIPKIN_URL"), one["case"])
    for text, style in page(one, words, at.now(), found.redirected_from, trace):
        output.show(text, style)


def _list(found: Found, lang: Language, at: Whereabouts) -> None:
    from tidtam.case_page import summary
    from tidtam.words import Words

    output.show(f"{len(found.cases)} cases have this number:")
    words = Words(lang, found.cases[0]["process"], at.zone)
    columns = ("case", "step", "title", "amount", "numbers")
    output.show_table(columns, [summary(one, words) for one in found.cases])
    output.say(f"Open one: tidtam case {found.cases[0]['number']}")
