"""
What a process is: its stages, facts and reference schemes, as values.

Everybody who needs to know what a fact means imports this: intake judges with it, status folds
with it. A process is data: these values are read from `contracts/processes/<name>.yaml` (see
`process_file.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """Who speaks. The order of the members is the order of roles in the fold."""

    UNIT = "unit"
    FINANCE = "finance"
    BANK = "bank"
    PAYEE = "payee"
    OFFICER = "officer"


PEOPLE = frozenset({Role.OFFICER, Role.PAYEE})
"""What people say is heard as they say it: nobody waits for their word, or misses it."""
ROLE_ORDER: Mapping[str, int] = MappingProxyType(
    {role.value: place for place, role in enumerate(Role)}
)


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    th: str
    en: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A desk a person can turn to."""

    desk: Words
    telephone: str | None = None
    email: str | None = None
    hours: Words | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """
    A place where a case can stand.

    `rank` is its place on the path, None for the ends outside it.
    `left_by` names the facts that leave a stage which `ends`; no other fact does.
    `flags` gives the words of the flag for a fact that may leave this stage but should not come.
    """

    code: str
    title: Words
    rank: int | None
    group: int | None
    counts: bool
    ends: bool
    holder: str
    contact: Contact
    holder_by_reason: Mapping[str, str] = field(default_factory=dict)
    left_by: frozenset[str] = frozenset()
    flags: Mapping[str, str] = field(default_factory=dict)


class LineEffect(StrEnum):
    """What a fact does to the lines it names, or to all open ones when it names none."""

    DESCRIBES = "describes"
    TRANSFERS = "transfers"
    CREDITS = "credits"
    BOUNCES = "bounces"
    CANCELS = "cancels"
    DELAYS = "delays"


@dataclass(frozen=True, slots=True)
class Fact:
    """
    Something a source may say.

    `asserts` is the stage it asserts, None for facts that move nothing.
    `restores` marks the fact that asserts the stage held before the end, or `data.stage`.
    `back_from` lists the stages from which it may lead to a lower rank; `("*",)` is every stage
    that does not end.
    `opens` marks the facts that open a case.
    `retracts`, `links`, `unlinks` mark the facts about other facts.
    `reason_required` asks for `data.reason`.
    """

    name: str
    title: Words
    roles: frozenset[str]
    asserts: str | None = None
    opens: bool = False
    restores: bool = False
    retracts: bool = False
    links: bool = False
    unlinks: bool = False
    back_from: frozenset[str] = frozenset()
    lines: LineEffect | None = None
    reason_required: bool = False
    about_case: bool = True


@dataclass(frozen=True, slots=True)
class Scheme:
    """
    A kind of reference number.

    `joins`: two events with one value, issuer and scope of it belong to one case. All others are
    only *about* a case.
    `scope`: the data field that narrows the value (`fiscal_year`), or None when it is unique.
    `related_process`: the process whose case it names, for references that only relate.
    """

    name: str
    title: Words
    joins: bool
    pattern: str
    scope: str | None = None
    upper: bool = True
    related_process: str | None = None


@dataclass(frozen=True, slots=True)
class IdentityScheme:
    """
    A kind of payee identity; only those that `identifies` say that two mentions are one payee.

    `issuer`: None = the source's own when none is given; `given` = it must be given; else this one.
    `same_as`: the scheme this one's numbers are kept under, where two schemes share their numbers.
    """

    name: str
    title: Words
    identifies: bool
    pattern: str
    check: str | None = None
    issuer: str | None = None
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason a fact may carry, by code."""

    code: str
    title: Words


@dataclass(frozen=True, slots=True)
class Process:
    """
    A whole process. `version` is the number `config apply` gave it; 0 before it was applied.

    `data_schema` is the JSON Schema of `data` by fact; `codes` the words of a data field's codes;
    `currency` that of lines in events that name no amount.
    """

    name: str
    title: Words
    stages: Mapping[str, Stage]
    facts: Mapping[str, Fact]
    schemes: Mapping[str, Scheme]
    identities: Mapping[str, IdentityScheme]
    reasons: Mapping[str, Mapping[str, Reason]]
    minor_units: Mapping[str, int]
    data_schema: Mapping[str, object]
    version: int = 0
    currency: str = ""
    papers: Mapping[str, Words] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)
