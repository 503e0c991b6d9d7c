"""What a rule would change before it is in force: `tidtam shadow`, `tidtam calendar preview`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from tidtam import output, whereabouts
from tidtam.services import SLA, Service, service
from tidtam.trouble import USAGE, Trouble

SHOWN_MAX = 20
AgreementFile = Annotated[Path, typer.Argument(help="An agreement file, applied or not.")]
CalendarFile = Annotated[Path, typer.Argument(help="A calendar file of a calendar in force.")]
Month = Annotated[str, typer.Argument(help="A month that is over, as 2026-01.")]


def add_to(app: typer.Typer, calendar: typer.Typer, sla: typer.Typer) -> None:
    """Put these commands where people look for them."""
    app.command()(shadow)
    calendar.command("preview")(preview)
    sla.command("close")(close)


def shadow(
    agreement: AgreementFile,
    since: Annotated[str, typer.Option(help="Clocks that began on this date or later.")],
    as_json: output.AsJson = False,
) -> None:
    """
    Say how a proposed agreement would have been kept. Nothing is stored, nobody is told.

    Every case is judged anew as if the file had been in force, by the calendar now in force.

    [bold]Example[/bold]: tidtam shadow proposal.yaml --since 2026-01-01
    """
    body = {"agreement": _body(agreement, "agreement"), "since": _day(since)}
    told = _sla().post("/ops/shadow", body, patient=True)
    if as_json:
        output.emit(told)
    elif not told["clauses"]:
        output.show(f"None of {told['cases']} cases has a clock that began since {since}.")
    else:
        output.show_table(_SHADOW, [[row[name] for name in _SHADOW] for row in told["clauses"]])
        output.say(f"{told['cases']} cases judged; nothing was stored or told.")


def preview(calendar: CalendarFile, as_json: output.AsJson = False) -> None:
    """
    Say what a calendar file would move: due dates, verdicts, and what was told and is wrong then.

    `tidtam config apply` does exactly that. Nothing changes before.

    [bold]Example[/bold]: tidtam calendar preview contracts/calendars/thai-government.yaml
    """
    body = {"calendar": _body(calendar, "calendar")}
    told = _sla().post("/ops/calendar-preview", body, patient=True)
    if as_json:
        output.emit(told)
        return
    counts = told["counts"]
    if not any(counts.values()):
        output.show(f"Nothing moves: {told['cases']} cases judged.")
        return
    _list("due dates move", ("case", "clause", "from", "to"), told["deadlines"], counts)
    _list("verdicts change", ("case", "clause", "from", "to"), told["verdicts"], counts)
    _list("things told are taken back", ("case", "clause", "of"), told["corrections"], counts)
    output.say("Apply it: tidtam config apply")


def close(month: Month, as_json: output.AsJson = False) -> None:
    """
    Publish the figures of a month that is over. They stay, beside what late facts make of them.

    [bold]Example[/bold]: tidtam sla close 2026-01
    """
    told = _sla().post(f"/ops/months/{month}")
    if as_json:
        output.emit(told)
    elif told["published"]:
        output.show_table(
            ("clause", "counted", "met"),
            [(row["clause"], row["n"], row["met"]) for row in told["published"]],
        )
    else:
        output.show(f"{month}: nothing new to publish.")


_SHADOW = (
    "clause",
    "met",
    "missed",
    "breached",
    "open",
    "void",
    "met_percent",
    "p50",
    "p85",
    "p95",
)
_NAMES = {
    "due dates move": "deadlines",
    "verdicts change": "verdicts",
    "things told are taken back": "corrections",
}


def _list(
    title: str, columns: tuple[str, ...], rows: list[dict[str, Any]], counts: dict[str, int]
) -> None:
    count = counts[_NAMES[title]]
    output.show(f"{count} {title}", "bold")
    if rows:
        shown = rows[:SHOWN_MAX]
        output.show_table(columns, [[row[name] for name in columns] for row in shown])
        if count > len(shown):
            output.say(f"… and {count - len(shown)} more: --json lists up to 1000.")


def _body(file: Path, kind: str) -> dict[str, Any]:
    """A rule file that is right alone, as services take it. Raises `Trouble`."""
    from tidtam.agreement_files import Kind, body_of, judge_alone, kind_of
    from tidtam.rules_files import read_text

    text = read_text(file)
    wanted = {"agreement": Kind.AGREEMENT, "calendar": Kind.CALENDAR}[kind]
    if kind_of(text) is not wanted:
        raise Trouble(f"{file} is no {kind} file.", code=USAGE)
    problems = judge_alone(file, text)
    if problems:
        raise Trouble(f"{file} cannot be used.", *map(str, problems))
    return body_of(file, text)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Trouble(f"--since: a date as 2026-01-31, not {text!r}.", code=USAGE) from None


def _sla() -> Service:
    return service(SLA, whereabouts.find())
