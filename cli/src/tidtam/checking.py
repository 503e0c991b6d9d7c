"""
Judging events offline, with the judge intake itself uses and this checkout's process files.

Without a source's registration every source may say every fact; with one, its own rules hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.canonical import sha256
from contracts.envelope import parse
from contracts.events import Finding, Inbound, Rejected, SourceRules
from contracts.inbound import Judge
from contracts.instants import microseconds
from contracts.process import Process
from contracts.rules import finding

from tidtam.events_file import Item
from tidtam.whereabouts import ZONE


@dataclass(frozen=True, slots=True)
class Told:
    """One finding about one event of the file; a warning refuses nothing."""

    line: int
    id: str | None
    pointer: str
    rule: str
    remedy: str
    warning: bool


class Checker:
    """Judges the events of one file; it remembers ids, so that altered duplicates show."""

    def __init__(
        self,
        processes: Mapping[str, Process],
        now: datetime,
        sources: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self._judge = Judge(processes)
        self._processes = processes
        self._now_us = microseconds(now)
        self._rules = {one.source: one for one in map(_registered, sources)}
        self._seen: dict[tuple[str, str], bytes] = {}

    def check(self, item: Item) -> list[Told]:
        """Return what there is to say about *item*; nothing when it would be accepted."""
        parsed = parse(item.raw)
        if isinstance(parsed, Rejected):
            return [_told(item, found) for found in parsed.findings]
        judged = self._judge.judge(parsed, sha256(item.raw), self._rules_for(parsed), self._now_us)
        if isinstance(judged, Rejected):
            return [_told(item, found) for found in judged.findings]
        told = [_told(item, found, warning=True) for found in judged.warnings]
        if self._is_altered(judged):
            told.append(_told(item, finding("/id", "altered-duplicate")))
        return told

    def _is_altered(self, event: Inbound) -> bool:
        first = self._seen.setdefault((event.source, event.id), event.digest)
        return first != event.digest

    def _rules_for(self, event: Mapping[str, Any]) -> SourceRules | None:
        name = event.get("source")
        if self._rules or not isinstance(name, str) or not name:
            return self._rules.get(str(name)) if self._rules else self._anyone("", event)
        return self._anyone(name, event)

    def _anyone(self, name: str, event: Mapping[str, Any]) -> SourceRules:
        """A source that may say everything, in a role that may say this fact."""
        said = str(event.get("type", "")).split(".")
        process = self._processes.get(said[1]) if len(said) == 3 else None
        fact = process.facts.get(said[2]) if process is not None else None
        role = min(fact.roles) if fact is not None else "officer"
        facts = {key: frozenset(one.facts) for key, one in self._processes.items()}
        return SourceRules(name, role, ZONE, frozenset("*"), facts, 0, unit=name or None)


def _registered(source: Mapping[str, Any]) -> SourceRules:
    starts = datetime.fromisoformat(str(source["starts_at"]))
    starts = starts if starts.tzinfo is not None else starts.replace(tzinfo=UTC)
    return SourceRules(
        source.get("source", source["slug"]),
        source["role"],
        source.get("zone", ZONE),
        frozenset(source.get("issuers", ())),
        {name: frozenset(said) for name, said in source["facts"].items()},
        microseconds(starts),
        source.get("unit"),
    )


def _told(item: Item, found: Finding, warning: bool = False) -> Told:
    said = (item.event or {}).get("id")
    name = said if isinstance(said, str) else None
    return Told(item.line, name, found.pointer, found.rule, found.remedy, warning)
