"""
Signing in with a number and a one-time code: every decision, and none of its I/O. Pure.

Whoever asks with a well-formed number is answered alike, known or not; whoever sends a code too. A
code belongs to one number in one browser: nobody else can use it up or spoil it.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from contracts.normalise import ascii_digits, has_thai_check_digit, identity_value
from contracts.process import IdentityScheme

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=10)
TRIES_MAX = 5
TOKEN_LIFE = timedelta(minutes=20)
CONTACT_REST = timedelta(days=1)
"""After a change of address no code is mailed for so long: who changed it may not be the payee."""
NEWS_DELAY = timedelta(seconds=30)
"""
A code is void too if its payee's contact changed so shortly before it was made: codes and changes
are dated by the clocks of several processes, which differ.
"""
NUMBER_LETTERS_MAX = 100


class Scope(StrEnum):
    """What attempts are counted by."""

    ASK_PAIR = "ask-pair"
    ASK_NUMBER = "ask-number"
    ASK_ADDRESS = "ask-address"
    ASK_ALL = "ask-all"
    TRY_PAIR = "try-pair"
    TRY_NUMBER = "try-number"
    TRY_ADDRESS = "try-address"
    TRY_ALL = "try-all"


class Limit(NamedTuple):
    """At most so many attempts within so long."""

    scope: Scope
    most: int
    within: timedelta


ASKING = (
    Limit(Scope.ASK_PAIR, 4, timedelta(minutes=15)),
    Limit(Scope.ASK_PAIR, 12, timedelta(days=1)),
    Limit(Scope.ASK_ADDRESS, 30, timedelta(minutes=15)),
    Limit(Scope.ASK_NUMBER, 10, timedelta(minutes=15)),
    Limit(Scope.ASK_NUMBER, 36, timedelta(days=1)),
    Limit(Scope.ASK_ALL, 1_500, timedelta(minutes=15)),
)
TRYING = (
    Limit(Scope.TRY_PAIR, 15, timedelta(minutes=15)),
    Limit(Scope.TRY_PAIR, 40, timedelta(days=1)),
    Limit(Scope.TRY_ADDRESS, 90, timedelta(minutes=15)),
    Limit(Scope.TRY_NUMBER, 30, timedelta(minutes=15)),
    Limit(Scope.TRY_NUMBER, 80, timedelta(days=1)),
    Limit(Scope.TRY_ALL, 5_000, timedelta(minutes=15)),
)
"""
Many payees sit behind the address of one university, so addresses are allowed more. A pair is one
number from one address: less than a number may have, so that nobody alone keeps its payee out.
The order counts: what one scope refuses is not held against those after it, so what others share,
the number and the whole house, come last.
"""
ATTEMPTS_KEPT = timedelta(days=2)


class NumberFault(StrEnum):
    """What is wrong with a number; told before anything is looked up, so it betrays nobody."""

    MISSING = "missing"
    LENGTH = "length"
    LETTERS = "letters"
    CHECK_DIGIT = "check_digit"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is signing in, as it travels sealed in the form between the two steps."""

    blinds: Sequence[bytes]
    next: str
    at: datetime
    language: str


def number_fault(text: str, schemes: Iterable[IdentityScheme]) -> NumberFault | None:
    """
    What is wrong with the number *text*, by the *schemes* people can sign in with; None if nothing.

    Thai digits, spaces, hyphens and dots are welcome.
    """
    value = identity_value(text[:NUMBER_LETTERS_MAX])
    if not value:
        return NumberFault.MISSING
    fits = [one for one in sign_in_schemes(schemes) if re.fullmatch(one.pattern, value)]
    if not fits:
        return NumberFault.LENGTH if value.isdigit() and value.isascii() else NumberFault.LETTERS
    if all(one.check == "thai-13" and not has_thai_check_digit(value) for one in fits):
        return NumberFault.CHECK_DIGIT
    return None


def sign_in_schemes(schemes: Iterable[IdentityScheme]) -> list[IdentityScheme]:
    """Schemes by which one number is one person: they identify, and have one issuer."""
    return [one for one in schemes if one.identifies and one.issuer not in (None, "given")]


def code_of(text: str) -> str:
    """The digits of a code as it was typed; anything else that is no separator spoils it."""
    plain = unicodedata.normalize("NFKC", ascii_digits(text[:NUMBER_LETTERS_MAX]))
    return "".join(c for c in plain if c not in " -\u00a0\u200b")


def is_code(text: str) -> bool:
    """Could it be a code at all?"""
    return len(text) == CODE_DIGITS and text.isascii() and text.isdigit()


def whose(key: bytes, blinds: Sequence[bytes], browser: str) -> bytes:
    """What a code is kept under: the number and the browser that asked, neither to be read."""
    return hmac.digest(key, b"\x1f".join([*blinds, browser.encode()]), "sha256")


def code_hash(key: bytes, owner: bytes, code: str) -> bytes:
    """What is kept of a code: without the key a million tries would tell it from a plain hash."""
    return hmac.digest(key, owner + b"\x1f" + code.encode(), "sha256")


def fits(hash_: bytes, expected: bytes, tries: int, used: bool = False) -> bool:
    """Does the code get in? Compared in constant time, and never after the last try."""
    same = hmac.compare_digest(hash_, expected)
    return same and tries <= TRIES_MAX and not used


def too_many(limit: Limit, counted: int) -> bool:
    """Is an attempt, itself among the *counted*, one too many?"""
    return counted > limit.most


def keys_of(key: bytes, number: bytes, address: str) -> dict[Scope, bytes]:
    """What each scope counts by: keyed hashes, so that no address lies in a table."""
    mine = hmac.digest(key, b"number" + number, "sha256")
    there = hmac.digest(key, b"address" + address.encode(), "sha256")
    pair = hmac.digest(key, b"pair" + mine + there, "sha256")
    return {
        Scope.ASK_PAIR: pair,
        Scope.TRY_PAIR: pair,
        Scope.ASK_NUMBER: mine,
        Scope.ASK_ADDRESS: there,
        Scope.ASK_ALL: b"",
        Scope.TRY_NUMBER: mine,
        Scope.TRY_ADDRESS: there,
        Scope.TRY_ALL: b"",
    }


def network_of(host: str) -> str:
    """
    What attempts are counted by in place of the address *host*: of IPv6 the first 64 bits, since
    one household has all that follow. Whatever is no address counts as it stands.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    inner = address.ipv4_mapped
    return str(ipaddress.ip_network((address, 64), strict=False)) if inner is None else str(inner)


def may_be_mailed(email: str | None, changed_at: datetime | None, now: datetime) -> bool:
    """Is there an address, and has it been theirs for a day?"""
    return bool(email) and (changed_at is None or now - changed_at >= CONTACT_REST)


def is_fresh(asked: Asked, now: datetime) -> bool:
    """Is the second step still that of this first one?"""
    return timedelta(0) <= now - asked.at <= TOKEN_LIFE
