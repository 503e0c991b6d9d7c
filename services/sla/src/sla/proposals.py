"""
What a proposal would change, before anybody decides: nothing is stored and nothing published.

A calendar is compared with the one in force, case by case; an agreement is run over the past as if
it had been in force.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from chassis.instants import microseconds
from chassis.service import Base
from contracts.agreement import Agreement
from contracts.calendar import CalendarRules

from sla import store
from sla.following import look_at
from sla.model import Clock, ClockState, local_ordinal
from sla.rules import Rules
from sla.store import Followed
from sla.verdicts import Kind, sayings

PAGE = 1000
YIELD_EVERY = 64
LISTED_MAX = 1000
FINAL = (ClockState.MET, ClockState.MISSED)


async def preview_calendar(base: Base, rules: Rules, calendar: CalendarRules) -> dict[str, Any]:
    """
    What would move if *calendar* came into force now: due dates, verdicts, and what was told and
    would have to be taken back. Each list names its cases, up to 1,000; the counts are of all.
    """
    proposed = rules.with_calendar(calendar)
    now_us = microseconds(base.clock.now())
    moved: dict[str, list[dict[str, Any]]] = {"deadlines": [], "verdicts": [], "corrections": []}
    cases = 0
    async for case in _cases(base):
        cases += 1
        before = look_at(rules, case, now_us).found.clocks
        view = look_at(proposed, case, now_us)
        for old, new in _pairs(before, view.found.clocks):
            _compare(moved, case.case_id, old, new)
        for saying in sayings(view.told, view.found.clocks, view.ended_us)[0]:
            if saying.kind is Kind.SUPERSEDED:
                row = {"case": str(case.case_id), "clause": saying.clause, "of": saying.of}
                moved["corrections"].append(row)
    counts = {name: len(rows) for name, rows in moved.items()}
    listed = {name: rows[:LISTED_MAX] for name, rows in moved.items()}
    return {"cases": cases, "counts": counts, **listed}


async def shadow(base: Base, rules: Rules, agreement: Agreement, since: date) -> dict[str, Any]:
    """
    How *agreement* would have stood for all clocks that began on *since* or later, by clause.

    Percentiles are of the days charged over met and missed, by nearest rank.
    """
    proposed = rules.with_agreement(agreement)
    zone = proposed.calendars[agreement.calendar].zone
    now_us = microseconds(base.clock.now())
    clocks: dict[str, list[Clock]] = {}
    cases = 0
    async for case in _cases(base):
        cases += 1
        for clock in look_at(proposed, case, now_us).found.clocks:
            if local_ordinal(zone, clock.started_us) >= since.toordinal():
                clocks.setdefault(clock.clause, []).append(clock)
    rows = [_tally(name, clocks[name]) for name in sorted(clocks)]
    return {"cases": cases, "since": since.isoformat(), "clauses": rows}


async def _cases(base: Base) -> AsyncIterator[Followed]:
    """All cases, page by page, beside live traffic."""
    after = -1
    while True:
        async with base.pool.acquire() as connection:
            page = await store.page_cases(connection, after, PAGE)
        for place, case in enumerate(page):
            if place % YIELD_EVERY == 0:
                await asyncio.sleep(0)
            yield case
        if len(page) < PAGE:
            return
        after = page[-1].case_id


def _pairs(before: Iterable[Clock], after: Iterable[Clock]) -> list[tuple[Clock, Clock]]:
    """The clocks that stand under both."""
    new = {clock.clause: clock for clock in after}
    return [(old, new[old.clause]) for old in before if old.clause in new]


def _compare(
    moved: Mapping[str, list[dict[str, Any]]], case_id: int, old: Clock, new: Clock
) -> None:
    """Note a due date and a verdict that would be another."""
    of = {"case": str(case_id), "clause": old.clause}
    if old.due != new.due:
        moved["deadlines"].append({**of, "from": _day(old.due), "to": _day(new.due)})
    if old.state != new.state:
        moved["verdicts"].append({**of, "from": old.state, "to": new.state})


def _tally(clause: str, clocks: Sequence[Clock]) -> dict[str, Any]:
    """How many clocks of a clause stand how, and the days they were charged."""
    counts = {state.value: 0 for state in ClockState}
    for clock in clocks:
        counts[clock.state] += 1
    days = sorted(clock.charged for clock in clocks if clock.state in FINAL)
    ended = counts["met"] + counts["missed"] + counts["breached"]
    return {
        "clause": clause,
        **counts,
        "met_percent": round(100 * counts["met"] / ended, 2) if ended else None,
        **{f"p{share}": _nearest_rank(days, share) for share in (50, 85, 95)},
    }


def _nearest_rank(days: Sequence[int], share: int) -> int | None:
    """The smallest value that at least *share* percent do not exceed."""
    return days[-(-len(days) * share // 100) - 1] if days else None


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def day_in(text: str) -> date:
    """A date as `2026-01-31`. Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%d").date()
