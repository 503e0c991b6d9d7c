"""
Up to when a source has told everything, from its heartbeats.

A `live` source is complete up to 15 minutes before its last heartbeat; a `daily` one to the end of
yesterday once its closing heartbeat agrees with what came. Rule: docs/architecture/completeness.md.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from chassis.database import Connection
from chassis.outbox import Outgoing
from contracts.events import Inbound

from intake import publish, registry_store
from intake.registry import Registry, Source

LIVE_DELAY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Window:
    """What came between two closing heartbeats: ids accepted, ids refused, sums per currency."""

    accepted: tuple[str, ...]
    refused: tuple[str, ...]
    sums: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat that came. `rejects_through` is the newest refusal before it."""

    event: Inbound
    rejects_through: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What a heartbeat shows. `difference` is None when the declared totals are those that came."""

    complete_until: datetime | None
    difference: dict[str, Any] | None


def judge(promise: str, zone: str, at: datetime, said: Mapping[str, Any], window: Window) -> Judged:
    """Judge one closing heartbeat, sent at *at*, against what came since the last that agreed."""
    difference = differences(said, window)
    if difference is not None:
        return Judged(None, difference)
    if promise == "live":
        return Judged(at - LIVE_DELAY, None)
    today = at.astimezone(ZoneInfo(zone)).date()
    midnight = datetime.combine(today, time(), ZoneInfo(zone))
    return Judged(midnight.astimezone(UTC) - timedelta(microseconds=1), None)


def together(said: Mapping[str, Any], unsettled: Mapping[str, Any] | None) -> dict[str, Any]:
    """
    What is declared by *said* and by the closing heartbeats before it that did not agree.

    So an event that was lost and comes later makes the totals agree again. Ids cannot be added up.
    """
    if unsettled is None:
        return {name: said.get(name) for name in ("count", "sums", "ids_sha256")}
    counts, sums = (said.get("count"), unsettled["count"]), (said.get("sums"), unsettled["sums"])
    total: dict[str, Decimal] = defaultdict(Decimal)
    for part in sums:
        for currency, value in (part or {}).items():
            total[currency] += Decimal(value)
    return {
        "count": None if None in counts else sum(map(int, counts)),
        "sums": None if None in sums else {c: str(value) for c, value in sorted(total.items())},
        "earlier": True,
    }


def differences(said: Mapping[str, Any], window: Window) -> dict[str, Any] | None:
    """Where declared and received totals differ: count, sums, ids; None when they agree."""
    ids = sorted({*window.accepted, *window.refused}, key=str.encode)
    sha256 = hashlib.sha256("\n".join(ids).encode()).hexdigest()
    found: dict[str, Any] = {}
    count = said.get("count")
    if (count is not None and int(count) != len(ids)) or (said.get("earlier") and count is None):
        found["count"] = {"declared": count, "received": len(ids)}
    declared = {c: Decimal(v) for c, v in (said.get("sums") or {}).items()}
    received = {c: Decimal(v) for c, v in window.sums.items()}
    if said.get("sums") is not None and not window.refused and declared != received:
        found["sums"] = {"declared": said["sums"], "received": dict(window.sums)}
    if said.get("ids_sha256") is not None and said["ids_sha256"] != sha256:
        found["ids_sha256"] = {"declared": said["ids_sha256"], "received": sha256}
    return found or None


def sums_of(envelopes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The sum of the amounts of these events, per currency."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for envelope in envelopes:
        amount = envelope["said"].get("amount")
        if amount:
            sums[amount["currency"]] += Decimal(amount["value"])
    return {currency: str(total) for currency, total in sorted(sums.items())}


async def on_heartbeats(
    connection: Connection,
    registry: Registry,
    beats: Sequence[Beat],
    now: datetime,
    now_us: int,
) -> list[Outgoing]:
    """Take the heartbeats of a batch, in their order, and tell what is known of their sources."""
    return [await _take(connection, registry, beat, now, now_us) for beat in beats]


async def _take(
    connection: Connection, registry: Registry, beat: Beat, now: datetime, now_us: int
) -> Outgoing:
    event = beat.event
    source = registry.sources[event.source]
    rows = await registry_store.read_sources(connection)
    row = next(row for row in rows if row["source"] == event.source)
    at = min(datetime.fromtimestamp(event.instant_us / 1_000_000, UTC), now)
    standing = None if row["difference"] is None else orjson.loads(row["difference"])
    through = (row["closed_through"], row["rejects_closed_through"])
    unsettled = row["unsettled"]
    if event.data.get("closing"):
        seq = await registry_store.seq_of(connection, event.source, event.id)
        said = together(event.data, None if unsettled is None else orjson.loads(unsettled))
        window = await _window(connection, source, through, (seq, beat.rejects_through))
        judged = judge(source.promise, source.zone, at, said, window)
        agreed = judged.difference is None
        unsettled = None if agreed else _json({n: said[n] for n in ("count", "sums")})
        through = (seq, beat.rejects_through) if agreed else through
    else:
        live = source.promise == "live" and standing is None
        judged = Judged(at - LIVE_DELAY if live else None, standing)
    told = None if judged.difference is None else _json(judged.difference)
    version = await registry_store.complete_source(
        connection, event.source, judged.complete_until, told, unsettled, *through
    )
    until = max(filter(None, (row["complete_until"], judged.complete_until)), default=None)
    return status_message(source, version, until, row, judged.difference, now_us)


async def _window(
    connection: Connection, source: Source, after: tuple[int, int], to: tuple[int, int]
) -> Window:
    accepted = await registry_store.read_window(connection, source.source, after[0], to[0])
    refused = await registry_store.read_window_rejects(connection, source.slug, after[1], to[1])
    sums = sums_of(orjson.loads(envelope) for _, envelope in accepted)
    return Window(tuple(event_id for event_id, _ in accepted), tuple(refused), sums)


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value).decode()


def status_message(
    source: Source,
    version: int,
    complete_until: datetime | None,
    counters: Mapping[str, Any],
    difference: Mapping[str, Any] | None,
    now_us: int,
) -> Outgoing:
    """The `source-status` of one source."""
    last = counters["last_event_at"]
    data = {
        "source": source.source,
        "epoch": 1,
        "version": version,
        "name": {"th": source.name_th, "en": source.name_en},
        "contact": source.contact,
        "role": source.role,
        "zone": source.zone,
        "units": list(source.units),
        "facts": {name: sorted(facts) for name, facts in source.facts.items()},
        "test": source.test,
        "promise": source.promise,
        "complete_until": None if complete_until is None else complete_until.isoformat(),
        "clock_lead_ms": counters["clock_lead_ms"],
        "last_event_at": None if last is None else last.isoformat(),
        "difference": difference,
    }
    return Outgoing("source-status", source.source.encode(), publish.source_status(data, now_us))
