"""`--cases`: one row for each case that stands, with its stage, its days and its two clocks."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contracts.agreement import EVERYONE
from contracts.plan import Plan

from tidtam.proving.answer import Answer
from tidtam.proving.rules import FINANCE
from tidtam.proving.verdicts import PARTIES, Verdicts, clause_id

HEADER = (
    "case",
    "stage",
    *PARTIES,
    "fin_state",
    "fin_charged",
    "fin_breach",
    "fin_first_due",
    "all_state",
    "all_breach",
)


def write_cases(path: Path, plan: Plan, answer: Answer, verdicts: Verdicts) -> None:
    """
    Write the CSV (UTF-8, comma, header), by the log's own case ids.

    Days are numbers, 0 where there are none. A clause without a clock has empty cells.
    """
    case_of = {(e.event["source"], e.event["id"]): e.case for e in plan.events}
    rows = sorted(
        _row(case_of[entry["source"], entry["id"]], case, verdicts.cases.get(case["case"]))
        for case in answer.standing()
        for entry in case["timeline"][:1]
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows)


def _row(name: str, case: Mapping[str, Any], told: Mapping[str, Any] | None) -> tuple[str, ...]:
    days = told["ledger"]["by_party"] if told else {}
    clocks = {clause_id(one): one for one in told["clocks"]} if told else {}
    finance, everyone = clocks.get(FINANCE), clocks.get(EVERYONE)
    zone = ZoneInfo(told["zone"]) if told else None
    return (
        name,
        case["stage"] or "",
        *(str(days.get(party, 0)) for party in PARTIES),
        _cell(finance, "state"),
        _cell(finance, "charged"),
        _breach(finance, zone),
        _cell(finance, "first_due"),
        _cell(everyone, "state"),
        _breach(everyone, zone),
    )


def _cell(clock: Mapping[str, Any] | None, field: str) -> str:
    said = None if clock is None else clock[field]
    return "" if said is None else str(said)


def _breach(clock: Mapping[str, Any] | None, zone: ZoneInfo | None) -> str:
    """The local date of the true instant: that of the day charged as one too many."""
    at = _cell(clock, "breached_at")
    return at and datetime.fromisoformat(at).astimezone(zone).date().isoformat()
