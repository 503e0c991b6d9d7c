"""The rules these tests judge by: small enough to count on fingers."""

from __future__ import annotations

from datetime import date
from typing import Any

from contracts.agreement import Agreement, Clause
from contracts.calendar import CalendarRules, DayOff
from contracts.process import Words

from contracts import agreement_file, calendar_file, process_file
from tests.unit.status.cases import disbursement

WORDS = Words("ก", "a")
ZONE = "Asia/Bangkok"


def process_json() -> dict[str, Any]:
    """The shipped process."""
    return process_file.to_json(disbursement())


def calendar_json(*days_off: date) -> dict[str, Any]:
    """Weekends, and these days off."""
    off = tuple(DayOff(day, WORDS, "a test", date(2026, 1, 1)) for day in days_off)
    rules = CalendarRules("office", WORDS, ZONE, frozenset({5, 6}), off)
    return calendar_file.to_json(rules)


def clause(name: str, **more: Any) -> Clause:
    """Two working days of finance from receipt to payment, unless *more* says otherwise."""
    return Clause(
        **{
            "id": name,
            "title": WORDS,
            "party": "finance",
            "starts_on": frozenset({"received"}),
            "starts_on_date": None,
            "stops_on": frozenset({"paid"}),
            "budget": 2,
            "until": None,
            "target_percent": 85,
            "warn_at": 1,
            "reminders": (0, 1),
            **more,
        }
    )


def agreement_json(*clauses: Clause) -> dict[str, Any]:
    """An agreement in force since 2025."""
    return agreement_file.to_json(
        Agreement(
            "promise",
            WORDS,
            "disbursement",
            ("finance",),
            date(2025, 1, 1),
            None,
            "office",
            clauses or (clause("two-days"),),
        )
    )


CALENDAR = calendar_json()
AGREEMENT = agreement_json()
