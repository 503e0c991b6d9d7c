"""`tidtam portal`: what an operator does to accounts of the pages: lost apps, and open sessions."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tidtam import output, whereabouts
from tidtam.services import PORTAL, service
from tidtam.trouble import USAGE, Trouble

app = typer.Typer(
    no_args_is_help=True, help="Accounts of the pages: lost authenticator apps, open sessions."
)

Why = Annotated[
    str, typer.Option("--reason", help="Why, and how you know who asks; it is kept for good.")
]


def add_to(whole: typer.Typer) -> None:
    """Add the commands to *whole*."""
    whole.add_typer(app, name="portal")


@app.command("forget-second-factor")
def forget_second_factor(
    person: Annotated[str, typer.Argument(help="The subject the identity provider gives them.")],
    reason: Why,
    as_json: output.AsJson = False,
) -> None:
    """
    Take the authenticator app of one of the staff away: it was lost, with its telephone.

    Make sure first that it is really they who ask, as when they got their account. Their sessions
    end at once, and their next sign-in sets up another app. What was done stands in the access log.

    [bold]Example[/bold]: tidtam portal forget-second-factor 7f3a-… --reason "telephone stolen, came
    with the staff card"
    """
    told = _told("/ops/second-factor/forget", {"person": person, "reason": reason})
    if as_json:
        output.emit(told)
        return
    output.show(f"The app is forgotten. Sessions ended: {told['sessions_ended']}.")


@app.command("end-sessions")
def end_sessions(
    reason: Why,
    staff: Annotated[str, typer.Option(help="The subject of one of the staff.")] = "",
    payee: Annotated[str, typer.Option(help="The id of a payee.")] = "",
    everyone: Annotated[str, typer.Option("--all", help="All of one kind: payee or staff.")] = "",
    as_json: output.AsJson = False,
) -> None:
    """
    End the open sessions of one person, or of all payees, or of all staff.

    [bold]Example[/bold]: tidtam portal end-sessions --staff 7f3a-… --reason "left the office"
    """
    named = [one for one in (staff, payee, everyone) if one]
    if len(named) != 1 or everyone not in ("", "payee", "staff"):
        raise Trouble("Name one of --staff SUBJECT, --payee ID, --all payee|staff.", code=USAGE)
    asked: dict[str, Any] = {"reason": reason, "kind": everyone or ("staff" if staff else "payee")}
    asked |= {"all": True} if everyone else {"person": staff or payee}
    told = _told("/ops/sessions/end", asked)
    if as_json:
        output.emit(told)
        return
    output.show(f"Sessions ended: {told['sessions_ended']}.")


def _told(path: str, asked: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = service(PORTAL, whereabouts.find()).post(path, asked)
    return told
