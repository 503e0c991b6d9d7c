"""The events of a case for operators: as they happened, and as they came. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from contracts.messages import TimelineEntry


class TracedEvent(NamedTuple):
    """
    One event. `happened` is its place in the fold, `came` that of its arrival, both from 1; None
    where one side does not know it (yet).

    `late_seconds`: from happening to arrival. `trace`: the id of its trace.
    """

    source: str
    id: str
    fact: str
    effect: str
    at: datetime | None
    day_only: bool
    came_at: datetime | None
    happened: int | None
    came: int | None
    late_seconds: int | None
    trace: str


def events_of(
    timeline: Sequence[TimelineEntry], arrived: Sequence[Mapping[str, Any]]
) -> list[TracedEvent]:
    """In the order of happening; those that came and are in no state yet stand last."""
    came = {(one["source"], one["id"]): (place, one) for place, one in enumerate(arrived, 1)}
    found = []
    for place, entry in enumerate(timeline, 1):
        at = datetime.fromisoformat(entry.at)
        known = came.pop((entry.source, entry.id), None)
        found.append(
            _event(entry.source, entry.id, entry.fact, entry.effect, at,
                   entry.precision == "day", place, known)
        )  # fmt: skip
    for (source, id_), known in came.items():
        found.append(_event(source, id_, known[1]["fact"], "", None, False, None, known))
    return found


def _event(
    source: str, id_: str, fact: str, effect: str, at: datetime | None, day_only: bool,
    happened: int | None, known: tuple[int, Mapping[str, Any]] | None,
) -> TracedEvent:  # fmt: skip
    came_at = None if known is None else datetime.fromisoformat(known[1]["recorded_at"])
    late = None
    if came_at is not None and at is not None and not day_only:
        late = round((came_at - at).total_seconds())
    return TracedEvent(
        source, id_, fact, effect, at, day_only, came_at, happened,
        None if known is None else known[0], late,
        "" if known is None else trace_id(known[1].get("traceparent")),
    )  # fmt: skip


def trace_id(traceparent: str | None) -> str:
    """The trace a `traceparent` names; empty where it names none."""
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) == 4 and len(parts[1]) == 32 else ""
