"""
What an agreement is: who promised what within how many days, as values.

The SLA's clocks run by it. An agreement is data: these values are read from
`contracts/agreements/<name>.yaml` (see `agreement_file.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.process import Role, Words

EVERYONE = "everyone"
"""The party of a clause that counts each day, whoever holds the case, and nobody's too."""

HOLDERS = tuple(role.value for role in (Role.UNIT, Role.FINANCE, Role.BANK, Role.PAYEE))
"""Who can hold a case, and so can be charged for a day."""

PARTIES = (*HOLDERS, EVERYONE)
"""Who a clause may be about."""


class DayUnit(StrEnum):
    """Which days are charged."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"


@dataclass(frozen=True, slots=True)
class When:
    """
    Which cases a clause is about: all its parts must hold. An empty set means any value.

    `amount_min` and `amount_max` are decimal strings in `currency`, both included; None is
    without bound. `currency` is None only where there is no bound.
    """

    kinds: frozenset[str] = frozenset()
    funds: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    amount_min: str | None = None
    amount_max: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """
    One promise: a party has so many days between a start and a stop.

    `starts_on` and `stops_on` are stages entered; `starts_on_date` is a date field of the case
    and stands in place of `starts_on`. Exactly one of `budget` (days charged) and `until` (a date
    field of the case) is given. `warn_at` counts days charged; `reminders` are working days past
    the breach, ascending, 0 on the breach itself. `target_percent` is the share to be met.
    """

    id: str
    title: Words
    party: str
    starts_on: frozenset[str]
    starts_on_date: str | None
    stops_on: frozenset[str]
    budget: int | None
    until: str | None
    unit: DayUnit = DayUnit.WORKING_DAYS
    when: When = When()
    target_percent: int | None = None
    warn_at: int | None = None
    reminders: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SignOff:
    """Who said yes for a party, and when."""

    party: str
    name: str
    signed_on: date


@dataclass(frozen=True, slots=True)
class Agreement:
    """
    A whole agreement. `version` is the number `config apply` gave it; 0 before it was applied.

    `parties` are those bound by it. It is in force from `valid_from` to `valid_until`, both
    included; None means until further notice. `calendar` names the calendar its days are counted
    in, `process` the process whose stages its clauses name.
    """

    name: str
    title: Words
    process: str
    parties: tuple[str, ...]
    valid_from: date
    valid_until: date | None
    calendar: str
    clauses: tuple[Clause, ...]
    sign_offs: tuple[SignOff, ...] = ()
    version: int = 0
