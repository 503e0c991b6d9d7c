"""
Named SQL: the queries of a service live in one `.sql` file, each under a name, with its reason.

    -- name: claim_event
    -- One row per event for ever: a redelivery finds it and changes nothing.
    insert into ...
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_NAME = re.compile(r"^--\s*name:\s*(\w+)\s*$", re.MULTILINE)


class Queries(Mapping[str, str]):
    """The queries of one file: `queries["claim_event"]` or `queries.claim_event`."""

    def __init__(self, path: Path) -> None:
        self._file = path.name
        parts = _NAME.split(path.read_text(encoding="utf-8"))
        names, bodies = parts[1::2], parts[2::2]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"{path.name} names twice: {', '.join(doubled)}")
        self._text = {name: _statement(body) for name, body in zip(names, bodies, strict=True)}

    def __getitem__(self, name: str) -> str:
        try:
            return self._text[name]
        except KeyError:
            known = ", ".join(sorted(self._text))
            raise KeyError(f"{self._file} has no query {name!r}; it has: {known}") from None

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._text)

    def __len__(self) -> int:
        return len(self._text)


def _statement(body: str) -> str:
    """
    Return *body* without the comment lines that give its reason and without its last semicolon.
    """
    lines = body.strip().splitlines()
    while lines and lines[0].lstrip().startswith("--"):
        lines.pop(0)
    return "\n".join(lines).strip().removesuffix(";")
