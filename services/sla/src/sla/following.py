"""
One case from what is kept of it to what is stored and told: the decision with its rules around it.

Pure but for the rules it is given: a value object read from the database before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from chassis.instants import microseconds
from chassis.outbox import Outgoing

from sla.decide import RUNNING, judge_by
from sla.model import (
    Clock,
    ClockState,
    History,
    Judgement,
    Ledger,
    LocalCalendar,
    local_ordinal,
)
from sla.paid_by import expect
from sla.publish import Beside, Sight, case_sla, days_of, describe, sha_of, sla_event
from sla.queues import Holding, Queues, agreements_of, holding_of
from sla.store import (
    Followed,
    Judged,
    Place,
    Verdict,
    clocks_text,
    is_verdict,
    moment_of,
)
from sla.verdicts import Kind, Saying, Told, sayings

if TYPE_CHECKING:
    from sla.rules import Rules
    from sla.terms import Terms


class View(NamedTuple):
    """
    A case as it was looked at: what is known of it, by which terms, what is true of it, what was
    told of its clocks before, and who has it.
    """

    history: History
    terms: Terms
    found: Judgement
    sight: Sight
    told: Mapping[str, Told]
    holding: Holding | None

    @property
    def ended_us(self) -> int | None:
        """When it entered the stage it stands in."""
        return self.history.spans[-1].since_us if self.history.spans else None


def look_at(rules: Rules, case: Followed, now_us: int) -> View:
    """
    Judge a case as of *now_us*. A case that leads to another has no days and no clocks.

    A moment that was told has come, for the sources have told everything before it: a clock that
    was set back takes no verdict back.
    """
    history, told = case.read(), case.clocks()
    if told:
        now_us = max([now_us, *(mark.at_us for one in told.values() for mark in one.marks)])
    terms = rules.terms_of(case.process, case.process_version)
    calendar = terms.calendars[terms.books]
    sight = Sight(terms.books, rules.calendar_versions[terms.books], calendar, now_us)
    if case.redirect_to is not None:
        found = Judgement(Ledger(None, (), calendar), (), (), None)
        return View(history, terms, found, sight, told, None)
    found = judge_by(terms, history, rules.sources_of(case.process), now_us)
    return View(history, terms, found, sight, told, holding_of(history, terms.stages))


def told_of(
    rules: Rules, case: Followed, view: View, queues: Queues | None = None
) -> dict[str, Any]:
    """
    What is told of a case, with the date by which cases like it were paid, and its place in the
    queue: of this morning, or in *queues*.
    """
    history, terms, found, sight, _, holding = view
    beside = Beside()
    if found.next_check_us is not None:
        learnt, today = rules.past.learnt(case.process), sight.today.toordinal()
        running = [clock.clause for clock in found.clocks if clock.state in RUNNING]
        asked = rules.past.queues if queues is None else queues
        stand = asked.stand(case.process, agreements_of(running), holding, history.fields)
        paid_by = expect(learnt, history, terms.stages, sight.calendar, today)
        beside = Beside(paid_by, stand)
    body = describe(history, found, beside, rules.promises, sight)
    body["redirect_to"] = None if case.redirect_to is None else str(case.redirect_to)
    return body


def judge_case(rules: Rules, case: Followed, now: datetime) -> tuple[Judged, list[Outgoing]]:
    """
    What becomes of *case* at *now*, and the messages for it.

    A new state of the case is always told on, also where no day moved: readers say a day only of
    the state they know. What time or words bring is told when it can be seen.
    """
    now_us, reason = microseconds(now), reason_of(case)
    view = look_at(rules, case, now_us)
    said, after = sayings(view.told, view.found.clocks, view.ended_us)
    shown = told_of(rules, case, view)
    body = orjson.dumps(shown)
    sha256, version = sha_of(body), case.told_version
    messages: list[Outgoing] = []
    if sha256 != case.told_sha256 or case.arrived is not None:
        version += 1
        seen = {"status_epoch": case.epoch, "status_version": case.version, "replay": case.replay}
        told = case_sla(str(case.case_id), case.process, version, now_us, seen, body)
        messages.append(Outgoing("case-sla", *told))
    rows = {row["clause"]: row for row in shown["clocks"]}
    for saying in said:
        more = _beside(rows.get(saying.clause, NO_CLOCK), view.history)
        more["replay"] = case.replay or _is_long_past(saying, case)
        more["reason"] = reason if saying.kind is Kind.SUPERSEDED else None
        event = sla_event(str(case.case_id), case.process, version, saying, now_us, more)
        messages.append(Outgoing("sla-event", *event))
    kept = case._replace(
        told_version=version,
        told_sha256=sha256,
        told=clocks_text(after),
        replayed_us=now_us if case.long_ago else case.replayed_us,
        place=_place(view),
    )
    days, total = days_of(view.found.ledger)
    clocks = {clock.clause: clock for clock in view.found.clocks}
    verdicts = [
        Verdict(one, _counted_on(clocks[one.clause], view.sight.calendar))
        for one in said
        if is_verdict(one)
    ]
    changed = kept != case or case.arrived is not None
    fields = view.history.fields
    return Judged(kept, days, total, said, verdicts, reason, fields, changed), messages


def reason_of(case: Followed) -> str:
    """
    Why a verdict of *case* is taken back: it belongs to another case now, its facts came or were
    corrected, or what woke it.
    """
    if case.redirect_to is not None:
        return "redirect"
    return "facts" if case.arrived is not None else case.place.woken or "sources"


def _place(view: View) -> Place:
    """Where the case stands in time from now on."""
    found, holding = view.found, view.holding
    waits = {silence.source for clock in found.clocks for silence in clock.undetermined}
    return Place(
        " ".join(sorted(waits)),
        None if found.next_check_us is None else moment_of(found.next_check_us),
        None if holding is None else holding.queue,
        None if holding is None else holding.entered_us,
        view.ended_us,
    )


NO_CLOCK = {"budget": None, "first_due": None, "due": None}
"""Of a clock that never was: a late fact or another version took its start away."""


def _is_long_past(saying: Saying, case: Followed) -> bool:
    """Does time alone bring it, and of the days whose facts were played again?"""
    if case.arrived is not None or case.replayed_us is None or saying.at_us is None:
        return False
    return saying.at_us <= case.replayed_us


def _beside(row: Mapping[str, Any], history: History) -> dict[str, Any]:
    """What a moment's message says beside the moment itself; *row* is the clock as it is told."""
    return {
        "budget": row["budget"],
        "first_due": row["first_due"],
        "due": row["due"],
        "unit": history.fields.get("unit"),
    }


def _counted_on(clock: Clock, calendar: LocalCalendar) -> date | None:
    """The local date a clock counts on: met at the stop, otherwise at the breach."""
    at_us = None
    if clock.state is ClockState.MET:
        at_us = clock.stopped_us
    elif clock.state in (ClockState.MISSED, ClockState.BREACHED):
        at_us = clock.breached_us
    return None if at_us is None else date.fromordinal(local_ordinal(calendar.zone, at_us))
