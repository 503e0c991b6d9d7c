"""
Short numbers that people read aloud: `4821-7735-6`.

Eight digits that do not betray how many came before, and a check digit that finds every single
wrong digit and every swap of two neighbours (H. M. Damm's quasigroup of order 10).
"""

from __future__ import annotations

COUNT = 10**8
_HALF = 10**4
_ROUND_KEYS = (7043, 3187, 9241, 5669)
_THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


class NotANumber(ValueError):
    """The text is not a short number at all."""


class WrongLength(NotANumber):
    """The text has another number of digits than nine."""


class WrongCheckDigit(NotANumber):
    """One digit is wrong, or two neighbours are swapped."""


def number_of(n: int) -> str:
    """
    Return the short number of *n*, for 0 ≤ n < 10⁸; each n has its own. Raises `ValueError`
    outside.
    """
    if not 0 <= n < COUNT:
        raise ValueError(f"{n} has no short number: it must be at least 0 and below {COUNT}")
    digits = f"{_mix(n):08d}"
    return f"{digits[:4]}-{digits[4:]}-{_damm(digits)}"


def parse(text: str) -> int:
    """
    Return the n of the short number in *text*; Thai digits, spaces and hyphens are welcome.

    Raises `NotANumber` (a character that is none of these), `WrongLength` or `WrongCheckDigit`.
    """
    digits = "".join(
        c for c in text.translate(_THAI_DIGITS) if c not in " -\u00a0\u2010\u2011\u2013"
    )
    if not (digits.isascii() and digits.isdigit()):
        raise NotANumber("a short number has only digits, spaces and hyphens")
    if len(digits) != 9:
        raise WrongLength(f"a short number has 9 digits, this has {len(digits)}")
    if _damm(digits) != "0":
        raise WrongCheckDigit("a digit is wrong or two are swapped")
    return _unmix(int(digits[:8]))


def _damm(digits: str) -> str:
    """Return the check digit of *digits*; with its check digit appended, every number gives 0."""
    interim = "0"
    for digit in digits:
        interim = _DAMM[int(interim)][int(digit)]
    return interim


def _turn(value: int, key: int) -> int:
    """One round's function: any function will do, the rounds make a bijection of it."""
    return (value * value * 31 + value * key + key) // 7 % _HALF


def _mix(n: int) -> int:
    """Map 0..10⁸-1 onto itself by a Feistel network on two halves of four digits."""
    left, right = divmod(n, _HALF)
    for key in _ROUND_KEYS:
        left, right = right, (left + _turn(right, key)) % _HALF
    return left * _HALF + right


def _unmix(n: int) -> int:
    """Undo `_mix`."""
    left, right = divmod(n, _HALF)
    for key in reversed(_ROUND_KEYS):
        left, right = (right - _turn(left, key)) % _HALF, left
    return left * _HALF + right
