"""
Terms: the rules that cases of one process version are judged by, made ready once for all of them.

Pure. What is worked out here depends on no case: which versions of an agreement are newer, past
which stage a start is passed over, in which calendar the ledger is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from contracts.agreement import Agreement, Clause, When

from sla.legs import lowest_rank
from sla.model import LocalCalendar, StageRule

ANY_CASE = When()
FOR_EVER = date.max.toordinal()


class Dates(NamedTuple):
    """From which date to which an agreement is in force, both ordinals and included."""

    since: int
    until: int

    def include(self, on: int) -> bool:
        """Is the date *on* one of them?"""
        return self.since <= on <= self.until


class Term(NamedTuple):
    """
    One clause of one version of an agreement.

    `name` is how verdicts name it. `newer` are the dates of the versions that come before this one
    where they are in force too. `lowest`: see `lowest_rank`. `for_all`: it narrows to no cases.
    """

    agreement: Agreement
    clause: Clause
    name: str
    dates: Dates
    newer: tuple[Dates, ...]
    lowest: int | None
    for_all: bool

    def in_force(self, on: int) -> bool:
        """Is this the newest version whose dates include the date *on*?"""
        return self.dates.include(on) and not any(dates.include(on) for dates in self.newer)


@dataclass(frozen=True, slots=True)
class Terms:
    """
    All that a case of one process version is judged by, but for what the sources told.

    `books` is the calendar its ledger is kept in.
    """

    stages: Mapping[str, StageRule]
    clauses: tuple[Term, ...]
    calendars: Mapping[str, LocalCalendar]
    books: str


def terms_of(
    process: str,
    stages: Mapping[str, StageRule],
    agreements: Sequence[Agreement],
    calendars: Mapping[str, LocalCalendar],
    ledger_calendar: str | None = None,
) -> Terms:
    """
    The terms of *process*, whose pinned version has these *stages*.

    *agreements* are all versions of all agreements, *calendars* are by name, of which there is at
    least one. The ledger is kept in *ledger_calendar*, else where `calendar_of_ledger` says.
    """
    mine = [one for one in agreements if one.process == process]
    clauses = [
        _term(one, clause, mine, lowest_rank(clause, stages))
        for one in mine
        for clause in one.clauses
    ]
    books = ledger_calendar or calendar_of_ledger(process, mine, calendars)
    return Terms(stages, tuple(clauses), calendars, books)


def calendar_of_ledger(
    process: str, agreements: Sequence[Agreement], calendars: Mapping[str, LocalCalendar]
) -> str:
    """
    The calendar a ledger is kept in where nobody names one: that of the process's first agreement
    by name, newest version; where there is none, the first calendar by name.
    """
    mine = [one for one in agreements if one.process == process]
    if not mine:
        return min(calendars)
    return min(mine, key=lambda one: (one.name, -one.version)).calendar


def _term(
    agreement: Agreement, clause: Clause, mine: Sequence[Agreement], lowest: int | None
) -> Term:
    newer = [
        _dates(other)
        for other in mine
        if other.name == agreement.name and other.version > agreement.version
    ]
    return Term(
        agreement,
        clause,
        f"{agreement.name}@{agreement.version}#{clause.id}",
        _dates(agreement),
        tuple(newer),
        lowest,
        clause.when == ANY_CASE,
    )


def _dates(agreement: Agreement) -> Dates:
    until = agreement.valid_until
    return Dates(agreement.valid_from.toordinal(), FOR_EVER if until is None else until.toordinal())
