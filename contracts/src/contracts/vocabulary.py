"""
A process made ready for judging: patterns compiled, words of its codes at hand, schemas per fact.

Made once for each version of a process; `Judge` keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from contracts.process import Fact, IdentityScheme, Process, Scheme
from contracts.schema import DataSchema


class Numbered(NamedTuple):
    """A reference scheme and its compiled pattern."""

    scheme: Scheme
    pattern: re.Pattern[str]


class Identified(NamedTuple):
    """An identity scheme and its compiled pattern."""

    scheme: IdentityScheme
    pattern: re.Pattern[str]


class SpokenFact(NamedTuple):
    """A fact, the schema of its data, and whether it must name a reference that joins."""

    fact: Fact
    schema: DataSchema
    needs_reference: bool


class Vocabulary:
    """All the words of one process."""

    __slots__ = (
        "codes",
        "facts",
        "fields",
        "home_currency",
        "identities",
        "joining_names",
        "minor_units",
        "name",
        "papers",
        "reasons",
        "schemes",
        "stages",
    )

    def __init__(self, process: Process) -> None:
        self.name = process.name
        self.facts = {name: _spoken(fact, process) for name, fact in process.facts.items()}
        self.schemes = {n: Numbered(s, re.compile(s.pattern)) for n, s in process.schemes.items()}
        self.identities = {
            n: Identified(s, re.compile(s.pattern)) for n, s in process.identities.items()
        }
        self.joining_names = sorted(n for n, s in process.schemes.items() if s.joins)
        self.minor_units: Mapping[str, int] = process.minor_units
        self.home_currency = process.currency
        self.codes = process.codes
        self.reasons = process.reasons
        self.papers = process.papers
        self.stages = process.stages
        self.fields = {
            field for schema in process.data_schema.values() for field in _properties(schema)
        }


def _spoken(fact: Fact, process: Process) -> SpokenFact:
    aside = fact.retracts or fact.links or fact.unlinks
    schema = DataSchema(process.data_schema[fact.name])
    return SpokenFact(fact, schema, fact.about_case and not aside)


def _properties(schema: Any) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = schema["properties"]
    return properties
