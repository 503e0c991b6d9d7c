"""`tidtam link` and `tidtam unlink`: an officer joins or parts two numbers, with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tidtam import output, whereabouts
from tidtam.trouble import USAGE, Trouble

if TYPE_CHECKING:
    from tidtam.linking import Side

Number = Annotated[str, typer.Argument(help="A joining number; SCHEME:NUMBER where it is several.")]
Why = Annotated[str, typer.Option("--reason", help="A reason's code, or a sentence.")]
Officer = Annotated[str, typer.Option("--as", help="The officer's source (slug).")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Process = Annotated[str, typer.Option(help="The process of both numbers.")]

MISSING = (
    "Register it: tidtam source add --slug officer --role officer --issuer '*'"
    " --name-th เจ้าหน้าที่ --name-en Officer --contact DESK"
)


def add_to(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    app.command()(link)
    app.command()(unlink)


def link(
    a: Number,
    b: Number,
    reason: Why,
    officer: Officer = "officer",
    yes: Yes = False,
    process: Process = "disbursement",
    as_json: output.AsJson = False,
) -> None:
    """
    Say that two numbers belong to one case. What changes is shown first, then asked.

    [bold]Example[/bold]: tidtam link 3600009912 3600000912 --reason entered-wrongly
    """
    _decide("linked", (a, b), reason, (officer, process), yes, as_json)


def unlink(
    a: Number,
    b: Number,
    reason: Why,
    officer: Officer = "officer",
    yes: Yes = False,
    process: Process = "disbursement",
    as_json: output.AsJson = False,
) -> None:
    """
    Say that two numbers do not belong to one case. What changes is shown first, then asked.

    [bold]Example[/bold]: tidtam unlink 3600009912 3600000912 --reason wrong-case
    """
    _decide("unlinked", (a, b), reason, (officer, process), yes, as_json)


def _decide(
    fact: str, said: tuple[str, str], reason: str, who: tuple[str, str], yes: bool, as_json: bool
) -> None:
    from tidtam.linking import decide, settled, side
    from tidtam.lookup import Desk
    from tidtam.registering import missing_slugs

    if as_json and not yes:
        raise Trouble("--json asks nothing: add --yes.", code=USAGE)
    at, (officer, process) = whereabouts.find(), who
    desk = Desk(at)
    if missing_slugs(desk.intake, [officer]):
        raise Trouble(f"No source is called {officer!r}.", MISSING)
    before = side(desk, said[0]), side(desk, said[1])
    if before[0].reference == before[1].reference:
        raise Trouble("Both are the same number.", code=USAGE)
    if not yes:
        _show_change(fact, before)
        typer.confirm("Say so?", abort=True, err=True)
    sent = decide(fact, before, reason, officer, at, process)
    after = settled(desk, before, sent)
    if as_json:
        numbers = [{"reference": one.reference, "cases": sorted(one.numbers)} for one in after]
        event = (sent.item.event or {})["id"]
        output.emit({"verdict": sent.verdict, "event": event, "now": numbers})
        return
    for one in after:
        output.show(f"{_name(one)} now on {_cases(one)}")


def _show_change(fact: str, sides: tuple[Side, Side]) -> None:
    for one in sides:
        output.say(f"{_name(one)} stands on {_cases(one)}")
        for case in one.cases:
            title = (case.get("stage_title") or {}).get("en", "no step yet")
            output.say(f"    {case['number']}  {title}  {case.get('title') or ''}")
    first, second = sides
    if fact == "unlinked":
        told = "They will stand on two cases, each with the events that name its number."
    elif first.numbers and first.numbers == second.numbers:
        told = "They stand on one case already; your word will keep them together."
    else:
        told = "They will be one case; the case that was first keeps its number."
    output.say(told, "bold")


def _name(one: Side) -> str:
    scheme, issuer, _, value = one.reference
    return f"{scheme} {value} ({issuer})"


def _cases(one: Side) -> str:
    return ", ".join(sorted(one.numbers)) or "no case: its facts wait"
