"""What the chain says at the end, read from its own topics as any consumer could read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import ConsumerRecord
from contracts.canonical import canonical_sha256

from tidtam.proving.reading import read_topics

TOPICS = ("case-status", "line-status")


@dataclass(slots=True)
class Answer:
    """
    The newest state of each case, with its lines; `last_ms` is when the last one was published.

    `stood` says of each version told, by (case, epoch, version), the stage and since when.
    """

    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    stood: dict[tuple[str, int, int], tuple[str, str]] = field(default_factory=dict)
    last_ms: int = 0

    def take(self, topic: str, value: bytes | None, at_ms: int) -> None:
        """Apply one record; only a higher version counts."""
        if not value:
            return
        data = orjson.loads(value)["data"]
        if topic == "case-status":
            self.last_ms = max(self.last_ms, at_ms)
            newer(self.cases, data["case"], data)
            if data["stage"] is not None:
                place = (data["case"], data["epoch"], data["version"])
                self.stood[place] = (data["stage"], data.get("since", ""))
        else:
            newer(self.lines, (data["case"], data["chunk"]), data)

    def standing(self) -> list[dict[str, Any]]:
        """The cases that stand for themselves."""
        return [case for case in self.cases.values() if case["redirect_to"] is None]

    def stages(self) -> dict[str, int]:
        """How many cases stand in each stage, zeros left out."""
        return dict(sorted(Counter(case["stage"] or "none" for case in self.standing()).items()))

    def contradictions(self) -> int:
        """Facts without effect, in all cases."""
        return sum(len(case["contradictions"]) for case in self.standing())

    def state_hash(self) -> str:
        """SHA-256 over what the cases are, whatever their ids, versions and times of arrival."""
        told = sorted((self._told(case) for case in self.standing()), key=_smallest)
        return canonical_sha256(told).hex()

    def _told(self, case: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "stage": case["stage"],
            "since": case["since"],
            "spans": case["spans"],
            "contradictions": case["contradictions"],
            "references": [case["joining"], case["about"]],
            "amount": case.get("amount"),
            "lines": self.lines_of(case["case"]),
            "timeline": case["timeline"],
        }

    def lines_of(self, case: str) -> list[dict[str, Any]]:
        """All lines of a case; chunks past the newest count are no longer its."""
        lines: list[dict[str, Any]] = []
        place, chunks = 0, 1
        while place < chunks and (case, place) in self.lines:
            chunk = self.lines[case, place]
            chunks = chunk["chunks"]
            lines += chunk["lines"]
            place += 1
        return lines


def newer(known: dict[Any, dict[str, Any]], key: Any, data: dict[str, Any]) -> None:
    """Keep *data* under *key* if its version is higher than what is *known*."""
    old = known.get(key)
    if old is None or (old["epoch"], old["version"]) < (data["epoch"], data["version"]):
        known[key] = data


def _smallest(told: Mapping[str, Any]) -> tuple[str, str]:
    return min((entry["source"], entry["id"]) for entry in told["timeline"])


async def read_answer(bootstrap: str, prefix: str = "") -> Answer:
    """Read both topics from their beginning to their present end."""
    answer = Answer()

    def take(topic: str, record: ConsumerRecord) -> None:
        answer.take(topic, record.value, record.timestamp)

    await read_topics(bootstrap, TOPICS, take, prefix)
    return answer
