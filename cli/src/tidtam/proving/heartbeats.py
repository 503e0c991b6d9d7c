"""
Heartbeats: with them the sources of a log say up to when they have told everything.

A live source is complete to 15 minutes before its heartbeat, one that tells its day at night to the
end of yesterday, once its closing heartbeat agrees with what came.
Rule: docs/architecture/completeness.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from contracts.plan import Plan, PlannedSource
from contracts.process import Process

from tidtam.proving.publishing import Outgoing
from tidtam.proving.schedule import Word

FACT = "heartbeat"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def facts_of(facts: tuple[str, ...], role: str, process: Process) -> list[str]:
    """The facts a source of *role* is registered with: its log's, and the heartbeat if it may."""
    return [*facts, FACT] if may_beat(role, process) else list(facts)


def may_beat(role: str, process: Process) -> bool:
    """Whether *process* lets a source of this *role* send heartbeats."""
    fact = process.facts.get(FACT)
    return fact is not None and role in fact.roles


def speakers(plan: Plan, process: Process) -> list[PlannedSource]:
    """The sources of *plan* that may say that they have told everything."""
    return [source for source in plan.sources if may_beat(source.role, process)]


def heartbeat(word: Word, process: Process) -> Outgoing:
    """The event of a source's word. Its id has no part before the slash as those of cases do."""
    at = (_EPOCH + timedelta(microseconds=word.at_us)).isoformat(timespec="microseconds")
    event = {
        "specversion": "1.0",
        "id": f"/heartbeat/{word.at_us}",
        "source": word.source.name,
        "type": f"tidtam.{process.name}.{FACT}",
        "time": at,
        "datacontenttype": "application/json",
        "data": {} if word.covers is None else closing(word.covers),
    }
    return Outgoing(event, key=word.source.name)


def closing(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a closing heartbeat declares of the *events* it covers: number, sums, SHA-256 of ids."""
    sums: dict[str, Decimal] = {}
    for event in events:
        amount = event["data"].get("amount")
        if amount:
            known = sums.get(amount["currency"], Decimal())
            sums[amount["currency"]] = known + Decimal(amount["value"])
    ids = sorted((event["id"] for event in events), key=str.encode)
    declared: dict[str, Any] = {
        "closing": True,
        "count": len(ids),
        "ids_sha256": hashlib.sha256("\n".join(ids).encode()).hexdigest(),
    }
    # A sum below zero cannot be declared; what is declared must then agree without it.
    if all(total >= 0 for total in sums.values()):
        declared["sums"] = {currency: f"{total:f}" for currency, total in sorted(sums.items())}
    return declared
