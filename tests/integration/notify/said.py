"""Messages of the other services as they stand on our topics, small enough to write by hand."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import orjson
from intake.payees import PayeeKeys

from tests.unit.contracts.saying import process

SECRET = bytes(range(32))
KEYS = PayeeKeys(SECRET)
NUMBER = "4821-7735-6"
UNIT = "science"


def event(fact: str, at: str, effect: str = "moved", **more: Any) -> dict[str, Any]:
    """An event of the source `erp` on the timeline at *at* (UTC, `2026-11-23T01:00`)."""
    known = process().facts[fact]
    return {
        "source": "erp",
        "id": f"{fact}-{at}",
        "fact": fact,
        "role": "finance",
        "at": f"{at}:00.000000Z",
        "precision": "instant",
        "effect": effect,
        "stage": known.asserts,
        "reason": None,
        **more,
    }


def key(one: Mapping[str, Any]) -> list[str]:
    """The identity of an event."""
    return [one["source"], one["id"]]


def case_status(
    version: int, *timeline: Mapping[str, Any], case: int = 1, lines: str = "open", **more: Any
) -> bytes:
    """The `case-status` of a case with this timeline and one line in the state *lines*."""
    moves = [one for one in timeline if one["effect"] == "moved" and one["stage"]]
    spans = [
        {
            "stage": one["stage"],
            "holder": holder_of(one),
            "since": one["at"],
            "anchor": key(one),
        }
        for one in moves
    ]
    last = moves[-1] if moves else None
    stage = None if last is None else process().stages[last["stage"]]
    data = {
        "case": str(case),
        "number": NUMBER,
        "epoch": 0,
        "version": version,
        "process": "disbursement",
        "process_version": 1,
        "stage": None if last is None else last["stage"],
        "since": None if last is None else last["at"],
        "holder": None if last is None else holder_of(last),
        "ended": stage is not None and stage.ends,
        "contact": None if stage is None else contact_of(stage),
        "spans": spans,
        "timeline": list(timeline),
        "unit": UNIT,
        "title": "ค่าวัสดุวิทยาศาสตร์",
        "amount": {"value": "12480.00", "currency": "THB"},
        "lines": {"total": 1, lines: 1},
        **more,
    }
    return envelope("case-status", f"{case}/{version}", data)


def holder_of(one: Mapping[str, Any]) -> str:
    """Who has to act after an event that moved."""
    stage = process().stages[one["stage"]]
    return stage.holder_by_reason.get(one["reason"] or "", stage.holder)


def contact_of(stage: Any) -> dict[str, Any]:
    """The desk of a stage."""
    desk = stage.contact.desk
    return {"desk": {"th": desk.th, "en": desk.en}, "telephone": stage.contact.telephone}


def line_status(version: int, *rows: Mapping[str, Any], case: int = 1) -> bytes:
    """All lines of a case in one chunk."""
    data = {"case": str(case), "epoch": 0, "version": version, "chunk": 0, "chunks": 1}
    return envelope("line-status", f"{case}/{version}/0", {**data, "lines": list(rows)})


def line(payee: str = "anna", net: str = "12480.00", **more: Any) -> dict[str, Any]:
    """The one line of a case, still open."""
    return {"id": "1", "state": "open", "payee": payee, "gross": net, "net": net, **more}


def paid_line(by: Mapping[str, Any], payee: str = "anna", **more: Any) -> dict[str, Any]:
    """The line, paid by the event *by*."""
    transfer = {
        "reference": "TR-77",
        "returned": False,
        "at": by["at"],
        "method": "transfer",
        "date": by["at"][:10],
        "anchor": key(by),
    }
    said = {"state": "transferred", "transfers": [transfer], "reached_by": [key(by)]}
    return line(payee, **{**said, **more})


def payee(name: str = "anna", version: int = 1, to: str | None = None, **contact: Any) -> bytes:
    """A payee as intake seals one."""
    sealed = KEYS.seal(name, {"name": f"บริษัท {name}", "contact": contact})
    data = {
        "payee": name,
        "version": version,
        "key_id": sealed.key_id,
        "nonce": base64.b64encode(sealed.nonce).decode(),
        "sealed": base64.b64encode(sealed.sealed).decode(),
        "redirect_to": to,
    }
    return envelope("payee", f"{name}/{version}", data)


def case_sla(version: int, status_version: int, *clocks: Mapping[str, Any], case: int = 1) -> bytes:
    """What the SLA says of a case's days, judged by its state *status_version*."""
    data = {
        "case": str(case),
        "epoch": 0,
        "version": version,
        "status_epoch": 0,
        "status_version": status_version,
        "process": "disbursement",
        "calendar": "thai-government@1",
        "zone": "Asia/Bangkok",
        "as_of": "2026-11-23T02:30:00.000000Z",
        "as_of_date": "2026-11-23",
        "ledger": {"first": "2026-11-23", "total": 0, "by_party": {}, "runs": [], "omitted": 0},
        "clocks": list(clocks),
        "not_reported": [],
    }
    return envelope("case-sla", f"{case}/{version}", data)


def clock(start: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Finance's nine working days, running since the event *start*."""
    words = {"th": "กองคลังจ่ายเงินภายใน 9 วันทำการ", "en": "Finance pays within 9 working days"}
    return {
        "clause": "finance-9-days@1#finance",
        "title": words,
        "agreement_title": words,
        "party": "finance",
        "unit": "working_days",
        "state": "open",
        "started_at": start["at"],
        "start": key(start),
        "charged": 2,
        "budget": 9,
        "remaining": 7,
        "first_due": "2026-12-04",
        "due": "2026-12-04",
        **more,
    }


def sla_event(kind: str, start: Mapping[str, Any], at: str, case: int = 1, **more: Any) -> bytes:
    """A moment of that clock."""
    data = {
        "case": str(case),
        "kind": kind,
        "clause": "finance-9-days@1#finance",
        "start": key(start),
        "at": f"{at}:00.000000Z",
        "detected_at": f"{at}:00.000000Z",
        "detection_lag_seconds": 0.0,
        "charged": 10,
        "budget": 9,
        "due": "2026-12-04",
        **more,
    }
    of = data.get("of") or data.get("offset", 0)
    return envelope("sla-event", f"{case}/{kind}/{at}/{of}", data)


def envelope(kind: str, name: str, data: Mapping[str, Any]) -> bytes:
    """A message of ours."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": f"{kind}/{name}",
            "source": "urn:tidtam:test",
            "type": f"tidtam.disbursement.{kind}",
            "time": "2026-11-23T02:30:00.000000Z",
            "data": data,
        }
    )
