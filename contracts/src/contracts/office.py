"""
Where the house's own offices are reached: units, officers' places of work and desks, as values.

Rules like all others: read from `contracts/offices/<name>.yaml` (see `office_file.py`), in force
from `config apply` on, and each address from one date to another.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from contracts.notice import LANGUAGES, OFFICE_KINDS, Channel, RecipientKind
from contracts.process import Words
from contracts.rule_file import to_plain

MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LINE = re.compile(r"[UCR][0-9a-f]{32}")
"""What LINE calls a user, a group or a room."""


@dataclass(frozen=True, slots=True)
class Office:
    """
    What one office is to one kind of recipient, from `valid_from` to `valid_until` (None: until
    further notice), both included.

    `id` is a unit, a desk, or of an officer the place of work: `unit:<unit>`, `finance`, `bank`.
    `office` is its name in the list: rows of one name are one office, which gets one digest.
    `off` are channels it does not want; `digest` None: as its kind usually is told. `contact` is
    whom to ask for. `email` and `line` are where it is reached.
    """

    kind: RecipientKind
    id: str
    email: str | None
    language: str
    valid_from: datetime.date
    valid_until: datetime.date | None = None
    off: frozenset[Channel] = frozenset()
    office: str = ""
    line: str | None = None
    title: Words | None = None
    contact: Words | None = None
    telephone: str | None = None
    hours: Words | None = None
    digest: bool | None = None

    def holds_on(self, day: datetime.date) -> bool:
        """Is this where it is reached on *day*?"""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Offices:
    """
    All offices of one list. `zone` is the IANA zone in which its dates begin.

    `version` is the number `config apply` gave the list; 0 before.
    """

    name: str
    zone: str
    offices: tuple[Office, ...]
    version: int = 0


class _OfficePart(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: RecipientKind
    id: Annotated[str, Field(min_length=1, max_length=200)]
    email: Annotated[str, Field(pattern=MAIL.pattern, max_length=254)] | None = None
    line: Annotated[str, Field(pattern=f"^{LINE.pattern}$")] | None = None
    language: str = LANGUAGES[0]
    valid_from: datetime.date
    valid_until: datetime.date | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> _OfficePart:
        if self.kind not in OFFICE_KINDS:
            raise ValueError("a payee's address comes with the payee, not with the offices")
        if self.language not in LANGUAGES:
            raise ValueError(f"language is one of {', '.join(LANGUAGES)}")
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("valid_until is before valid_from")
        return self


class _OfficesPart(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    zone: str
    offices: list[_OfficePart]

    @model_validator(mode="after")
    def _one_at_a_time(self) -> _OfficesPart:
        """Two addresses of one office on one day would leave it to chance."""
        last: dict[tuple[str, str], datetime.date | None] = {}
        for one in sorted(self.offices, key=lambda one: (one.kind, one.id, one.valid_from)):
            of = (one.kind, one.id)
            if of in last and (last[of] is None or one.valid_from <= (last[of] or one.valid_from)):
                raise ValueError(f"{one.kind} {one.id} has two addresses from {one.valid_from} on")
            last[of] = one.valid_until
        return self


def to_json(offices: Offices) -> dict[str, Any]:
    """Return *offices* as plain JSON values; equal offices give equal values."""
    plain = to_plain(offices)
    assert isinstance(plain, dict)
    return plain


def from_json(document: Mapping[str, Any]) -> Offices:
    """Return the offices of plain JSON values. Raises pydantic's ValidationError."""
    _OfficesPart.model_validate(document)
    rows = [{"language": LANGUAGES[0], "email": None, **row} for row in document["offices"]]
    return _adapter().validate_python({**document, "offices": rows})


@cache
def _adapter() -> TypeAdapter[Offices]:
    return TypeAdapter(Offices)
