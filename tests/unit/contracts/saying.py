"""What the tests of the judge say: a good event, the source that may say it, one call to judge."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from contracts.events import Inbound, Rejected, SourceRules
from contracts.inbound import Judge, parse
from contracts.instants import microseconds
from contracts.process import Process
from contracts.process_file import load_process

HOME = Path(__file__).parents[3] / "contracts"
NOW_US = microseconds(datetime(2026, 1, 31, 5, 0, tzinfo=UTC))
STARTS_US = microseconds(datetime(2025, 1, 1, tzinfo=UTC))
TAX_ID = "0994000000171"
CITIZEN_ID = "1100000000172"


@cache
def process() -> Process:
    """The disbursement process as committed."""
    return load_process(HOME / "processes" / "disbursement.yaml", version=1)


@cache
def the_judge() -> Judge:
    """A judge of that process."""
    return Judge({"disbursement": process()})


def source(role: str = "unit", **changes: Any) -> SourceRules:
    """A registered source that may say every fact of its role about its own numbers."""
    facts = {"disbursement": frozenset(process().facts)}
    rules = SourceRules(
        "science-unit", role, "Asia/Bangkok", frozenset({"science-unit"}), facts, STARTS_US
    )
    return replace(rules, **changes)


def event(fact: str = "submitted", **changes: Any) -> dict[str, Any]:
    """A good event; `data` merges into its data, a change to None leaves the attribute out."""
    data = changes.pop("data", {})
    said: dict[str, Any] = {
        "specversion": "1.0",
        "id": "c-123/2",
        "source": "science-unit",
        "type": f"tidtam.disbursement.{fact}",
        "time": "2026-01-12T10:15:00+07:00",
        "data": {"refs": [{"scheme": "claim", "value": "69/00123"}], **data}
        if isinstance(data, Mapping)
        else data,
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}


def verdict(
    said: Mapping[str, Any] | bytes,
    rules: SourceRules | None = None,
    headers: list[tuple[str, bytes | None]] | None = None,
) -> Inbound | Rejected:
    """Judge an event as it would come over the wire."""
    raw = said if isinstance(said, bytes) else orjson.dumps(said)
    parsed = parse(raw, headers)
    if isinstance(parsed, Rejected):
        return parsed
    return the_judge().judge(parsed, hashlib.sha256(raw).digest(), rules or source(), NOW_US)


def accepted(said: Mapping[str, Any], rules: SourceRules | None = None) -> Inbound:
    """Judge an event that must be accepted."""
    answer = verdict(said, rules)
    assert isinstance(answer, Inbound), answer
    return answer


def refusals(
    said: Mapping[str, Any] | bytes,
    rules: SourceRules | None = None,
    headers: list[tuple[str, bytes | None]] | None = None,
) -> list[tuple[str, str]]:
    """Judge an event that must be refused: the (pointer, rule) of each finding."""
    answer = verdict(said, rules, headers)
    assert isinstance(answer, Rejected), answer
    return [(one.pointer, one.rule) for one in answer.findings]
