"""
Agreement files: from YAML to an `Agreement`, and to and from the JSON a database keeps.

The author of an agreement meets `agreement_check.py` and `agreement_across.py` first; services
only ever call `from_json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from contracts.agreement import Agreement, SignOff
from contracts.agreement_across import validate_across
from contracts.agreement_check import clause_of, mistakes_in, problems_in, validate_agreement
from contracts.agreement_model import AgreementPart
from contracts.process import Words
from contracts.rule_file import RuleFileFault, Written, read_text, to_plain

__all__ = [
    "from_json",
    "load_agreement",
    "read_agreement",
    "to_json",
    "validate_across",
    "validate_agreement",
]


def load_agreement(source: str | Path | Mapping[str, Any], version: int = 0) -> Agreement:
    """
    Read an agreement from a YAML file, or from the mapping such a file holds.

    Raises `RuleFileFault` naming every mistake that the file shows alone, and OSError.
    """
    if not isinstance(source, Mapping):
        text = Path(source).read_text(encoding="utf-8")
        return read_agreement(text, str(source), version).value
    problems = problems_in(source)
    if problems:
        raise RuleFileFault(problems)
    return _agreement(AgreementPart.model_validate(source), version)


def read_agreement(text: str, file: str, version: int = 0) -> Written[Agreement]:
    """Read the agreement *text* and keep its lines. Raises `RuleFileFault`."""
    written, problems = read_text(text, file, mistakes_in)
    if problems:
        raise RuleFileFault(problems)
    agreement = _agreement(AgreementPart.model_validate(written.value), version)
    return Written(agreement, file, written.lines)


def to_json(agreement: Agreement) -> dict[str, Any]:
    """Return *agreement* as plain JSON values; equal agreements give equal values."""
    plain = to_plain(agreement)
    assert isinstance(plain, dict)
    return plain


def from_json(document: Mapping[str, Any]) -> Agreement:
    """Return the agreement that `to_json` wrote. Raises pydantic's ValidationError."""
    return _adapter().validate_python(document)


@cache
def _adapter() -> TypeAdapter[Agreement]:
    return TypeAdapter(Agreement)


def _agreement(part: AgreementPart, version: int) -> Agreement:
    return Agreement(
        name=part.name,
        title=Words(part.title.th, part.title.en),
        process=part.process,
        parties=tuple(part.parties),
        valid_from=part.valid_from,
        valid_until=part.valid_until,
        calendar=part.calendar,
        clauses=tuple(clause_of(name, clause) for name, clause in part.clauses.items()),
        sign_offs=tuple(SignOff(one.party, one.name, one.signed_on) for one in part.sign_offs),
        version=version,
    )
