"""
Heartbeats: with one each, the sources of a log say that they have told everything.

A live source is complete to 15 minutes before its heartbeat. So a heartbeat at the end of the run
covers each breach in it, since a breach is at 00:00 of a date.
Rule: docs/architecture/completeness.md.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contracts.plan import Plan
from contracts.process import Process

from tidtam.proving.publishing import Outgoing

FACT = "heartbeat"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def facts_of(facts: tuple[str, ...], role: str, process: Process) -> list[str]:
    """The facts a source of *role* is registered with: its log's, and the heartbeat if it may."""
    return [*facts, FACT] if may_beat(role, process) else list(facts)


def may_beat(role: str, process: Process) -> bool:
    """Whether *process* lets a source of this *role* send heartbeats."""
    fact = process.facts.get(FACT)
    return fact is not None and role in fact.roles


def heartbeats(plan: Plan, process: Process, at_us: int) -> list[Outgoing]:
    """One heartbeat a source, sent at *at_us*. Its id has no part before the slash as cases do."""
    at = (_EPOCH + timedelta(microseconds=at_us)).isoformat(timespec="microseconds")
    return [
        Outgoing(
            {
                "specversion": "1.0",
                "id": f"/heartbeat/{at_us}",
                "source": source.name,
                "type": f"tidtam.{process.name}.{FACT}",
                "time": at,
                "datacontenttype": "application/json",
                "data": {},
            },
            key=source.name,
        )
        for source in plan.sources
        if may_beat(source.role, process)
    ]
