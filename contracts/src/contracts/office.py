"""
Where the house's own offices are reached: units, officers' places of work and desks, as values.

Rules like all others: in force from `config apply` on, and each address from one date to another.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.notice import LANGUAGES, Channel, RecipientKind

MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
KINDS = frozenset({RecipientKind.UNIT_OFFICE, RecipientKind.OFFICER, RecipientKind.DESK})


@dataclass(frozen=True, slots=True)
class Office:
    """
    One office from `valid_from` to `valid_until` (None: until further notice), both included.

    `id` is a unit, a desk, or of an officer the place of work: `unit:<unit>`, `finance`, `bank`.
    `off` are channels it does not want.
    """

    kind: RecipientKind
    id: str
    email: str
    language: str
    valid_from: datetime.date
    valid_until: datetime.date | None = None
    off: frozenset[Channel] = frozenset()

    def holds_on(self, day: datetime.date) -> bool:
        """Is this where it is reached on *day*?"""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Offices:
    """All offices of one list. `zone` is the IANA zone in which its dates begin."""

    name: str
    zone: str
    offices: tuple[Office, ...]


class _OfficePart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: RecipientKind
    id: Annotated[str, Field(min_length=1, max_length=200)]
    email: Annotated[str, Field(pattern=MAIL.pattern, max_length=254)]
    language: str = LANGUAGES[0]
    valid_from: datetime.date
    valid_until: datetime.date | None = None
    off: list[Channel] = Field(default_factory=list)

    @model_validator(mode="after")
    def _makes_sense(self) -> _OfficePart:
        if self.kind not in KINDS:
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
    return {
        "name": offices.name,
        "zone": offices.zone,
        "offices": [
            {
                "kind": one.kind.value,
                "id": one.id,
                "email": one.email,
                "language": one.language,
                "valid_from": one.valid_from.isoformat(),
                "valid_until": None if one.valid_until is None else one.valid_until.isoformat(),
                "off": sorted(channel.value for channel in one.off),
            }
            for one in offices.offices
        ],
    }


def from_json(document: Mapping[str, Any]) -> Offices:
    """Return the offices of plain JSON values. Raises pydantic's ValidationError."""
    part = _OfficesPart.model_validate(document)
    made = (
        Office(
            one.kind,
            one.id,
            one.email,
            one.language,
            one.valid_from,
            one.valid_until,
            frozenset(one.off),
        )
        for one in part.offices
    )
    return Offices(part.name, part.zone, tuple(made))
