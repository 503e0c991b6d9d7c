"""
From the SLA's messages to what notify knows of deadlines: `sla-event` and `case-sla`. Pure.

sla tells each moment once and takes back what proves wrong, in words of their own; here they become
facts that hold or do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from contracts.agreement import EVERYONE
from contracts.message_parts import Words
from contracts.notice import SLA_FACTS

from notify.case import Forecast, SlaFact
from notify.model import Key
from notify.picture import instant_us
from notify.said import ClockSaid, DaysSaid, WordSaid

PASSED = frozenset(fact.removeprefix("sla.") for fact in SLA_FACTS)
"""
Words of the SLA that a rule may tell. All others only end, or take back, what one of these said: a
case of which no such word has come is decided without them.
"""

SUPERSEDED = "superseded"
REDIRECT = "redirect"
RUNNING = frozenset({"open", "breached"})


class ClauseName(NamedTuple):
    """A clause without the version of its agreement."""

    agreement: str
    clause: str


def clause_name(written: str) -> ClauseName:
    """Read `agreement@version#clause`."""
    agreement, _, clause = written.partition("#")
    return ClauseName(agreement.partition("@")[0], clause)


def sla_facts(said: Iterable[WordSaid], state: DaysSaid | None) -> tuple[SlaFact, ...]:
    """
    What the SLA said of one case, and whether it holds; the same in whatever order it came.

    *said* are all its `sla-event`s, of one that was said again the last. Who promised the days and
    the words for it come from *state*; while that is unknown, whoever had the case. What a joining
    of cases made void was not wrong, and stays.
    """
    clocks = {clause_name(row.clause): row for row in (state.clocks if state else ())}
    facts: dict[tuple[object, ...], SlaFact] = {}
    for event in sorted(said, key=_order):
        version, kind = instant_us(event.detected_at), f"sla.{event.kind}"
        if event.kind == SUPERSEDED:
            _take_back(facts, event, version)
            continue
        fact = _fact(event, kind, version, clocks.get(clause_name(event.clause)))
        facts[fact.anchor] = fact
    return tuple(facts.values())


def _order(event: WordSaid) -> tuple[int, bool, int, str, int]:
    """As it was said; of one moment what is taken back comes before what stands."""
    return (
        instant_us(event.detected_at),
        event.kind != SUPERSEDED,
        instant_us(event.at),
        event.kind,
        event.offset,
    )


def _take_back(facts: dict[tuple[object, ...], SlaFact], event: WordSaid, version: int) -> None:
    if event.reason == REDIRECT:
        return
    of, clause, start = f"sla.{event.of}", clause_name(event.clause), Key(*event.start)
    for anchor, fact in facts.items():
        same_clock = (fact.agreement, fact.clause, fact.start) == (*clause, start)
        if same_clock and fact.kind == of and fact.holds:
            facts[anchor] = replace(fact, holds=False, version=version)


def _fact(event: WordSaid, kind: str, version: int, clock: ClockSaid | None) -> SlaFact:
    name = clause_name(event.clause)
    title: Words | None = None if clock is None else clock.title
    return SlaFact(
        kind=kind,
        agreement=name.agreement,
        clause=name.clause,
        start=Key(*event.start),
        version=version,
        at_us=instant_us(event.at),
        party=EVERYONE if clock is None else clock.party,
        offset=event.offset,
        due=event.due or event.first_due,
        charged=event.charged,
        budget=event.budget,
        replay=event.replay,
        title=title,
    )


def forecast_of(
    state: DaysSaid | None, status_version: tuple[int, int], promises: Sequence[str]
) -> Forecast | None:
    """
    The days people are told: those of the first of *promises* (`agreement#clause`) that runs.

    None while *state* was computed from another (epoch, version) of the case than
    *status_version*, or when it knows nothing: then no day is said rather than a wrong one. The
    date of the money is left out where it hangs on what unit or payee do, and where the case is
    later than 85 of 100 were.
    """
    if state is None or (state.status_epoch, state.status_version) != status_version:
        return None
    row = _running(state.clocks, promises)
    paid_by = state.paid_by
    if row is None and paid_by is None:
        return None
    by = paid_by if paid_by and not paid_by.conditional and not paid_by.later_than_most else None
    return Forecast(
        budget=None if row is None else row.budget,
        charged=None if row is None else row.charged,
        remaining=None if row is None else row.remaining,
        due=None if row is None else row.due,
        paid_by=None if by is None else by.most_on,
        paid_by_half=None if by is None else by.half_on,
        overdue=row is not None and row.state == "breached",
        undetermined=row is not None and bool(row.undetermined),
    )


def _running(clocks: Iterable[ClockSaid], promises: Sequence[str]) -> ClockSaid | None:
    running = {"#".join(clause_name(row.clause)): row for row in clocks if row.state in RUNNING}
    return next((running[promise] for promise in promises if promise in running), None)
