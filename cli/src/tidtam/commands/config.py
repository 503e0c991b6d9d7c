"""`tidtam config`: see what the rule files would change, and put them into force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidtam import output, whereabouts
from tidtam.services import NOTIFY, PORTAL, SLA, service, services_at
from tidtam.trouble import Trouble

if TYPE_CHECKING:
    from contracts.process_file import Problem

    from tidtam.rules_files import Rules
    from tidtam.whereabouts import Whereabouts

KINDS = {
    "processes": "process",
    "calendars": "calendar",
    "agreements": "agreement",
    "notices": "set of notices",
    "offices": "list of offices",
}
"""The kinds of rule files, each with the word for one of it; also the keys of a service's body."""

MANY = {"notices": "sets of notices", "offices": "lists of offices"}
OWN: Mapping[str, tuple[str, ...]] = {
    SLA: ("processes", "calendars", "agreements"),
    NOTIFY: ("processes", "calendars", "notices", "offices"),
    PORTAL: ("processes", "calendars", "agreements", "offices"),
}
"""The kinds a service owns a copy of; the others own processes alone."""

Versions = dict[str, dict[str, Any]]
"""By kind of rule: what is told of each by its name."""

app = typer.Typer(
    no_args_is_help=True, help="Rules: preview what the files would change, apply it."
)

Files = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Process, calendar, agreement, notice or office files.",
        show_default="contracts/{processes,calendars,agreements,notices,offices}/*.yaml",
    ),
]


@app.command()
def preview(
    files: Files = None,
    offline: Annotated[bool, typer.Option(help="Only judge the files; ask no service.")] = False,
    as_json: output.AsJson = False,
) -> None:
    """
    Judge rule files, each and together, and say which version would come into force where.

    Processes go to every service, calendars to sla, notify and portal, agreements to sla and
    portal, notice rules with their templates to notify, lists of offices to notify and portal.
    Nothing changes. A mistake is shown with file, line, JSON pointer, rule and remedy.

    [bold]Example[/bold]: tidtam config preview contracts/agreements/finance-9-days.yaml
    """
    rules, problems = _read(files)
    at = whereabouts.find()
    asked = () if offline or problems else services_at(at)
    plans = {name: _plan(name, rules, at) for name in asked}
    if as_json:
        told = [problem._asdict() for problem in problems]
        output.emit({"files": _files(rules), "problems": told, **_by_kind(plans, "services")})
    else:
        _show(rules, problems, plans)
        _say_what_waits(rules, at, bool(plans))
    if problems:
        raise typer.Exit(1)


@app.command()
def apply(files: Files = None, as_json: output.AsJson = False) -> None:
    """
    Put rule files into force in the services that own them; the same again change nothing.

    Each service takes all its files in one transaction: portal, notify and sla first, intake last.
    Cases keep the process of their first fact, clocks the agreement they started under; a new
    calendar counts for every clock, and verdicts that change are superseded.

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
        output.emit(_by_kind(applied, "applied"))
        return
    for name, word, rule, version in _rows(applied):
        said = "unchanged" if version is None else f"version {version} is in force"
        output.show(f"{name:<7} {word} {rule}: {said}")
    _say_what_waits(rules, whereabouts.find(), True)


def apply_rules(rules: Sequence[Rules]) -> dict[str, Versions]:
    """
    Apply *rules* where they belong; return by service the new versions, None where none is new.

    Raises `Trouble`. A service after the one that refuses has been asked nothing.
    """
    at = whereabouts.find()
    # From the end of the chain to its beginning: an event that intake lets in may already speak of
    # what is new, and whoever reads it next must know it.
    return {name: _put(name, rules, at) for name in reversed(services_at(at))}


def _put(name: str, rules: Sequence[Rules], at: Whereabouts) -> Versions:
    """Give the service *name* its share of *rules*; nothing is sent where it has none."""
    body = {
        kind: [dict(rule.body) for rule in rules if rule.kind.value == kind]
        for kind in _kinds_of(name)
    }
    if not any(body.values()):
        return {kind: {} for kind in body}
    applied = service(name, at).put("/ops/config", body)["applied"]
    return applied if name in OWN else {"processes": applied}


def _kinds_of(name: str) -> tuple[str, ...]:
    """The kinds of rules that the service *name* owns a copy of."""
    return OWN.get(name, ("processes",))


def _read(files: list[Path] | None) -> tuple[list[Rules], list[Problem]]:
    from tidtam.rules_files import default_files, read_rules

    return read_rules(files or default_files())


def _plan(name: str, rules: Sequence[Rules], at: Whereabouts) -> Versions:
    """By kind and name: the version in force in the service *name* and the one that would be."""
    told = service(name, at).get("/ops/config")
    return {kind: _plan_of(kind, told[kind], rules) for kind in _kinds_of(name)}


def _plan_of(kind: str, rows: list[dict[str, Any]], rules: Sequence[Rules]) -> dict[str, Any]:
    newest = {row["name"]: row for row in sorted(rows, key=lambda row: row["version"])}
    plan = {}
    for rule in rules:
        if rule.kind.value != kind:
            continue
        row = newest.get(rule.name, {"version": 0})
        same = row.get("sha256") == rule.sha256 if "sha256" in row else None
        after = row["version"] if same else row["version"] + 1
        plan[rule.name] = {"in_force": row["version"] or None, "would_be": after, "same": same}
    return plan


def _files(rules: Sequence[Rules]) -> list[dict[str, str]]:
    """The files for JSON; the word for its kind is the key of a file's name."""
    return [{"file": r.file, KINDS[r.kind.value]: r.name, "sha256": r.sha256} for r in rules]


def _by_kind(told: Mapping[str, Versions], processes_key: str) -> dict[str, Any]:
    """For JSON: each kind by service; the processes stand under *processes_key*."""
    return {
        processes_key if kind == "processes" else kind: {
            name: kinds[kind] for name, kinds in told.items() if kind in kinds
        }
        for kind in KINDS
    }


def _rows(told: Mapping[str, Versions]) -> Iterator[tuple[str, str, str, Any]]:
    """Service, kind in words, rule, and what is told of it; in the order of the chain."""
    for name in sorted(told, key=("intake", "status", SLA, NOTIFY, PORTAL).index):
        for kind in _kinds_of(name):
            for rule, said in told[name].get(kind, {}).items():
                yield name, KINDS[kind], rule, said


def _show(rules: Sequence[Rules], problems: list[Problem], plans: Mapping[str, Versions]) -> None:
    for problem in problems:
        output.say(
            f"{problem.file}:{problem.line}  {problem.pointer or '/'}  {problem.rule}", "red"
        )
        output.say(f"    {problem.remedy}")
    if problems:
        output.say(f"{len(problems)} to correct; nothing would be applied.", "bold")
        return
    judged = f"{len(rules)} file{'s' if len(rules) != 1 else ''} judged"
    output.show(f"{judged}: nothing to correct. {_counts(rules)}.")
    for name, word, rule, versions in _rows(plans):
        output.show(f"{name:<7} {word} {rule}: {_words(versions)}")


def _counts(rules: Sequence[Rules]) -> str:
    """How many of each kind: 1 process, 2 calendars, 3 agreements."""
    parts = []
    for kind, word in KINDS.items():
        count = sum(rule.kind.value == kind for rule in rules)
        parts.append(f"{count} {word if count == 1 else MANY.get(kind, kind)}")
    return ", ".join(parts)


def _say_what_waits(rules: Sequence[Rules], at: Whereabouts, asked: bool) -> None:
    """Say which files went nowhere, where no service is there to take them."""
    kinds = Counter(rule.kind.value for rule in rules)
    there = services_at(at)
    waits = (
        (SLA, kinds["calendars"] + kinds["agreements"], "calendars and agreements"),
        (NOTIFY, kinds["notices"] + kinds["offices"], "notice rules and lists of offices"),
    )
    for name, count, words in waits:
        if asked and count and name not in there:
            output.say(
                f"{count} {words} are only judged: no service {name} is set up here "
                f"(TIDTAM_{name.upper()}_URL).",
                "yellow",
            )


def _words(versions: Mapping[str, Any]) -> str:
    now, after = versions["in_force"], versions["would_be"]
    if versions["same"]:
        return f"version {now} is in force and says the same"
    if now is None:
        return f"version {after} would come into force, the first"
    unsure = "" if versions["same"] is False else ", unless it says the same"
    return f"version {now} is in force, version {after} would replace it{unsure}"
