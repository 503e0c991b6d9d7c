"""
The three answers about a case: which step it is at, how many days, whom to contact. Pure.

Days are working days by weekends only, counted from the day finance first had the case; the day of
the receipt itself is day 0. Where sla answers, its days and due dates are shown instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from chassis.workdays import Calendar, workdays_between

FINANCE = "finance"
WEEKENDS_ONLY = Calendar()


@dataclass(frozen=True, slots=True)
class Days:
    """
    How long a case has taken since finance had it.

    `received_on` is None while finance has not had it; then the count runs from `since`, the day
    its present stage began. `ended_on` is the last day of the count where the case has ended.
    """

    count: int
    since: date
    received_on: date | None
    ended_on: date | None


def days_of(case: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> Days | None:
    """Count the working days of *case*; None while it stands in no stage."""
    spans = case["spans"]
    if not spans:
        return None
    received = next((day(one["since"], zone) for one in spans if one["holder"] == FINANCE), None)
    last = day(spans[-1]["since"], zone)
    ended = last if case["ended"] else None
    since = received or last
    until = ended or now.astimezone(zone).date()
    return Days(max(0, workdays_between(WEEKENDS_ONLY, since, until)), since, received, ended)


def day(instant: str, zone: ZoneInfo) -> date:
    """Return the local date of an RFC 3339 *instant*."""
    return datetime.fromisoformat(instant).astimezone(zone).date()


def answers(case: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Return the three answers for JSON."""
    days = days_of(case, now, zone)
    return {
        "step": {
            "stage": case["stage"],
            "title": case.get("stage_title"),
            "since": case["since"],
            "holder": case["holder"],
        },
        "days": None
        if days is None
        else {
            "working_days": days.count,
            "counted_from": "received" if days.received_on else "stage",
            "since": days.since.isoformat(),
            "ended_on": days.ended_on.isoformat() if days.ended_on else None,
        },
        "contact": case["contact"],
    }


def parts_paid(case: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return (lines paid, lines that are to be paid) where that says more than the stage does."""
    lines = case["lines"]
    paid, total = lines["transferred"], lines["total"] - lines["cancelled"]
    return (paid, total) if total > 1 or (paid and case["stage"] != "paid") else None
