"""Cases told by their facts, for what views make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from contracts.messages import CaseStatusData, Line
from contracts.sla_messages import CaseSlaData
from portal.model import Brief, Case, Lines
from portal.views.case_view import CaseView, Reader, case_view

from tests.unit.contracts.saying import process

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
NUMBER = "4821-7735-6"


def event(fact: str, day: int, effect: str = "moved", **more: Any) -> dict[str, Any]:
    """A fact said by `erp` on a day of November at ten in the morning of Bangkok."""
    return {
        "source": "erp",
        "id": f"{fact}-{day}",
        "fact": fact,
        "role": "finance",
        "at": f"2026-11-{day:02}T03:00:00.000000Z",
        "precision": "instant",
        "effect": effect,
        "stage": process().facts[fact].asserts,
        "reason": None,
        **more,
    }


def key(one: Mapping[str, Any]) -> tuple[str, str]:
    """The identity of an event."""
    return one["source"], one["id"]


def line(payee: str = "anna", state: str = "open", *by: Mapping[str, Any], **more: Any) -> Line:
    """One line; sent by the first of *by* unless that is a bounce, and returned by the last."""
    transfers = [
        {
            "reference": f"TR-{one['id']}",
            "returned": state == "bounced",
            "at": one["at"],
            "method": "transfer",
            "date": one["at"][:10],
            "anchor": key(one),
        }
        for one in by
        if one["fact"] == "transferred"
    ]
    said = {
        "id": f"{payee}-1",
        "state": state,
        "payee": payee,
        "invoice": f"INV-{payee}",
        "gross": "1000.00",
        "net": "990.00",
        "deductions": [{"code": "wht", "title": "ภาษี", "amount": "10.00"}],
        "transfers": transfers,
        "reached_by": [key(one) for one in by],
        **more,
    }
    return Line.model_validate(said)


def status(*timeline: Mapping[str, Any], **more: Any) -> CaseStatusData:
    """The state of a case with this timeline."""
    stages = process().stages
    moves = [one for one in timeline if one["effect"] == "moved" and one["stage"]]

    def holder(one: Mapping[str, Any]) -> str:
        stage = stages[one["stage"]]
        return stage.holder_by_reason.get(one["reason"] or "", stage.holder)

    last = moves[-1] if moves else None
    stage = None if last is None else stages[last["stage"]]
    return CaseStatusData.model_validate(
        {
            "case": "1",
            "number": NUMBER,
            "epoch": 0,
            "version": 1,
            "process": "disbursement",
            "process_version": 1,
            "stage": None if stage is None else stage.code,
            "since": None if last is None else last["at"],
            "holder": None if last is None else holder(last),
            "group": None if stage is None else stage.group,
            "ended": stage is not None and stage.ends,
            "spans": [
                {
                    "stage": one["stage"],
                    "holder": holder(one),
                    "since": one["at"],
                    "anchor": key(one),
                }
                for one in moves
            ],
            "timeline": list(timeline),
            "joining": [["claim", "science", "2569", "อว69/00123"]],
            "unit": "science",
            "kind": "purchase",
            "title": "ค่าวัสดุวิทยาศาสตร์",
            "amount": {"value": "424242.00", "currency": "THB"},
            **more,
        }
    )


def days(*clocks: Mapping[str, Any], **more: Any) -> CaseSlaData:
    """What the SLA says of the case."""
    return CaseSlaData.model_validate(
        {
            "case": "1",
            "epoch": 0,
            "version": 1,
            "status_epoch": 0,
            "status_version": 1,
            "process": "disbursement",
            "calendar": "thai-government@1",
            "zone": "Asia/Bangkok",
            "as_of": "2026-11-23T02:30:00.000000Z",
            "as_of_date": "2026-11-23",
            "clocks": list(clocks),
            **more,
        }
    )


def clock(**more: Any) -> dict[str, Any]:
    """Finance's nine working days, three of them used."""
    words = {"th": "กองคลังจ่ายภายใน 9 วันทำการ", "en": "Finance pays within 9 working days"}
    return {
        "clause": "finance-9-days@1#finance",
        "title": words,
        "agreement_title": words,
        "party": "finance",
        "unit": "working_days",
        "state": "open",
        "started_at": "2026-11-18T03:00:00.000000Z",
        "start": ("erp", "received-18"),
        "charged": 3,
        "budget": 9,
        "remaining": 6,
        "first_due": "2026-12-01",
        "due": "2026-12-01",
        **more,
    }


def brief(said: CaseStatusData, recomputed: bool = False) -> Brief:
    """The row of the case."""
    nothing: dict[str, Any] = dict.fromkeys(Brief.__dataclass_fields__)
    counts = {"contradictions": 0, "returned": 0, "bounced_lines": 0, "undetermined": False}
    told = {"process": said.process, "stage": said.stage, "holder": said.holder}
    of = {"case_id": 1, "number": said.number, "ended": said.ended, "as_of": NOW}
    return Brief(**{**nothing, **counts, **told, **of, "recomputed": recomputed})


def view(
    said: CaseStatusData,
    lines: Sequence[Line],
    sla: CaseSlaData | None = None,
    *,
    payee: str = "anna",
    recomputed: bool = False,
    **reader: Any,
) -> CaseView | None:
    """The case as *payee* sees it."""
    case = Case(brief(said, recomputed), said, sla)
    return case_view(case, Lines(lines, True), [], process(), Reader({payee}, **reader))
