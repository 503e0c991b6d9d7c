"""
`tidtam prove LOG --mapping FILE`: is the chain right on this log, in any order, through any crash?
"""

from __future__ import annotations

import json
import sys
from datetime import time
from pathlib import Path
from typing import Annotated

import typer
import yaml
from contracts.mapping import MappingFault, load_mapping
from contracts.plan import Plan
from contracts.planning import plan_log
from contracts.process import Process, Role
from contracts.process_file import ProcessFault, load_process
from contracts.rule_file import RuleFileFault
from contracts.xes import XesFault
from rich.console import Console

from tidtam.proving.cases import write_cases
from tidtam.proving.disturb import Disturbances
from tidtam.proving.rules import shipped_calendar
from tidtam.proving.run import Proof, prove

KILLABLE = ("intake", "status", "sla", "kafka", "postgres")
PROCESSES = Path(__file__).parents[3] / "contracts/processes"


Log = Annotated[Path, typer.Argument(help="An event log: XES, plain or gzip.")]
MappingFile = Annotated[Path, typer.Option(help="What its activities mean.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Cases = Annotated[Path | None, typer.Option(help="Write a row for each case to this CSV.")]
Seed = Annotated[int, typer.Option(help="Of all that is random.")]
Shuffle = Annotated[bool, typer.Option("--shuffle", help="Any order.")]
Duplicate = Annotated[
    float, typer.Option(min=0, max=1, help="Send this share twice.", metavar="SHARE")
]
Drop = Annotated[float, typer.Option(min=0, max=1, help="Never send this share.", metavar="SHARE")]
DatesOnly = Annotated[
    list[str] | None, typer.Option(metavar="ROLE", help="This role knows only dates.")
]
ClockLead = Annotated[
    list[str] | None,
    typer.Option(metavar="ROLE=SECONDS", help="This role's clock is ahead (negative: behind)."),
]
ErpAt = Annotated[
    str | None,
    typer.Option(metavar="HH:MM", help="Finance tells a day the next night, in random order."),
]
Kill = Annotated[
    list[str] | None,
    typer.Option(metavar="SERVICE:N", help=f"Kill -9 N times: {', '.join(KILLABLE)}."),
]
NoCompleteness = Annotated[
    bool,
    typer.Option("--no-completeness", help="Wait for no source's word before a breach is told."),
]


def prove_command(
    log: Log,
    mapping: MappingFile,
    as_json: AsJson = False,
    cases: Cases = None,
    seed: Seed = 1,
    shuffle: Shuffle = False,
    duplicate: Duplicate = 0.0,
    drop: Drop = 0.0,
    dates_only: DatesOnly = None,
    clock_lead: ClockLead = None,
    erp_at: ErpAt = None,
    kill: Kill = None,
    no_completeness: NoCompleteness = False,
) -> None:
    """
    Play LOG through the real chain on throw-away servers and say what came of it.

    Example: tidtam prove RequestForPayment.xes.gz --mapping RequestForPayment.yaml --shuffle

    Exit code 0 only when every event was answered and nothing is left in flight.
    """
    console = Console(stderr=True)
    how = Disturbances(
        seed=seed,
        shuffle=shuffle,
        duplicate=duplicate,
        drop=drop,
        dates_only=frozenset(_role(name) for name in dates_only or ()),
        clock_lead_seconds=dict(_lead(text) for text in clock_lead or ()),
        erp_at=None if erp_at is None else _time(erp_at),
        completeness=not no_completeness,
    )
    kills = dict(_kill(text) for text in kill or ())
    process, plan = _plan(log, mapping, console)
    proof = prove(plan, process, how, kills, log.name.split(".")[0], console)
    if cases is not None:
        write_cases(cases, plan, proof.answer, proof.verdicts)
    _tell(proof, as_json, console)
    if not proof.holds():
        console.print("[red]not everything was answered, or something is still in flight[/red]")
        raise typer.Exit(1)


def _plan(log: Path, mapping: Path, console: Console) -> tuple[Process, Plan]:
    """The process a mapping is for, and what the log has its sources say; exit 2 when it cannot."""
    try:
        process = _process(mapping)
        plan = plan_log(log, load_mapping(mapping, process), process)
        # Read here so that a calendar that is not there is said before anything starts.
        shipped_calendar(plan.calendar)
        return process, plan
    except (MappingFault, XesFault, ProcessFault, RuleFileFault, yaml.YAMLError, OSError) as error:
        console.print(f"[red]cannot prove {log.name}:[/red] {error}")
        raise typer.Exit(2) from None


def _tell(proof: Proof, as_json: bool, console: Console) -> None:
    """The kills on stderr; the result as one JSON object on stdout, or for people on stderr."""
    for one in proof.kills:
        console.print(f"killed {one['killed']}, back after {one['back_after_seconds']} s")
    if as_json:
        sys.stdout.write(json.dumps(proof.result) + "\n")
        return
    for name, value in proof.result.items():
        console.print(f"{name:>18}  {value}", highlight=False)


def _process(mapping: Path) -> Process:
    """The shipped process a mapping file names."""
    named = yaml.safe_load(mapping.read_text(encoding="utf-8"))
    name = named.get("process", "disbursement") if isinstance(named, dict) else "disbursement"
    return load_process(PROCESSES / f"{name}.yaml")


def _role(name: str) -> str:
    if name not in {role.value for role in Role}:
        raise typer.BadParameter(f"no role {name!r}; roles are {', '.join(r.value for r in Role)}")
    return name


def _lead(text: str) -> tuple[str, float]:
    role, _, seconds = text.partition("=")
    try:
        return _role(role), float(seconds)
    except ValueError:
        raise typer.BadParameter(f"write {text!r} as ROLE=SECONDS, such as finance=-3600") from None


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"write {text!r} as HH:MM, such as 02:00") from None


def _kill(text: str) -> tuple[str, int]:
    service, _, count = text.partition(":")
    if service not in KILLABLE or not count.isdigit():
        raise typer.BadParameter(f"write {text!r} as SERVICE:N; services: {', '.join(KILLABLE)}")
    return service, int(count)
