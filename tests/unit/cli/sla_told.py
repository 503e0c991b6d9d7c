"""What sla tells of cases, as its HTTP interface shapes it; for tests of what reads it."""

from __future__ import annotations

from typing import Any

DAYS = [
    ["2026-11-12", "unit"],
    ["2026-11-13", "unit"],
    ["2026-11-16", "finance"],
    ["2026-11-17", "finance"],
    ["2026-11-18", "unit"],
]


def clock(**changes: Any) -> dict[str, Any]:
    """A running clock of finance, four of its nine days used."""
    told = {
        "clause": "finance-9-days@1#finance",
        "title": {"th": "คลังจ่ายภายใน 9 วัน", "en": "Finance pays within 9 days"},
        "agreement_title": {"th": "คลัง", "en": "Finance"},
        "party": "finance",
        "unit": "working_days",
        "state": "open",
        "started_at": "2026-11-13T03:00:00.000000Z",
        "start": ["erp", "r-1"],
        "stopped_at": None,
        "charged": 4,
        "budget": 9,
        "remaining": 5,
        "first_due": "2026-11-26",
        "due": "2026-11-27",
        "breached_at": None,
        "left_stop": False,
        "undetermined": [],
    }
    return told | changes


def verdict(kind: str, **changes: Any) -> dict[str, Any]:
    """A verdict on finance's clause that stands."""
    told = {
        "clause": "finance-9-days@1#finance",
        "kind": kind,
        "at": "2026-11-26T17:00:00.000000Z",
        "charged": 10,
        "told_at": "2026-11-27T01:00:00.000000Z",
        "superseded_at": None,
        "reason": None,
    }
    return told | changes


def sla(*clocks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A case with five working days in its ledger."""
    told = {
        "case": "1",
        "process": "disbursement",
        "version": 3,
        "status_version": 7,
        "as_of": "2026-11-18T05:00:00.000000Z",
        "as_of_date": "2026-11-18",
        "calendar": "thai-government@1",
        "zone": "Asia/Bangkok",
        "ledger": {
            "first": "2026-11-11",
            "total": 5,
            "by_party": {"finance": 2, "unit": 3},
            "days": DAYS,
        },
        "clocks": list(clocks),
        "not_reported": [],
        "verdicts": [],
    }
    return told | changes
