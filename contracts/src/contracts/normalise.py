"""
How numbers written by people become comparable: Thai digits, spaces, dashes, letter case.

Two references or identities are the same when their normalised values are equal.
"""

from __future__ import annotations

import re
import unicodedata

_DIGITS = {ord("๐") + place: str(place) for place in range(10)}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"), "")
_TABLE = str.maketrans({**_DIGITS, **_DASHES, **_INVISIBLE})
_PLAIN = re.compile(r"[!-~]*")
BUDDHIST_ERA_YEARS = 543
FIRST_BUDDHIST_YEAR = 2400


def ascii_digits(text: str) -> str:
    """Return *text* with Thai digits written as 0–9, and nothing else changed."""
    return text.translate(_DIGITS)


def reference_value(text: str, upper: bool = True) -> str:
    """
    Return a reference number in its comparable form.

    Thai digits become ASCII, all kinds of dash one hyphen, spaces and invisible letters vanish.
    """
    if not _PLAIN.fullmatch(text):
        text = "".join(unicodedata.normalize("NFC", text).translate(_TABLE).split())
    return text.upper() if upper else text


def identity_value(text: str) -> str:
    """Return an identity in its comparable form: as a reference, and without hyphens and dots."""
    return reference_value(text).replace("-", "").replace(".", "")


def fiscal_year(text: str) -> str:
    """Return a fiscal year of four digits in the Buddhist era; years before 2400 are common era."""
    digits = ascii_digits(text)
    if not (len(digits) == 4 and digits.isascii() and digits.isdigit()):
        return reference_value(text)
    year = int(digits)
    return str(year + BUDDHIST_ERA_YEARS) if year < FIRST_BUDDHIST_YEAR else digits


def has_thai_check_digit(digits: str) -> bool:
    """
    Tell whether 13 *digits* end in the check digit of Thai tax and citizen ids.

    The first twelve are weighted 13 … 2; the last is (11 − sum mod 11) mod 10.
    """
    if len(digits) != 13 or not (digits.isascii() and digits.isdigit()):
        return False
    weights = zip(digits[:12], range(13, 1, -1), strict=True)
    weighed = sum(int(digit) * weight for digit, weight in weights)
    return (11 - weighed % 11) % 10 == int(digits[12])
