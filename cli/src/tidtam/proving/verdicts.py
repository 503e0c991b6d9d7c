"""What sla says at the end: whose days they were, how each clause stands, what was told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from tidtam.proving.answer import newer
from tidtam.proving.reading import read_topics

TOPICS = ("case-sla", "sla-event")
STATES = ("met", "missed", "open", "breached", "void")
STOPPED = ("met", "missed")
PERCENTS = (50, 85, 95)
PARTIES = ("unit", "finance", "nobody")
"""Always counted, also where there is no such day; other parties where they have one."""


@dataclass(slots=True)
class Verdicts:
    """
    The newest SLA state of each case, and the breaches that were told and taken back.

    A moment is known by the id of its message: it may be published twice and is told once.
    `dates` are those by which half and 85 of 100 cases like it were said to be paid, by the case,
    the epoch and version of its `case-status`, and the date they were told.
    """

    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    dates: dict[tuple[str, int, int, str], tuple[str, str]] = field(default_factory=dict)
    breaches: set[str] = field(default_factory=set)
    taken_back: set[str] = field(default_factory=set)

    def take(self, topic: str, value: bytes | None) -> None:
        """Apply one record."""
        if not value:
            return
        event = orjson.loads(value)
        data = event["data"]
        if topic == "case-sla":
            newer(self.cases, data["case"], data)
            said = data.get("paid_by")
            if said is not None:
                seen = (data["case"], data["status_epoch"], data["status_version"])
                self.dates[*seen, data["as_of_date"]] = (said["half_on"], said["most_on"])
        elif data["kind"] == "breached":
            self.breaches.add(event["id"])
        elif data["kind"] == "superseded" and data["of"] == "breached":
            self.taken_back.add(event["id"])

    def standing(self) -> list[dict[str, Any]]:
        """The cases that stand for themselves."""
        return [case for case in self.cases.values() if case["redirect_to"] is None]

    def told(self, clauses: Sequence[str]) -> dict[str, Any]:
        """What a proof says of them; each of *clauses* is named, also without a clock."""
        return {
            "clauses": {clause: self._clause(clause) for clause in clauses},
            "ledger_days": self._days(),
            "conservation_violations": sum(map(_violated, self.standing())),
            "breaches_emitted": len(self.breaches),
            "breaches_taken_back": len(self.taken_back),
            "undetermined": sum(bool(one["undetermined"]) for one in self._clocks()),
        }

    def _clause(self, clause: str) -> dict[str, int | None]:
        clocks = [one for one in self._clocks() if clause_id(one) == clause]
        states = Counter(one["state"] for one in clocks)
        charged = sorted(one["charged"] for one in clocks if one["state"] in STOPPED)
        return {state: states[state] for state in STATES} | {
            f"p{percent}": nearest_rank(charged, percent) for percent in PERCENTS
        }

    def _clocks(self) -> Iterator[Mapping[str, Any]]:
        for case in self.standing():
            yield from case["clocks"]

    def _days(self) -> dict[str, int]:
        days = Counter[str](dict.fromkeys(PARTIES, 0))
        for case in self.standing():
            days.update(case["ledger"]["by_party"])
        return {party: count for party, count in days.items() if count or party in PARTIES}


def clause_id(clock: Mapping[str, Any]) -> str:
    """The clause's own id, of `agreement@version#clause`."""
    return str(clock["clause"]).rpartition("#")[2]


def nearest_rank(ordered: Sequence[int], percent: int) -> int | None:
    """The smallest of *ordered* that *percent* of them do not pass; None of none."""
    return ordered[ceil(len(ordered) * percent / 100) - 1] if ordered else None


def _violated(case: Mapping[str, Any]) -> bool:
    """Whether a day was lost or charged twice: by the parties' sums, or by the runs of days."""
    ledger = case["ledger"]
    sums = [sum(ledger["by_party"].values())]
    if not ledger["omitted"]:
        sums.append(sum(run["days"] for run in ledger["runs"]))
    return any(days != ledger["total"] for days in sums)


async def read_verdicts(bootstrap: str, prefix: str = "") -> Verdicts:
    """Read what sla tells, from the beginning of its topics to their present end."""
    verdicts = Verdicts()

    def take(topic: str, record: ConsumerRecord) -> None:
        verdicts.take(topic, record.value)

    await read_topics(bootstrap, TOPICS, take, prefix)
    return verdicts
