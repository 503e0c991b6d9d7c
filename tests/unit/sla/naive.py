"""
A second telling of the rules of clauses, slow and plain, that shares no code with the first.

The SLA's values come in, and everything else is told again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from contracts.agreement import Clause
from sla.model import Source

from tests.unit.sla.naive_days import NOBODY, ONE_DAY, Telling
from tests.unit.sla.naive_terms import concerns

EVERYONE = "everyone"


@dataclass(frozen=True)
class Told:
    """
    What the rules say of one clause; instants in microseconds since 1970.

    `due` is told while the clock runs. `silent` names the sources whose word a breach waits for.
    """

    state: str
    charged: int
    breached_us: int | None
    first_due: date | None
    due: date | None
    stopped_us: int | None
    left_stop: bool
    silent: tuple[str, ...]


@dataclass(frozen=True)
class Start:
    """Where a clock begins: its date, who holds the case then, and the first span after it."""

    on: date
    holder: str
    after: int


def tell(telling: Telling, clause: Clause, sources: Sequence[Source]) -> tuple[date, Told] | None:
    """What the rules say of *clause*, with the date it starts on; None where no clock runs."""
    start = start_of(telling, clause)
    if start is None or not concerns(clause.when, telling.history.fields):
        return None
    stop = stop_of(telling, clause, start)
    last = telling.last if stop is None else max(telling.dates[stop], start.on)
    days = charged_days(telling, clause, start.on, last)
    breach = breach_of(telling, clause, days, last)
    state = state_of(telling, stop, breach)
    silent = still_silent(telling, sources, breach) if state == "breached" else ()
    told = Told(
        state="open" if silent else state,
        charged=len(days),
        breached_us=breach,
        first_due=first_due(telling, clause, start),
        due=due(telling, clause, start, days) if state in ("open", "breached") else None,
        stopped_us=None if stop is None else stopped_us(telling, clause, start, stop),
        left_stop=stop is not None and has_fallen_back(telling, stop),
        silent=silent,
    )
    return start.on, told


def start_of(telling: Telling, clause: Clause) -> Start | None:
    """
    The first entry into a start stage, or into one above it where the case passed the start over.

    Coming to the stop or an end before the start starts none, and from then on only a start stage
    does. A stage beside the path passes nothing over, so it takes nothing away.
    """
    if clause.starts_on_date is not None:
        return start_on_date(telling, telling.said_date(clause.starts_on_date))
    lowest = lowest_rank(telling, clause)
    for place, span in enumerate(telling.history.spans):
        stage = telling.stages[span.stage]
        is_above = lowest is not None and stage.rank is not None and stage.rank > lowest
        is_over = stage.ends or span.stage in clause.stops_on
        if span.stage in clause.starts_on or (is_above and not is_over):
            return Start(telling.dates[place], span.holder, place + 1)
        if is_over and stage.rank is not None:
            lowest = None
    return None


def lowest_rank(telling: Telling, clause: Clause) -> int | None:
    """The lowest rank of the start stages on the path; a detour cannot be passed over."""
    rules = [telling.stages[code] for code in clause.starts_on]
    ranks = [rule.rank for rule in rules if rule.rank is not None and not rule.detour]
    return min(ranks, default=None)


def start_on_date(telling: Telling, on: date | None) -> Start | None:
    """A clock that starts on a date of the case's data, once that date is there."""
    if on is None or on > telling.today:
        return None
    begins_us = telling.midnight_us(on)
    entered = [span for span in telling.history.spans if span.since_us <= begins_us]
    return Start(on, entered[-1].holder if entered else NOBODY, len(entered))


def unreported_since(telling: Telling, clause: Clause) -> date | None:
    """The date on which the stop or an end was entered, where nothing started the clock."""
    if clause.starts_on_date is None:
        could_not_be_told = lowest_rank(telling, clause) is None
    else:
        could_not_be_told = telling.said_date(clause.starts_on_date) is not None
    if could_not_be_told or start_of(telling, clause) is not None:
        return None
    if not concerns(clause.when, telling.history.fields):
        return None
    for on, span in zip(telling.dates, telling.history.spans, strict=True):
        if span.stage in clause.stops_on or telling.stages[span.stage].ends:
            return on
    return None


def stop_of(telling: Telling, clause: Clause, start: Start) -> int | None:
    """
    The place of the first span after the start that stands in a stop stage.

    Where a date starts the clock it may find the case there already.
    """
    first = start.after if clause.starts_on_date is None else max(start.after - 1, 0)
    for place, span in enumerate(telling.history.spans):
        if place >= first and span.stage in clause.stops_on:
            return place
    return None


def stopped_us(telling: Telling, clause: Clause, start: Start, stop: int) -> int:
    """The instant of the stop; a clock that found it there stopped as it started."""
    entered_us = telling.history.spans[stop].since_us
    if clause.starts_on_date is None:
        return entered_us
    return max(entered_us, telling.midnight_us(start.on))


def has_fallen_back(telling: Telling, stop: int) -> bool:
    """Did the case come back below its stop? Who goes on along the path does not leave it."""
    ranks = [telling.stages[span.stage].rank for span in telling.history.spans[stop:]]
    stop_rank = ranks[0]
    if stop_rank is None:
        return len(ranks) > 1
    return any(rank is not None and rank < stop_rank for rank in ranks)


def charged_days(telling: Telling, clause: Clause, start: date, last: date) -> list[date]:
    """The days after *start*, up to and including *last*, that the clause's party is charged."""
    days = telling.days(start, last, clause.unit)
    return [day for day, holder in days if clause.party in (EVERYONE, holder)]


def breach_of(telling: Telling, clause: Clause, days: list[date], last: date) -> int | None:
    """The instant at which the clock passed what was promised; None while it has not."""
    if clause.budget is not None:
        too_many = days[clause.budget :]
        return telling.midnight_us(too_many[0]) if too_many else None
    until = telling.said_date(clause.until)
    if until is None or last <= until:
        return None
    return telling.midnight_us(until + ONE_DAY)


def state_of(telling: Telling, stop: int | None, breach: int | None) -> str:
    """One of the five states, as if every source had told all it knows."""
    if stop is not None:
        return "met" if breach is None else "missed"
    if telling.has_ended:
        return "void"
    return "open" if breach is None else "breached"


def still_silent(
    telling: Telling, sources: Sequence[Source], breach: int | None
) -> tuple[str, ...]:
    """
    The sources that may yet say that the breach never was: any, where the unit is not known.

    Who has told all up to the last microsecond before the midnight of the breach has told enough.
    """
    unit = telling.history.fields.get("unit")
    silent = []
    for source in sources:
        is_of_it = unit is None or not source.units or unit in source.units
        until = source.complete_until_us
        if source.facts and is_of_it and (until is None or breach is None or until < breach - 1):
            silent.append(source.name)
    return tuple(sorted(silent))


def first_due(telling: Telling, clause: Clause, start: Start) -> date | None:
    """The due date as told at the start; None where another party held the case then."""
    if clause.budget is None:
        return telling.said_date(clause.until)
    if clause.party not in (EVERYONE, start.holder):
        return None
    return telling.days_later(start.on, clause.budget, clause.unit)


def due(telling: Telling, clause: Clause, start: Start, days: list[date]) -> date | None:
    """
    The date of the last budgeted day if nothing moves.

    None while another party holds the case and days remain.
    """
    if clause.budget is None:
        return telling.said_date(clause.until)
    if clause.budget > len(days) and clause.party not in (EVERYONE, telling.holder_now):
        return None
    ahead = max(telling.today, start.on)
    while len(days) < clause.budget:
        days = days + charged_days(telling, clause, ahead, ahead + ONE_DAY)
        ahead += ONE_DAY
    return [start.on, *days][clause.budget]
