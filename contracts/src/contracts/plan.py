"""What a replay of an event log plays: the events its sources would have sent, and the sources."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An event as its source sends it. `case` is the log's own case id, `instant_us` its time."""

    case: str
    role: str
    event: dict[str, Any]
    instant_us: int


@dataclass(frozen=True, slots=True)
class PlannedSource:
    """A source to register before the plan is played; `starts_us` lies a week before its log."""

    name: str
    role: str
    zone: str
    issuers: tuple[str, ...]
    facts: tuple[str, ...]
    starts_us: int


@dataclass(frozen=True, slots=True)
class Plan:
    """
    All that a log has its sources say.

    `events` stand in the order of their delivery: by time, then as in the log. `ends_us` is the end
    of the run: the last microsecond of the local date of the last fact that asserts a stage.
    """

    log: str
    process: str
    zone: str
    calendar: str
    events: tuple[PlannedEvent, ...]
    sources: tuple[PlannedSource, ...]
    cases: int
    ignored: int
    ends_us: int


def log_slug(path: Path) -> str:
    """Return a log's name in words of a topic: `RequestForPayment.xes` is `request-for-payment`."""
    stem = path.name.split(".")[0]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", stem)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or "log"


def source_name(slug: str, role: str) -> str:
    """Return the id of the source that speaks for *role* in a replay; also its topic's suffix."""
    return f"{slug}-{role}"
