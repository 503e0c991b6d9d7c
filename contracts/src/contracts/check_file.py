"""
Judging a file of events offline: what `tidtam check` tells a source before it sends anything.

A source is taken at its word here: it may say every fact and use every issuer. What only the
registry knows (its start, its facts, its issuers) is judged by intake.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from contracts.canonical import sha256
from contracts.envelope import parse, split_lines
from contracts.events import Finding, Inbound, Rejected, SourceRules
from contracts.inbound import Judge
from contracts.process import Process, Role
from contracts.rules import finding

THAILAND = "Asia/Bangkok"


class Told(NamedTuple):
    """What is wrong (or, as a warning, odd) with the event that begins in line `line`."""

    line: int
    pointer: str
    rule: str
    remedy: str
    warning: bool


def check_file(
    path: Path, processes: Mapping[str, Process], now_us: int, zone: str = THAILAND
) -> Iterator[Told]:
    """
    Judge each event of the file at *path*: one event, a JSON array of them, or one a line.

    *zone* is the one the dates of date-only events are read in. Raises OSError.
    """
    checker = _Checker(Judge(processes), processes, now_us, zone)
    for line, raw in _events_in(path.read_bytes()):
        yield from checker.check(line, raw)


def _events_in(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The events of a file, each with its line: whole where it is one JSON value, else by line."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        yield from split_lines(raw)
        return
    if isinstance(document, list):
        yield from zip(_lines_of_items(raw), map(orjson.dumps, document), strict=True)
    else:
        yield _first_line(raw), raw.strip()


def _first_line(raw: bytes) -> int:
    return raw[: len(raw) - len(raw.lstrip())].count(b"\n") + 1


def _lines_of_items(raw: bytes) -> Iterator[int]:
    """The line each item of a (valid) JSON array begins in."""
    depth, in_text, escaped, line, awaited = 0, False, False, 1, False
    for byte in raw:
        letter = chr(byte)
        if letter == "\n":
            line += 1
        elif in_text:
            in_text = escaped or letter != '"'
            escaped = not escaped and letter == "\\"
        elif not letter.isspace():
            if awaited and letter not in "],":
                yield line
                awaited = False
            in_text = letter == '"'
            depth += (letter in "[{") - (letter in "]}")
            awaited = awaited or (depth == 1 and letter in "[,")


@dataclass(slots=True)
class _Checker:
    """Judges one file; remembers ids, since the same id twice must be the same event."""

    judge: Judge
    processes: Mapping[str, Process]
    now_us: int
    zone: str
    digests: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def check(self, line: int, raw: bytes) -> Iterator[Told]:
        """Yield all there is to tell of one event."""
        event = parse(raw)
        verdict: Inbound | Rejected
        if isinstance(event, Rejected):
            verdict = event
        else:
            verdict = self.judge.judge(event, sha256(raw), self._rules(event), self.now_us)
        if isinstance(verdict, Rejected):
            yield from (Told(line, *one, warning=False) for one in verdict.findings)
            return
        yield from (Told(line, *one, warning=True) for one in verdict.warnings)
        yield from (Told(line, *one, warning=False) for one in self._altered(verdict))

    def _altered(self, event: Inbound) -> Iterator[Finding]:
        first = self.digests.setdefault((event.source, event.id), event.digest)
        if first != event.digest:
            yield finding("/id", "altered-duplicate")

    def _rules(self, event: Mapping[str, Any]) -> SourceRules:
        """The rules of a source that may say everything, in the role this fact wants."""
        source = event.get("source")
        name = source if isinstance(source, str) and source else "source"
        facts = {code: frozenset(process.facts) for code, process in self.processes.items()}
        role = self._role(str(event.get("type")))
        return SourceRules(name, role, self.zone, frozenset({"*"}), facts, _ALWAYS, unit=name)

    def _role(self, type_: str) -> str:
        process, _, fact = type_.removeprefix("tidtam.").partition(".")
        known = self.processes.get(process)
        if known is None or fact not in known.facts:
            return Role.OFFICER.value
        roles = known.facts[fact].roles
        return Role.OFFICER.value if Role.OFFICER in roles else min(roles)


_ALWAYS = -(2**63)
