"""
What intake tells: `case-event`, `payee`, `source-status` and the rejects. Pure: values in, bytes
out.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from chassis.instants import rfc3339
from chassis.sealing import Sealed
from contracts.events import Inbound, Rejected

from intake.model import Key

SOURCE = "urn:tidtam:intake"
ASSIGNMENTS_PER_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the journal, with all that is needed to say it (again) on `case-event`."""

    key: Key
    process: str
    fact: str
    role: str
    instant_us: int
    sequence: int | None
    recorded_us: int
    envelope: Mapping[str, Any]
    text: Mapping[str, Any] | None = None


def envelope_of(event: Inbound, said: Mapping[str, Any], hop: str | None) -> dict[str, Any]:
    """
    The part of an event the journal keeps as JSON; nothing personal is in it.

    `hop` is where its trace goes on should it wait for its case; only sampled events have one.
    `replay` stands on events whose source told them as such, for as long as they are said.
    """
    kept: dict[str, Any] = {
        "time": event.time,
        "precision": "day" if event.day_precision else "instant",
        "traceparent": event.traceparent,
        "joining": [tuple(reference) for reference in event.joining],
        "about": [tuple(reference) for reference in event.about],
        "retracts": event.target,
        "said": said,
    }
    if event.replay:
        kept["replay"] = True
    return kept if hop is None else {**kept, "hop": hop}


def case_event(entry: Entry, case_id: int, membership: int, replay: bool = False) -> bytes:
    """The `case-event` message of one fact. `source` and `id` are the sender's own."""
    said = entry.envelope
    data = {
        "kind": "fact",
        "process": entry.process,
        "fact": entry.fact,
        "role": entry.role,
        "instant_us": entry.instant_us,
        "precision": said["precision"],
        "joining": said["joining"],
        "about": said["about"],
        "said": said["said"],
        "text": entry.text or {},
        "retracts": said["retracts"],
        "membership": membership,
        "replay": replay or said.get("replay", False),
    }
    event = {
        "specversion": "1.0",
        "id": entry.key.id,
        "source": entry.key.source,
        "type": f"tidtam.{entry.process}.{entry.fact}",
        "time": said["time"],
        "datacontenttype": "application/json",
        "recordedtime": rfc3339(entry.recorded_us),
        "correlationid": str(case_id),
        "data": data,
    }
    if said["precision"] == "day":
        event["timeprecision"] = "day"
    if entry.sequence is not None:
        event["sequence"] = str(entry.sequence)
    if said["traceparent"]:
        event["traceparent"] = said["traceparent"]
    return orjson.dumps(event)


def regrouped(
    process: str,
    case_id: int,
    membership: int,
    now_us: int,
    events_in: Sequence[Key],
    events_out: Sequence[tuple[Key, int | None]],
    redirect_to: int | None,
) -> Iterable[bytes]:
    """The `regrouped` facts of one touched case, in chunks a consumer can apply one by one."""
    rows: list[tuple[str, list[Any]]] = [("in", list(key)) for key in events_in]
    rows += [("out", [*key, None if to is None else str(to)]) for key, to in events_out]
    for start in range(0, max(len(rows), 1), ASSIGNMENTS_PER_MESSAGE):
        part = rows[start : start + ASSIGNMENTS_PER_MESSAGE]
        data = {
            "kind": "regrouped",
            "process": process,
            "membership": membership,
            "events_in": [row for way, row in part if way == "in"],
            "events_out": [row for way, row in part if way == "out"],
            "redirect_to": None if redirect_to is None else str(redirect_to),
        }
        yield _own(
            f"regrouped/{case_id}/{membership}/{start}",
            f"{process}.regrouped",
            now_us,
            str(case_id),
            data,
        )


def payee(
    payee_id: str,
    version: int,
    sealed: Sealed,
    redirect_to: str | None,
    said_us: int | None,
    now_us: int,
) -> bytes:
    """
    The `payee` message: the only one of ours that carries identities, and they are sealed.

    *said_us*: when the newest fact happened that said something new of this payee; None where it
    was only joined to another.
    """
    data = {
        "payee": payee_id,
        "version": version,
        "key_id": sealed.key_id,
        "nonce": base64.b64encode(sealed.nonce).decode(),
        "sealed": base64.b64encode(sealed.sealed).decode(),
        "redirect_to": redirect_to,
        "said_at": None if said_us is None else rfc3339(said_us),
    }
    return _own(f"payee/{payee_id}/{version}", "payee.state", now_us, None, data)


def source_status(data: Mapping[str, Any], now_us: int) -> bytes:
    """The whole state of a source."""
    name = f"source-status/{data['source']}/{data['epoch']}.{data['version']}"
    return _own(name, "source.state", now_us, None, data)


def reject(rejected: Rejected, position: str | None, now_us: int) -> bytes:
    """What the sender of a refused input is told; never its payload."""
    data = {
        "position": position,
        "source": rejected.source,
        "id": rejected.id,
        "sha256": rejected.sha256.hex(),
        "altered": rejected.altered,
        "findings": findings(rejected),
    }
    return _own(
        f"reject/{position or rejected.sha256.hex()}", "inbound.rejected", now_us, None, data
    )


def findings(rejected: Rejected) -> list[dict[str, str]]:
    """Where, which rule, what to do: as JSON."""
    return [finding._asdict() for finding in rejected.findings]


def _own(event_id: str, kind: str, now_us: int, case: str | None, data: Mapping[str, Any]) -> bytes:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": f"tidtam.{kind}",
        "time": rfc3339(now_us),
        "recordedtime": rfc3339(now_us),
        "datacontenttype": "application/json",
        "data": data,
    }
    if case is not None:
        event["correlationid"] = case
    return orjson.dumps(event)
