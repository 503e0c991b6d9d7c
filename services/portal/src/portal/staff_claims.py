"""
What the identity provider says of a member of staff, as the portal understands it. Pure.

`roles` and `units` are lists of text among the claims; a role nobody here knows is none. Whoever
has no role of ours is known, and let into nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ROLES = ("unit-officer", "finance-officer", "executive", "operator", "auditor")
LISTED_MAX = 200
TEXT_LETTERS_MAX = 200
SECOND_FACTORS = frozenset(
    {"otp", "mfa", "hwk", "swk", "sc", "fpt", "face", "iris", "vbm", "sms", "webauthn"}
)
"""Values of `amr` (RFC 8176, and those in use) that say more than a password was asked for."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff: `person` is the provider's subject, which never becomes another's."""

    person: str
    name: str
    roles: tuple[str, ...]
    units: tuple[str, ...]
    second_factor: bool

    def claims(self) -> dict[str, Any]:
        """As a session keeps it."""
        return {"name": self.name, "roles": list(self.roles), "units": list(self.units)}


def staff_of(claims: Mapping[str, Any]) -> Staff:
    """The member of staff these claims are about. Raises `ValueError` where nobody is named."""
    person = claims.get("sub")
    if not isinstance(person, str) or not 0 < len(person) <= TEXT_LETTERS_MAX:
        raise ValueError("no subject")
    told = _texts(claims.get("roles"))
    roles = tuple(role for role in ROLES if role in told)
    units = tuple(dict.fromkeys(_texts(claims.get("units"))))
    return Staff(person, _name(claims), roles, units, has_second_factor(claims))


def has_second_factor(claims: Mapping[str, Any]) -> bool:
    """Did the provider ask for more than a password?"""
    said = set(_texts(claims.get("amr")))
    return bool(said & SECOND_FACTORS)


def _name(claims: Mapping[str, Any]) -> str:
    for key in ("name", "preferred_username"):
        value = claims.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()[:TEXT_LETTERS_MAX]
    return ""


def _texts(value: Any) -> list[str]:
    """A list of short texts; anything else among them, or instead of it, counts for nothing."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        return []
    texts = [one for one in value if isinstance(one, str) and 0 < len(one) <= TEXT_LETTERS_MAX]
    return texts[:LISTED_MAX]
