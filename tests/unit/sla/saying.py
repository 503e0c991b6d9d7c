"""What the tests of the SLA's core say: a case in a line, a clause, a moment, one call to judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chassis.instants import microseconds
from chassis.workdays import Calendar
from contracts.agreement import Agreement, Clause
from contracts.process import Words
from contracts.process_file import load_process
from sla.decide import judge
from sla.model import (
    Clock,
    History,
    Judgement,
    Key,
    LocalCalendar,
    Source,
    Span,
    StageRule,
    stage_rules,
)

CONTRACTS = Path(__file__).parents[3] / "contracts"
STAGES = stage_rules(load_process(CONTRACTS / "processes/disbursement.yaml"))
COUNTED = frozenset(code for code, stage in STAGES.items() if stage.counts)
ZONE = "Asia/Bangkok"
WEEKENDS = LocalCalendar(Calendar(), ZONE)
TITLE = Words("ข้อตกลง", "Agreement")
HOLDERS = {
    "draft": "unit", "at_unit": "unit", "returned": "unit", "received": "finance",
    "in_process": "finance", "bounced": "finance", "paid": "nobody", "withdrawn": "nobody",
    "cancelled": "nobody",
}  # fmt: skip


def at(text: str, zone: str = ZONE) -> int:
    """The instant of `01-31`, noon, or `01-31T09:30`, of 2026 in *zone*."""
    day, _, clock = text.partition("T")
    moment = datetime.fromisoformat(f"2026-{day}T{clock or '12:00'}")
    return microseconds(moment.replace(tzinfo=ZoneInfo(zone)))


def midnight(text: str) -> int:
    """The first instant of the date `01-31` of 2026."""
    return at(f"{text}T00:00")


def on(text: str) -> date:
    """The date `01-31` of 2026."""
    return date.fromisoformat(f"2026-{text}")


def case(*steps: str, **fields: Any) -> History:
    """A case of steps like `received 01-05` or `bounced 01-05T09:30 payee`, and its fields."""
    spans = []
    for step in steps:
        stage, moment, *holder = step.split()
        anchor = Key("a-source", f"{stage}-{moment}")
        spans.append(Span(stage, holder[0] if holder else HOLDERS[stage], at(moment), anchor))
    return History("case-1", "disbursement", tuple(spans), fields)


NINE_DAYS = Clause(
    "finance", TITLE, "finance", frozenset({"received"}), None, frozenset({"paid"}), 9, None
)


def clause(**changes: Any) -> Clause:
    """Finance has 9 working days from received to paid, or what *changes* make of it."""
    for name in ("starts_on", "stops_on"):
        if isinstance(changes.get(name), str):
            changes[name] = frozenset(changes[name].split())
    return replace(NINE_DAYS, **changes)


def agreement(*clauses: Clause, **changes: Any) -> Agreement:
    """An agreement in force since 2000, of one version, with these clauses."""
    return replace(
        Agreement(
            "promise", TITLE, "disbursement", ("finance",), date(2000, 1, 1), None, "weekends",
            clauses or (NINE_DAYS,), (), 1,
        ),
        **changes,
    )  # fmt: skip


def judged(
    history: History,
    now: str,
    *clauses: Clause,
    agreements: Sequence[Agreement] | None = None,
    sources: Sequence[Source] = (),
    stages: dict[str, StageRule] = STAGES,
    calendar: LocalCalendar = WEEKENDS,
) -> Judgement:
    """What is said of *history* at *now*, by the agreement of *clauses* unless others are given."""
    mine = [agreement(*clauses)] if agreements is None else agreements
    return judge(history, stages, mine, {"weekends": calendar}, sources, at(now))


def clock(history: History, now: str, *clauses: Clause, **more: Any) -> Clock:
    """The one clock of *history* at *now*."""
    (only,) = judged(history, now, *clauses, **more).clocks
    return only


def source(name: str = "erp", until: str | None = None, **changes: Any) -> Source:
    """A source for all units that moves cases, complete until *until*."""
    complete_us = None if until is None else at(until)
    facts = frozenset({"transferred"})
    return replace(Source(name, "finance", frozenset(), facts, complete_us), **changes)
