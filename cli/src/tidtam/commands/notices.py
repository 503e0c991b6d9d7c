"""`tidtam notices`: who was told what of a case, what is held, who cannot be reached."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tidtam import output, whereabouts
from tidtam.services import NOTIFY, Service, service
from tidtam.trouble import Trouble
from tidtam.whereabouts import Whereabouts

OF_CASE = "case"

Rule = Annotated[str, typer.Option(help="Only notices of this rule.")]
Notices = Annotated[list[str] | None, typer.Option("--notice", help="Only this notice (its id).")]
Everything = Annotated[bool, typer.Option("--all", help="All that is held.")]


class OrCase(TyperGroup):
    """`tidtam notices REF`: a word that is no command is the number of a case."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, or the one that shows a case."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            args = [OF_CASE, *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=OrCase,
    no_args_is_help=True,
    help="Notices of a case (tidtam notices REF), those held back, those nobody could be told.",
)
notice = typer.Typer(no_args_is_help=True, help="Look at the words of a notice before they go.")


def add_to(whole: typer.Typer) -> None:
    """Add the commands to *whole*."""
    whole.add_typer(app, name="notices")
    whole.add_typer(notice, name="notice")


@app.command(OF_CASE)
def of_case(
    ref: Annotated[str, typer.Argument(help="A case number, a claim number, or a case id.")],
    as_json: output.AsJson = False,
) -> None:
    """
    Show who was told what of a case, over which channel, and what became of it.

    What was recorded and not sent is there too, with its reason. No address is shown.

    The word may be left out: tidtam notices 4821-7735-6

    [bold]Example[/bold]: tidtam notices case 4821-7735-6
    """
    at = whereabouts.find()
    told = service(NOTIFY, at).get(f"/ops/cases/{_case(ref, at)}/notices")
    if as_json:
        output.emit(told)
    elif not told["notices"]:
        output.show("Nobody was told anything of this case.")
    else:
        columns = ("happened", "rule", "to", "channel", "state", "told", "")
        output.show_table(columns, [_row(one) for one in told["notices"]])


@app.command()
def held(as_json: output.AsJson = False) -> None:
    """
    List what is held because more was asked for in an hour than is usual.

    [bold]Example[/bold]: tidtam notices held
    """
    rows = service(NOTIFY, whereabouts.find()).get("/ops/held")["held"]
    if as_json:
        output.emit({"held": rows})
    elif not rows:
        output.show("No notice is held.")
    else:
        columns = ("hour (UTC)", "rule", "channel", "notices")
        output.show_table(
            columns, [(r["hour"][:16], r["rule"], r["channel"], r["notices"]) for r in rows]
        )
        output.say("Send them: tidtam notices release --rule RULE; never: tidtam notices drop")


@app.command()
def release(
    rule: Rule = "",
    notices: Notices = None,
    everything: Everything = False,
    as_json: output.AsJson = False,
) -> None:
    """
    Send what is held, from now on in the recipients' own hours.

    [bold]Example[/bold]: tidtam notices release --rule paid
    """
    _decide("release", "released", rule, notices, everything, as_json)


@app.command()
def drop(
    rule: Rule = "",
    notices: Notices = None,
    everything: Everything = False,
    as_json: output.AsJson = False,
) -> None:
    """
    Never send what is held. It stays on record as dropped.

    [bold]Example[/bold]: tidtam notices drop --rule late
    """
    _decide("drop", "dropped", rule, notices, everything, as_json)


@app.command()
def unreachable(as_json: output.AsJson = False) -> None:
    """
    List who could not be told for want of an address, and what a server refused; newest first.

    [bold]Example[/bold]: tidtam notices unreachable
    """
    rows = service(NOTIFY, whereabouts.find()).get("/ops/unreachable")["unreachable"]
    if as_json:
        output.emit({"unreachable": rows})
    elif not rows:
        output.show("Everybody was reached.")
    else:
        columns = ("recipient", "rule", "case", "channel", "why")
        output.show_table(columns, [_unreached(row) for row in rows])


@app.command("contact-changes")
def contact_changes(as_json: output.AsJson = False) -> None:
    """
    List the letters to addresses that payees have left, newest first. No address is shown.

    [bold]Example[/bold]: tidtam notices contact-changes
    """
    rows = service(NOTIFY, whereabouts.find()).get("/ops/contact-changes")["contact_changes"]
    if as_json:
        output.emit({"contact_changes": rows})
    elif not rows:
        output.show("No payee has left an address.")
    else:
        columns = ("changed", "payee", "channel", "state", "told", "why not")
        output.show_table(columns, [_changed(row) for row in rows])


@notice.command()
def preview(
    rule: Annotated[str, typer.Argument(help="The name of a notice rule, such as paid.")],
    case: Annotated[str, typer.Option("--case", help="A case number, or a claim number.")],
    lang: Annotated[str, typer.Option(help="th or en.")] = "th",
    html: Annotated[Path | None, typer.Option(help="Write the HTML into this file.")] = None,
    as_json: output.AsJson = False,
) -> None:
    """
    Show what a rule in force would say of a case as it stands now. Nothing is sent.

    [bold]Example[/bold]: tidtam notice preview paid --case 4821-7735-6 --lang en
    """
    at = whereabouts.find()
    asked = {"rule": rule, "case": _case(case, at), "language": lang}
    told = service(NOTIFY, at).get("/ops/preview", **asked)
    if html is not None:
        html.write_text(told["html"], encoding="utf-8")
    if as_json:
        output.emit(told)
        return
    output.show(told["subject"], "bold")
    output.show()
    output.show(told["text"].rstrip())
    if told["reason"]:
        output.say(f"It would be recorded and not sent: {told['reason']}.", "yellow")


def _case(ref: str, at: Whereabouts) -> str:
    """The id of the one case *ref* leads to. Raises `Trouble`."""
    from tidtam.lookup import Desk, not_found

    desk = Desk(at, with_days=False)
    found = desk.find(ref).cases
    if not found:
        raise not_found(desk, ref)
    if len(found) > 1:
        numbers = ", ".join(case["number"] for case in found)
        raise Trouble(f"{ref} leads to {len(found)} cases: {numbers}.", "Name one of them.")
    return str(found[0]["case"])


def _decide(
    what: str, done: str, rule: str, notices: list[str] | None, everything: bool, as_json: bool
) -> None:
    body: dict[str, Any] = {}
    if rule:
        body["rule"] = rule
    if notices:
        body["notices"] = notices
    if everything and not body:
        body["all"] = True
    if not body:
        raise Trouble(f"Say what to {what}: --rule RULE, --notice ID, or --all.")
    told = _notify().post(f"/ops/held/{what}", body)
    if as_json:
        output.emit(told)
    else:
        output.show(f"{told[done]} notices {done}.")


def _notify() -> Service:
    return service(NOTIFY, whereabouts.find())


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    corrects = "corrects an earlier one" if told["corrects"] else ""
    why = told["reason"] or told["failure"] or corrects
    return (
        told["at"][:16].replace("T", " "),
        told["rule"],
        f"{told['recipient']['kind']} {told['recipient']['id']}",
        told["channel"],
        told["state"],
        (told["told_at"] or "")[:16].replace("T", " "),
        why,
    )


def _changed(row: dict[str, Any]) -> tuple[str, ...]:
    when = [(row[name] or "")[:16].replace("T", " ") for name in ("said_at", "told_at")]
    why = row["reason"] or row["failure"] or ""
    return when[0], row["payee"], row["channel"], row["state"], when[1], why


def _unreached(row: dict[str, Any]) -> tuple[str, ...]:
    who = f"{row['recipient_kind']} {row['recipient_id']}"
    why = row["failure"] or "no address"
    return who, row["rule"], str(row["case"]), row["channel"], why
