"""The rule files of this checkout: found, read, and compared with what the services apply."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from contracts.canonical import canonical_sha256
from contracts.process import Process
from contracts.process_file import (
    Problem,
    ProcessFault,
    from_json,
    load_process,
    to_json,
    validate_process,
)

from tidtam.agreement_files import Kind, body_of, judge_alone, judge_together, kind_of
from tidtam.trouble import USAGE, Trouble
from tidtam.whereabouts import find_upwards


@dataclass(frozen=True, slots=True)
class Rules:
    """A rule file that holds; `sha256` (hex) is over its canonical JSON, as services keep it."""

    file: str
    name: str
    body: Mapping[str, Any]
    sha256: str
    kind: Kind = Kind.PROCESS


def default_files() -> list[Path]:
    """Return every rule file of this checkout, processes first. Raises `Trouble`."""
    others = (Kind.CALENDAR, Kind.AGREEMENT, Kind.NOTICES, Kind.OFFICES)
    return [*process_files(), *(file for kind in others for file in files_of(kind))]


def process_files() -> list[Path]:
    """Return `contracts/processes/*.yaml` of this checkout. Raises `Trouble`."""
    files = files_of(Kind.PROCESS)
    if not files:
        raise Trouble(
            "There is no contracts/processes/*.yaml from here upwards.",
            "Run this in a checkout, or name the files.",
            code=USAGE,
        )
    return files


def files_of(kind: Kind) -> list[Path]:
    """Return the rule files of one kind in this checkout, by name."""
    contracts = find_upwards("contracts")
    here = contracts / kind.value if contracts else None
    if here is None or not here.is_dir():
        here = Path(__file__).parents[3] / "contracts" / kind.value
    return sorted(here.glob("*.yaml"))


def read_rules(files: Sequence[Path]) -> tuple[list[Rules], list[Problem]]:
    """
    Read all *files*; the problems are those of each and those between them. Raises `Trouble`.

    All but processes are judged beside this checkout's rules, so that one file alone finds what it
    names; a file given takes the place of the one of its name.
    """
    rules, problems, others = list[Rules](), list[Problem](), list[tuple[Path, str]]()
    for file in files:
        text = read_text(file)
        kind = kind_of(text)
        found = validate_process(text, str(file)) if kind is Kind.PROCESS else None
        found = judge_alone(file, text) if found is None else found
        others += [] if kind is Kind.PROCESS else [(file, text)]
        rules += [] if found else [_rules(file, text, kind)]
        problems += found
    problems += _across([one for one in rules if one.kind is Kind.PROCESS])
    if others and not problems:
        problems = _together(rules, others)
    return rules, problems


def _rules(file: Path, text: str, kind: Kind) -> Rules:
    if kind is Kind.PROCESS:
        body = to_json(load_process(yaml.safe_load(text)))
    else:
        body = body_of(file, text)
    return Rules(str(file), body["name"], body, canonical_sha256(body).hex(), kind)


def _together(rules: Sequence[Rules], others: Sequence[tuple[Path, str]]) -> list[Problem]:
    """What is wrong between the files given, and between them and the rest of this checkout."""
    given = {one.name: from_json(one.body) for one in rules if one.kind is Kind.PROCESS}
    own = [file for kind in Kind if kind is not Kind.PROCESS for file in files_of(kind)]
    known = {file.resolve() for file, _ in others}
    beside = [(file, read_text(file)) for file in own if file.resolve() not in known]
    told = judge_together({**processes(), **given}.values(), others, beside)
    return [problem for problem in told if problem.file in {str(file) for file, _ in others}]


def _across(rules: Sequence[Rules]) -> list[Problem]:
    """What only shows when all files lie side by side."""
    first: dict[str, str] = {}
    problems = []
    for one in rules:
        if one.name in first:
            remedy = f"{first[one.name]} has this name already; name each process once."
            problems.append(
                Problem(one.file, line_of(one.file, "name"), "/name", "name-taken", remedy)
            )
        first.setdefault(one.name, one.file)
    for one in rules:
        for scheme, said in one.body["schemes"].items():
            related = said.get("related_process")
            if related and related not in first:
                pointer = f"/schemes/{scheme}/related_process"
                remedy = f"Name one of the processes given: {', '.join(sorted(first))}."
                at = line_of(one.file, "related_process")
                problems.append(Problem(one.file, at, pointer, "process-unknown", remedy))
    return problems


def line_of(file: str, key: str) -> int:
    """Return the first line of *file* that has *key*; 1 where none does."""
    for number, line in enumerate(Path(file).read_text(encoding="utf-8").splitlines(), 1):
        if re.match(rf"(.*[\s{{,])?{re.escape(key)}\s*:", line):
            return number
    return 1


def read_text(file: Path) -> str:
    """Return the text of *file*. Raises `Trouble`."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise Trouble(f"{file}: {error.strerror}.", code=USAGE) from None
    except UnicodeDecodeError:
        raise Trouble(f"{file}: not UTF-8 text.") from None


@cache
def processes() -> dict[str, Process]:
    """Return this checkout's processes by name. Raises `Trouble`."""
    found = {}
    for file in process_files():
        try:
            process = load_process(file)
        except ProcessFault as fault:
            raise Trouble(
                f"{file} cannot be used: see `tidtam config preview`.", str(fault)
            ) from None
        found[process.name] = process
    return found
