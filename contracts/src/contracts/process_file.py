"""
Process files: from YAML to a `Process`, and to and from the JSON a database keeps.

The author of a process file meets `process_check.py` first; services only ever call `from_json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from contracts.process import (
    Contact,
    Fact,
    IdentityScheme,
    Process,
    Reason,
    Scheme,
    Stage,
    Words,
)
from contracts.process_check import LOADER, problems_in, validate_process
from contracts.process_model import ContactPart, FactPart, ProcessPart, StagePart, WordsPart
from contracts.rule_text import Problem
from contracts.schema import data_schemas

__all__ = ["Problem", "ProcessFault", "from_json", "load_process", "to_json", "validate_process"]


class ProcessFault(ValueError):
    """A process file that cannot be taken; `problems` says where and what to do."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load_process(source: str | Path | Mapping[str, Any], version: int = 0) -> Process:
    """
    Read a process from a YAML file, or from the mapping such a file holds.

    Raises `ProcessFault` naming every mistake, and OSError.
    """
    if isinstance(source, Mapping):
        document, problems = source, problems_in(source)
    else:
        text = Path(source).read_text(encoding="utf-8")
        problems = validate_process(text, str(source))
        document = {} if problems else yaml.load(text, Loader=LOADER)
    if problems:
        raise ProcessFault(problems)
    return _process(ProcessPart.model_validate(document), version)


def to_json(process: Process) -> dict[str, Any]:
    """Return *process* as plain JSON values; equal processes give equal values."""
    plain = _plain(process)
    assert isinstance(plain, dict)
    return plain


def from_json(document: Mapping[str, Any]) -> Process:
    """Return the process that `to_json` wrote. Raises pydantic's ValidationError."""
    return _adapter().validate_python(document)


@cache
def _adapter() -> TypeAdapter[Process]:
    return TypeAdapter(Process)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(_plain(part) for part in value)
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, str) else value


def _process(part: ProcessPart, version: int) -> Process:
    contacts = {code: _contact(contact) for code, contact in part.contacts.items()}
    return Process(
        name=part.name,
        title=_words(part.title),
        stages={code: _stage(code, stage, contacts) for code, stage in part.stages.items()},
        facts={name: _fact(name, fact) for name, fact in part.facts.items()},
        schemes={
            name: Scheme(
                name, _words(s.title), s.joins, s.pattern, s.scope, s.upper, s.related_process
            )
            for name, s in part.schemes.items()
        },
        identities={
            name: IdentityScheme(
                name, _words(i.title), i.identifies, i.pattern, i.check, i.issuer, i.same_as
            )
            for name, i in part.identities.items()
        },
        reasons={
            fact: {code: Reason(code, _words(words)) for code, words in reasons.items()}
            for fact, reasons in part.reasons.items()
        },
        minor_units=part.currencies,
        data_schema=data_schemas(part),
        version=version,
        currency=part.currency,
        papers={code: _words(words) for code, words in part.papers.items()},
        codes={
            name: {code: _words(words) for code, words in codes.items()}
            for name, codes in part.codes.items()
        },
    )


def _words(part: WordsPart) -> Words:
    return Words(part.th, part.en)


def _contact(part: ContactPart) -> Contact:
    hours = None if part.hours is None else _words(part.hours)
    return Contact(_words(part.desk), part.telephone, part.email, hours)


def _stage(code: str, part: StagePart, contacts: Mapping[str, Contact]) -> Stage:
    return Stage(
        code=code,
        title=_words(part.title),
        rank=part.rank,
        group=part.group,
        counts=part.counts,
        ends=part.ends,
        holder=part.holder,
        contact=contacts[part.contact],
        holder_by_reason=dict(part.holder_by_reason),
        left_by=frozenset(part.left_by),
        flags=dict(part.flags),
    )


def _fact(name: str, part: FactPart) -> Fact:
    return Fact(
        name=name,
        title=_words(part.title),
        roles=frozenset(role.value for role in part.roles),
        asserts=part.asserts,
        opens=part.opens,
        restores=part.restores,
        retracts=part.retracts,
        links=part.links,
        unlinks=part.unlinks,
        back_from=frozenset(part.back_from),
        lines=part.lines,
        reason_required="reason" in part.requires,
        about_case=part.about_case,
    )
