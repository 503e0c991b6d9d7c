"""What the SLA and its second telling say of one view of a case, in the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from sla.decide import judge
from sla.model import Clock, Judgement, LocalCalendar, local_calendar

from tests.unit.sla.generated import STAGES, Generated, View
from tests.unit.sla.generated_rules import CALENDAR
from tests.unit.sla.naive import Told, tell, unreported_since
from tests.unit.sla.naive_days import Telling
from tests.unit.sla.naive_terms import is_in_force

UNREPORTED = "start not reported"
RUNNING = ("open", "breached")
Saying = dict[str, Any]
Judge = Callable[..., Judgement]


def plainly(case: Generated, view: View) -> Saying:
    """All that the second telling says of one view of a case, by clause and by part of ledger."""
    tellings = {
        name: Telling(view.history, STAGES, rules, view.now_us)
        for name, rules in view.calendars.items()
    }
    said: Saying = {}
    for agreement in case.agreements:
        telling = tellings[agreement.calendar]
        for clause in agreement.clauses if agreement.process == view.history.process else ():
            name = f"{agreement.name}@{agreement.version}#{clause.id}"
            told = tell(telling, clause, view.sources)
            unreported = None if told else unreported_since(telling, clause)
            if told is not None and is_in_force(agreement, told[0]):
                said[name] = told[1]
            elif unreported is not None and is_in_force(agreement, unreported):
                said[name] = UNREPORTED
    return said | ledger_plainly(tellings[CALENDAR])


def ledger_plainly(telling: Telling) -> Saying:
    """The ledger day by day and its sums, by the second telling."""
    days = telling.ledger()
    sums = Counter(party for _, party in days)
    return {"first": telling.first, "days": days, "total": len(days), "by party": dict(sums)}


def judged(case: Generated, view: View, by: Judge = judge) -> Saying:
    """All that the SLA says of the same view; *by* stands in its place where a fault is planted."""
    judgement = by(
        view.history,
        STAGES,
        case.agreements,
        arithmetic(view),
        view.sources,
        view.now_us,
        CALENDAR,
    )
    ledger = judgement.ledger
    said: Saying = {clock.clause: as_told(clock) for clock in judgement.clocks}
    said |= dict.fromkeys(judgement.not_reported, UNREPORTED)
    days = [(day.date, day.party) for day in ledger.days]
    sums = dict(ledger.by_party)
    return said | {"first": ledger.first, "days": days, "total": ledger.total, "by party": sums}


def arithmetic(view: View) -> Mapping[str, LocalCalendar]:
    """The calendars of a view as the SLA builds them."""
    return {name: local_calendar(rules) for name, rules in view.calendars.items()}


def as_told(clock: Clock) -> Told:
    """A clock in the words of the second telling, which speaks of no warnings or reminders."""
    state = clock.state.value
    is_late = clock.breached_us is not None
    silent = sorted(silence.source for silence in clock.undetermined) if is_late else []
    return Told(
        state=state,
        charged=clock.charged,
        breached_us=clock.breached_us,
        first_due=clock.first_due,
        due=clock.due if state in RUNNING else None,
        stopped_us=clock.stopped_us,
        left_stop=clock.left_stop,
        silent=tuple(silent),
    )
