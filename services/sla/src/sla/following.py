"""
One case from what is kept of it to what is stored and told: the decision with its rules around it.

Pure but for the rules it is given: a value object read from the database before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from chassis.instants import microseconds
from chassis.outbox import Outgoing

from sla.decide import judge
from sla.model import (
    Clock,
    ClockState,
    History,
    Judgement,
    Ledger,
    LocalCalendar,
    local_ordinal,
)
from sla.paid_by import expect, samples_of
from sla.publish import Sight, case_sla, days_of, describe, sha_of, sla_event
from sla.store import Followed, Judged, history_of, reason_of
from sla.verdicts import Kind, Told, sayings

if TYPE_CHECKING:
    from sla.rules import Rules


def look_at(rules: Rules, case: Followed, now_us: int) -> tuple[History, Judgement, Sight]:
    """Judge a case as of *now_us*. A case that leads to another has no days and no clocks."""
    history = history_of(case)
    stages = rules.stages_of(case.process, case.process_version)
    name = rules.ledger_calendar(case.process)
    calendar = rules.calendars[name]
    sight = Sight(name, rules.calendar_versions[name], calendar, now_us)
    if case.redirect_to is not None:
        return history, Judgement(Ledger(None, (), calendar), (), (), None), sight
    sources = rules.sources_of(case.process)
    found = judge(history, stages, rules.agreements, rules.calendars, sources, now_us, name)
    return history, found, sight


def told_of(
    rules: Rules, case: Followed, history: History, found: Judgement, sight: Sight
) -> dict[str, Any]:
    """What is told of a case, with the date by which cases like it were paid."""
    paid_by = None
    if case.redirect_to is None:
        stages = rules.stages_of(case.process, case.process_version)
        learnt, today = rules.learnt(case.process), sight.today.toordinal()
        paid_by = expect(learnt, history, stages, sight.calendar, today)
    return describe(history, found, paid_by, rules.promises, sight)


def judge_case(
    rules: Rules, case: Followed, told: Mapping[str, Told], now: datetime, reason: str
) -> tuple[Judged, list[Outgoing]]:
    """What becomes of *case* at *now*, of which *told* was said before, and the messages for it."""
    now_us = microseconds(now)
    history, found, sight = look_at(rules, case, now_us)
    stages = rules.stages_of(case.process, case.process_version)
    ended_us = history.spans[-1].since_us if history.spans else None
    said, after = sayings(told, found.clocks, ended_us)
    body = {
        "redirect_to": None if case.redirect_to is None else str(case.redirect_to),
        **told_of(rules, case, history, found, sight),
    }
    messages: list[Outgoing] = []
    sha256 = sha_of(body)
    version = case.told_version
    if sha256 != case.told_sha256:
        version += 1
        seen = {"status_epoch": case.epoch, "status_version": case.version, "replay": case.replay}
        key, value = case_sla(str(case.case_id), case.process, version, now_us, {**seen, **body})
        messages.append(Outgoing("case-sla", key, value))
    clocks = {clock.clause: clock for clock in found.clocks}
    for saying in said:
        why = reason_of(case, reason)
        more = _beside(clocks.get(saying.clause), saying.kind, history, case, why)
        key, value = sla_event(str(case.case_id), case.process, version, saying, now_us, more)
        messages.append(Outgoing("sla-event", key, value))
    days, total = days_of(found.ledger)
    one = Judged(
        case=replace(case, told_version=version, told_sha256=sha256),
        days=days,
        days_total=total,
        waits=any(clock.undetermined for clock in found.clocks),
        next_check_us=found.next_check_us,
        clocks={
            clause: (one, _final_on(clocks[clause], sight.calendar))
            for clause, one in after.items()
            if told.get(clause) != one
        },
        gone=[clause for clause in told if clause not in after],
        fields=history.fields,
        sayings=said,
        samples=samples_of(history, stages, sight.calendar) if case.redirect_to is None else (),
        taught=any(stages[span.stage].ends for span in history.spans)
        or case.redirect_to is not None,
    )
    return one, messages


def _beside(
    clock: Clock | None, kind: Kind, history: History, case: Followed, reason: str
) -> dict[str, Any]:
    """What a moment's message says beside the moment itself."""
    return {
        "budget": None if clock is None else clock.budget,
        "first_due": _day(None if clock is None else clock.first_due),
        "due": _day(None if clock is None else clock.due),
        "reason": reason if kind is Kind.SUPERSEDED else None,
        "unit": history.fields.get("unit"),
        "replay": case.replay,
    }


def _final_on(clock: Clock, calendar: LocalCalendar) -> date | None:
    """The local date a clock counts on: met at the stop, otherwise at the breach."""
    at_us = None
    if clock.state is ClockState.MET:
        at_us = clock.stopped_us
    elif clock.state in (ClockState.MISSED, ClockState.BREACHED):
        at_us = clock.breached_us
    return None if at_us is None else date.fromordinal(local_ordinal(calendar.zone, at_us))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
