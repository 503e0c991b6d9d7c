"""How a case's state is told to the world: the `case-status` and `line-status` messages. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from chassis.instants import rfc3339
from chassis.shortnumber import number_of
from contracts.process import Contact, Process, Words

from status.bounds import (
    FACTS_BYTES_MAX,
    LIST_BYTES_MAX,
    TRANSFERS_BYTES_MAX,
    WHOLE_BYTES_MAX,
    bounded,
    in_chunks,
    newest,
)
from status.decide import fold
from status.model import (
    CaseState,
    Change,
    Effect,
    Entry,
    Key,
    LineState,
    LineTransfer,
    LineView,
    Loaded,
    Told,
)

SOURCE = "urn:tidtam:status"
FACTS_BYTES_EACH = {"established": FACTS_BYTES_MAX, "withdrawn": FACTS_BYTES_MAX}
STATES = tuple(state.value for state in LineState)


def change_of(
    process: Process, loaded: Loaded, recorded_us: int, marks: Mapping[str, bool]
) -> Change | None:
    """
    Fold a case and say what has visibly changed since it was last told.

    None when nothing has: a repetition, a rebuild that agrees, or a case none of whose events has
    come yet.
    """
    told = loaded.told
    state = fold(process, loaded.events)
    if not state.timeline and told.version == 0 and told.redirect_to is None:
        return None
    body, rows = _describe(process, loaded, state)
    whole, lines = orjson.dumps(body), orjson.dumps(rows)
    seen = hashlib.sha256(whole).digest() + hashlib.sha256(lines).digest()
    if seen == told.visible_sha256:
        return None
    if len(whole) > WHOLE_BYTES_MAX:
        kept, omitted = bounded(body, LIST_BYTES_MAX)
        body = {**body, **kept, "omitted": omitted}
    facts = state_facts(state)
    same_lines = told.visible_sha256 is not None and told.visible_sha256[32:] == seen[32:]
    chunks = [] if same_lines else line_statuses(told, body, rows, recorded_us)
    chunk_count = told.line_chunks if same_lines else sum(value is not None for _, value in chunks)
    return Change(
        case_id=loaded.case_id,
        told=told,
        state=state,
        facts=facts,
        visible_sha256=seen,
        line_chunks=chunk_count,
        status=case_status(told, body, facts, recorded_us, marks),
        lines=tuple(chunks),
    )


def describe(process: Process, loaded: Loaded) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A case as a person may see it now, and its lines."""
    return _describe(process, loaded, fold(process, loaded.events))


def _describe(
    process: Process, loaded: Loaded, state: CaseState
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    title = title_of(state, loaded.titles)
    body = visible(process, loaded.case_id, state, loaded.told.redirect_to, title)
    return body, [_line(line) for line in state.lines] if state.timeline else []


def title_of(state: CaseState, titles: Mapping[Key, str]) -> str | None:
    """The title said last in fold order. It is personal text: outside the fold and its hash."""
    for entry in reversed(state.timeline):
        if entry.effect is not Effect.RETRACTED and entry.event.key in titles:
            return titles[entry.event.key]
    return None


def visible(
    process: Process, case_id: int, state: CaseState, redirect_to: int | None, title: str | None
) -> dict[str, Any]:
    """All of a case-status that a person can see, without version and without who asked for it."""
    stage = process.stages[state.stage] if state.stage is not None else None
    span = state.spans[-1] if state.spans else None
    counts = _line_counts(state.lines)
    return {
        "case": str(case_id),
        "number": number_of(case_id),
        "process": process.name,
        "process_version": process.version,
        "redirect_to": None if redirect_to is None else str(redirect_to),
        "stage": state.stage,
        "since": None if span is None else rfc3339(span.since_us),
        "holder": None if span is None else span.holder,
        "group": None if stage is None else stage.group,
        "ended": state.ended,
        "contact": None if stage is None else _contact(stage.contact),
        "spans": [
            {
                "stage": s.stage,
                "holder": s.holder,
                "since": rfc3339(s.since_us),
                "anchor": tuple(s.anchor),
            }
            for s in state.spans
        ],
        "timeline": [_entry(entry) for entry in state.timeline],
        "contradictions": [
            {
                "source": c.event.key.source,
                "id": c.event.key.id,
                "fact": c.event.fact,
                "code": c.code,
                "stage": c.stage,
            }
            for c in state.contradictions
        ],
        "flags": state.flags,
        "joining": state.joining,
        "about": state.about,
        **state.fields,
        "title": title,
        "lines": counts,
    }


def state_facts(state: CaseState) -> tuple[tuple[str, str, str], ...]:
    """The facts that hold: all but the retracted and the contradictory ones."""
    holds = (Effect.MOVED, Effect.HELD, Effect.NOTED)
    return tuple(
        (entry.event.key.source, entry.event.key.id, entry.event.fact)
        for entry in state.timeline
        if entry.effect in holds
    )


def case_status(
    told: Told,
    body: Mapping[str, Any],
    facts: Sequence[tuple[str, str, str]],
    recorded_us: int,
    marks: Mapping[str, bool],
) -> bytes:
    """The whole `case-status` message of version `told.version + 1`."""
    version = told.version + 1
    before, after = set(told.facts), set(facts)
    news = {
        "established": [_fact(f) for f in facts if f not in before],
        "withdrawn": [_fact(f) for f in told.facts if f not in after],
    }
    kept, omitted = bounded(news, FACTS_BYTES_EACH)
    data = {**body, "epoch": told.epoch, "version": version, **kept, **marks}
    data["omitted"] = {**body.get("omitted", {}), **omitted}
    return orjson.dumps(_envelope("case-status", body, told.epoch, version, recorded_us, data))


def line_statuses(
    told: Told, body: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], recorded_us: int
) -> list[tuple[str, bytes | None]]:
    """The `line-status` messages by key; a chunk there no longer is gets a tombstone."""
    version = told.version + 1
    chunks = in_chunks(lines)
    messages: list[tuple[str, bytes | None]] = []
    for place, chunk in enumerate(chunks):
        data = {
            "case": body["case"],
            "epoch": told.epoch,
            "version": version,
            "chunk": place,
            "chunks": len(chunks),
            "lines": chunk,
        }
        event = _envelope("line-status", body, told.epoch, version, recorded_us, data)
        messages.append((f"{body['case']}/{place}", orjson.dumps(event)))
    for place in range(len(chunks), told.line_chunks):
        messages.append((f"{body['case']}/{place}", None))
    return messages


def _envelope(
    kind: str,
    body: Mapping[str, Any],
    epoch: int,
    version: int,
    recorded_us: int,
    data: Mapping[str, Any],
) -> dict[str, Any]:
    place = f"/{data['chunk']}" if "chunk" in data else ""
    return {
        "specversion": "1.0",
        "id": f"{kind}/{body['case']}/{epoch}.{version}{place}",
        "source": SOURCE,
        "type": f"tidtam.{body['process']}.{kind}",
        "time": rfc3339(recorded_us),
        "recordedtime": rfc3339(recorded_us),
        "correlationid": body["case"],
        "datacontenttype": "application/json",
        "data": data,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    event = entry.event
    reason = event.said.get("reason") or {}
    # Only where there are some: a key in every entry would be a visible change of every case.
    papers = {"papers": reason["papers"]} if reason.get("papers") else {}
    return {
        "source": event.key.source,
        "id": event.key.id,
        "fact": event.fact,
        "role": event.role,
        "at": rfc3339(event.instant_us),
        "precision": "day" if event.day_precision else "instant",
        "effect": entry.effect,
        "stage": entry.stage,
        "not_reported": entry.not_reported,
        "step": event.said.get("step"),
        "reason": reason.get("code"),
        **papers,
    }


def _fact(fact: tuple[str, str, str]) -> dict[str, str]:
    return {"source": fact[0], "id": fact[1], "fact": fact[2]}


def _line_counts(lines: Sequence[LineView]) -> dict[str, int]:
    counts = {"total": len(lines), **dict.fromkeys(STATES, 0)}
    for line in lines:
        counts[line.state.value] += 1
    return counts


def _line(line: LineView) -> dict[str, Any]:
    transfers = [_transfer(transfer) for transfer in line.transfers]
    kept = newest(transfers, TRANSFERS_BYTES_MAX)
    reached = newest([tuple(key) for key in line.reached_by], TRANSFERS_BYTES_MAX)
    return {
        "id": line.id,
        "state": line.state,
        "credited": line.credited,
        **line.details,
        "transfers": kept,
        "transfers_omitted": len(transfers) - len(kept),
        "reached_by": reached,
        "reached_omitted": len(line.reached_by) - len(reached),
    }


def _transfer(transfer: LineTransfer) -> dict[str, Any]:
    return {
        "reference": transfer.reference,
        "returned": transfer.returned,
        "at": rfc3339(transfer.at_us),
        "method": transfer.method,
        "date": transfer.date,
        "anchor": tuple(transfer.anchor),
    }


def _words(words: Words) -> dict[str, str]:
    return {"th": words.th, "en": words.en}


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "desk": _words(contact.desk),
        "telephone": contact.telephone,
        "email": contact.email,
        "hours": None if contact.hours is None else _words(contact.hours),
    }
