"""
Canonical JSON (RFC 8785) and the SHA-256 over it: the one form two equal values always share.

Intake judges sameness with it, `prove` hashes states with it.
"""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any

import orjson
import rfc8785

# What orjson writes otherwise than RFC 8785: fractions, whole numbers past 2^53, and keys beyond
# the basic plane (their order). A hit inside a text costs time only, never correctness.
_NUMBER = re.compile(
    rb"[:,\[]-?[0-9]+(?:\.[0-9]+(?:e[+-]?[0-9]+)?[,\]}]|e[+-]?[0-9]+[,\]}]|(?<=[0-9]{16}))"
)
_BEYOND_BASIC_PLANE = re.compile(rb"[\xf0-\xf4]")


class NotCanonical(ValueError):
    """A value that has no canonical JSON: NaN, a number past 2^53, a lone surrogate, too deep."""


def canonical_json(value: Any) -> bytes:
    """
    Return *value* as canonical JSON.

    Values without fractions and without rare keys take orjson's road, a tenth of the time.
    Raises `NotCanonical`.
    """
    return write_canonical(value)[0]


def write_canonical(value: Any) -> tuple[bytes, bool]:
    """Return the canonical JSON of *value*, and whether it holds only whole numbers within 2^53."""
    try:
        plain = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise NotCanonical(str(error)) from error
    if b"null" in plain and _holds_non_finite(value):
        raise NotCanonical("a number that is not finite")
    if _NUMBER.search(plain) or isinstance(value, int | float):
        return _by_the_book(value), False
    if not plain.isascii() and _BEYOND_BASIC_PLANE.search(plain):
        return _by_the_book(value), True
    return plain, True


def canonical_sha256(value: Any) -> bytes:
    """Return the 32 bytes of SHA-256 over the canonical JSON of *value*. Raises `NotCanonical`."""
    return sha256(canonical_json(value))


def sha256(raw: bytes) -> bytes:
    """Return the 32 bytes of SHA-256 over *raw*."""
    return hashlib.sha256(raw).digest()


def _holds_non_finite(value: Any) -> bool:
    """Look for NaN and infinities: orjson writes them as null."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, float) and not math.isfinite(part):
            return True
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list | tuple):
            waiting.extend(part)
    return False


def _by_the_book(value: Any) -> bytes:
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError) as error:
        raise NotCanonical(type(error).__name__) from error
