"""`tidtam config`: see what the rule files would change, and put them into force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidtam import output, whereabouts
from tidtam.services import SERVICES, service
from tidtam.trouble import Trouble

if TYPE_CHECKING:
    from contracts.process_file import Problem

    from tidtam.rules_files import Rules

app = typer.Typer(
    no_args_is_help=True, help="Rules: preview what the files would change, apply it."
)

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="Process files.", show_default="contracts/processes/*.yaml"),
]


@app.command()
def preview(
    files: Files = None,
    offline: Annotated[bool, typer.Option(help="Only judge the files; ask no service.")] = False,
    as_json: output.AsJson = False,
) -> None:
    """
    Judge rule files, each and together, and say which version would come into force where.

    Nothing changes. A mistake is shown with file, line, JSON pointer, rule and remedy.

    [bold]Example[/bold]: tidtam config preview contracts/processes/disbursement.yaml
    """
    rules, problems = _read(files)
    plans = {} if offline or problems else {name: _plan(name, rules) for name in SERVICES}
    if as_json:
        told = [problem._asdict() for problem in problems]
        files_read = [{"file": r.file, "process": r.name, "sha256": r.sha256} for r in rules]
        output.emit({"files": files_read, "problems": told, "services": plans})
    else:
        _show(rules, problems, plans)
    if problems:
        raise typer.Exit(1)


@app.command()
def apply(files: Files = None, as_json: output.AsJson = False) -> None:
    """
    Put rule files into force in status and in intake; the same rules again change nothing.

    Each service takes all files in one transaction. Cases keep the version of their first fact.

    [bold]Example[/bold]: tidtam config apply
    """
    rules, problems = _read(files)
    if problems:
        _show(rules, problems, {})
        raise Trouble(
            "Nothing was applied.", "Correct the files; `tidtam config preview` shows them."
        )
    applied = apply_rules(rules)
    if as_json:
        output.emit({"applied": applied})
        return
    for name in SERVICES:
        for process, version in applied[name].items():
            said = "unchanged" if version is None else f"version {version} is in force"
            output.show(f"{name:<7} {process}: {said}")


def apply_rules(rules: list[Rules]) -> dict[str, dict[str, int | None]]:
    """Apply *rules* and return the new versions by service; None where nothing changed."""
    at, body = whereabouts.find(), {"processes": [dict(rule.body) for rule in rules]}
    # Status first: intake's next event may already speak of what is new.
    return {
        name: service(name, at).put("/ops/config", body)["applied"] for name in reversed(SERVICES)
    }


def _read(files: list[Path] | None) -> tuple[list[Rules], list[Problem]]:
    from tidtam.rules_files import default_files, read_rules

    return read_rules(files or default_files())


def _plan(name: str, rules: list[Rules]) -> dict[str, dict[str, Any]]:
    """By process: the version in force in the service *name* and the one that would be."""
    rows = service(name, whereabouts.find()).get("/ops/config")["processes"]
    newest = {row["name"]: row for row in sorted(rows, key=lambda row: row["version"])}
    plan = {}
    for rule in rules:
        row = newest.get(rule.name, {"version": 0})
        same = row.get("sha256") == rule.sha256 if "sha256" in row else None
        after = row["version"] if same else row["version"] + 1
        plan[rule.name] = {"in_force": row["version"] or None, "would_be": after, "same": same}
    return plan


def _show(rules: list[Rules], problems: list[Problem], plans: dict[str, dict[str, Any]]) -> None:
    for problem in problems:
        output.say(
            f"{problem.file}:{problem.line}  {problem.pointer or '/'}  {problem.rule}", "red"
        )
        output.say(f"    {problem.remedy}")
    if problems:
        output.say(f"{len(problems)} to correct; nothing would be applied.", "bold")
        return
    output.show(f"{len(rules)} file{'s' if len(rules) != 1 else ''} judged: nothing to correct.")
    for name, plan in plans.items():
        for process, versions in plan.items():
            output.show(f"{name:<7} {process}: {_words(versions)}")


def _words(versions: dict[str, Any]) -> str:
    now, after = versions["in_force"], versions["would_be"]
    if versions["same"]:
        return f"version {now} is in force and says the same"
    if now is None:
        return f"version {after} would come into force, the first"
    unsure = "" if versions["same"] is False else ", unless it says the same"
    return f"version {now} is in force, version {after} would replace it{unsure}"
