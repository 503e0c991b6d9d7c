"""The process files of this checkout: found, read, and compared with what the services apply."""

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
from contracts.process_file import Problem, ProcessFault, load_process, to_json, validate_process

from tidtam.trouble import USAGE, Trouble
from tidtam.whereabouts import find_upwards


@dataclass(frozen=True, slots=True)
class Rules:
    """A process file that holds; `sha256` (hex) is over its canonical JSON, as services keep it."""

    file: str
    name: str
    body: Mapping[str, Any]
    sha256: str


def default_files() -> list[Path]:
    """Return `contracts/processes/*.yaml` of this checkout. Raises `Trouble`."""
    contracts = find_upwards("contracts")
    here = contracts / "processes" if contracts else None
    if here is None or not here.is_dir():
        here = Path(__file__).parents[3] / "contracts" / "processes"
    files = sorted(here.glob("*.yaml"))
    if not files:
        raise Trouble(
            "There is no contracts/processes/*.yaml from here upwards.",
            "Run this in a checkout, or name the files.",
            code=USAGE,
        )
    return files


def read_rules(files: Sequence[Path]) -> tuple[list[Rules], list[Problem]]:
    """Read all *files*; the problems are those of each and those between them. Raises `Trouble`."""
    rules, problems = list[Rules](), list[Problem]()
    for file in files:
        text = read_text(file)
        found = validate_process(text, str(file))
        problems += found
        if not found:
            rules.append(_rules(file, text))
    return rules, problems + _across(rules)


def _rules(file: Path, text: str) -> Rules:
    body = to_json(load_process(yaml.safe_load(text)))
    return Rules(str(file), body["name"], body, canonical_sha256(body).hex())


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
    for file in default_files():
        try:
            process = load_process(file)
        except ProcessFault as fault:
            raise Trouble(
                f"{file} cannot be used: see `tidtam config preview`.", str(fault)
            ) from None
        found[process.name] = process
    return found
