"""
A set of rules on its way into a service: read from JSON, as they are kept, and what is in force.

Each service takes some kinds and keeps them in a table of its own; `tidtam config` sends the same
set to all. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import orjson

from contracts import agreement_file, calendar_file, notice_file, office, process_file
from contracts.canonical import canonical_sha256

_KINDS: dict[str, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "processes": ("process", process_file.from_json, process_file.to_json),
    "calendars": ("calendar", calendar_file.from_json, calendar_file.to_json),
    "agreements": ("agreement", agreement_file.from_json, agreement_file.to_json),
    "notices": ("notices", notice_file.from_json, notice_file.to_json),
    "offices": ("offices", office.from_json, office.to_json),
}


class Rule(NamedTuple):
    """One rule of a set, without the version it was written with: a service gives its own."""

    plural: str
    kind: str
    name: str
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """As it is kept."""
        return orjson.dumps(self.body).decode()

    @property
    def sha256(self) -> bytes:
        """What tells one version from another."""
        return canonical_sha256(self.body)


class RuleSet:
    """The kinds of rules that one service takes, by the plural they have in the JSON."""

    def __init__(self, *plurals: str) -> None:
        self._kinds = {plural: _KINDS[plural] for plural in plurals}

    def read(self, raw: bytes) -> list[Rule]:
        """The rules in *raw*; other kinds are left aside. Raises ValueError with what is wrong."""
        try:
            told: dict[str, Any] = orjson.loads(raw)
            bodies = [
                (plural, kind, {**to_json(from_json(one)), "version": 0})
                for plural, (kind, from_json, to_json) in self._kinds.items()
                for one in told.get(plural, ())
            ]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a set of rules: {error}") from None
        return [Rule(plural, kind, body["name"], body) for plural, kind, body in bodies]

    def by_plural(self) -> dict[str, Any]:
        """An empty dict for each kind."""
        return {plural: {} for plural in self._kinds}

    def in_force(
        self, rows: Iterable[tuple[str, str, int, str]]
    ) -> dict[str, list[dict[str, Any]]]:
        """What is applied, from *rows* of kind, name, version and JSON."""
        told: dict[str, list[dict[str, Any]]] = {plural: [] for plural in self._kinds}
        plural_of = {kind: plural for plural, (kind, _, _) in self._kinds.items()}
        for kind, name, version, body in rows:
            sha256 = canonical_sha256(orjson.loads(body)).hex()
            told[plural_of[kind]].append({"name": name, "version": version, "sha256": sha256})
        return told
