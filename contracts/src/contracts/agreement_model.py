"""
The shape of an agreement file, as pydantic reads it: a key nobody knows is refused.

`agreement_file.py` turns it into an `Agreement`, `agreement_check.py` says what is wrong with one.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.agreement import DayUnit
from contracts.process_model import Name, Part, Text, WordsPart
from contracts.rule_file import RealDate

Code = Annotated[str, Field(min_length=1, max_length=100)]
Days = Annotated[int, Field(ge=0, le=3660)]
Decimal = Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]+)?$")]


class WhenPart(Part):
    """Which cases a clause is about; what is left out is any."""

    kinds: list[Code] = Field(default_factory=list)
    funds: list[Code] = Field(default_factory=list)
    priorities: list[Code] = Field(default_factory=list)
    units: list[Code] = Field(default_factory=list)
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None


class ClausePart(Part):
    """One promise; `starts_on` or `starts_on_date`, and `budget` or `until`."""

    title: WordsPart
    party: Name
    starts_on: list[Name] = Field(default_factory=list)
    starts_on_date: Name | None = None
    stops_on: Annotated[list[Name], Field(min_length=1)]
    budget: Days | None = None
    until: Name | None = None
    unit: Annotated[DayUnit, Field(strict=False)] = DayUnit.WORKING_DAYS
    when: WhenPart = WhenPart()
    target_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    warn_at: Days | None = None
    reminders: list[Days] = Field(default_factory=list)


class SignOffPart(Part):
    """Who said yes for a party, and when."""

    party: Name
    name: Text
    signed_on: RealDate


class AgreementPart(Part):
    """A whole agreement file."""

    name: Name
    title: WordsPart
    process: Name
    parties: Annotated[list[Name], Field(min_length=1)]
    valid_from: RealDate
    valid_until: RealDate | None = None
    calendar: Name
    clauses: Annotated[dict[Name, ClausePart], Field(min_length=1)]
    sign_offs: list[SignOffPart] = Field(default_factory=list)
