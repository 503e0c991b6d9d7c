"""What JSON allows and we cannot keep: numbers no two programs read alike, NUL, lone surrogates."""

from __future__ import annotations

import math
from typing import Any

from contracts.events import Finding
from contracts.rules import finding, pointer_to

WHOLE_MAX = 2**53 - 1
DEPTH_MAX = 250
NUL = rb"\u0000"
"""Canonical JSON without this holds no NUL; a hit only means: look closer."""


def trouble_in(data: Any) -> Finding | None:
    """Return the first thing in *data* that cannot be kept, or None."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [(("data",), data)]
    while waiting:
        path, value = waiting.pop()
        rule = _rule_broken(value)
        if rule is not None or len(path) > DEPTH_MAX:
            return finding(_pointer(path), rule or "nesting-too-deep")
        if isinstance(value, dict):
            waiting.extend(((*path, str(key)), part) for key, part in value.items())
            if any(_text_trouble(str(key)) for key in value):
                return finding(_pointer(path), _text_trouble("".join(map(str, value))) or "")
        elif isinstance(value, list | tuple):
            waiting.extend(((*path, place), part) for place, part in enumerate(value))
    return None


def _rule_broken(value: Any) -> str | None:
    if isinstance(value, str):
        return _text_trouble(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "number-not-finite"
    if isinstance(value, int | float) and abs(value) > WHOLE_MAX:
        return "number-out-of-range"
    return None


def _text_trouble(text: str) -> str | None:
    if "\0" in text:
        return "text-with-nul"
    return "text-not-unicode" if any("\ud800" <= letter <= "\udfff" for letter in text) else None


def _pointer(path: tuple[str | int, ...]) -> str:
    """The pointer of *path*, cut where it grows absurd, without letters nobody can send back."""
    pointer = pointer_to(*path[:20])
    return pointer.encode("utf-8", "replace").decode().replace("\0", "?")[:500]
