"""
The words of the pages: one YAML file per area beside this one, each text in Thai and English.

    days_used: {th: "ใช้ไป {n} วันทำการ", en: {one: "{n} working day used", many: "{n} … used"}}

A page sees the words of its area (the folder of its template) and those of `common`, as `w`:
`w.days_used(n=4)`, `w.holder[code]`. A word that is not there is a bug and stops the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
LANGUAGES = ("th", "en")
FOR_ALL = "common"


class WordMissing(LookupError):
    """No such word: the page names one its area does not have."""


class Text(str):
    """One text in one language. Called, it is filled in: `{n}` with `n=…`; of one, with `one`."""

    one: str

    def __new__(cls, many: str, one: str | None = None) -> Text:
        """A text, with another form for one of something where the language has it."""
        made = super().__new__(cls, many)
        made.one = many if one is None else one
        return made

    def __call__(self, **values: object) -> str:
        """The text with its `{names}` replaced. Raises `KeyError` for one that is not given."""
        chosen = self.one if values.get("n") == 1 else str(self)
        return chosen.format(**values)


class Words:
    """The words of one area in one language: `w.key`, `w.group.key`, `w.group["code"]`."""

    def __init__(self, area: str, said: Mapping[str, Text | Words]) -> None:
        self._area = area
        self._said = said

    def __getattr__(self, name: str) -> Text | Words:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Text | Words:
        try:
            return self._said[name]
        except KeyError:
            raise WordMissing(f"{self._area} has no word {name!r}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._said

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    def text(self, *path: str) -> Text:
        """The text at *path*. Raises `WordMissing` also where a group stands."""
        found: Text | Words = self
        for name in path:
            if not isinstance(found, Words):
                raise WordMissing(f"{self._area}: nothing stands under {'.'.join(path)}")
            found = found[name]
        if not isinstance(found, Text):
            raise WordMissing(f"{self._area}: {'.'.join(path)} is a group")
        return found

    def get(self, *path: str) -> str:
        """The text at *path*; empty where there is none, as for a code nobody has named."""
        try:
            return self.text(*path)
        except WordMissing:
            return ""


@cache
def words(area: str, language: str) -> Words:
    """
    The words of *area* with those for all areas, in *language*.

    An area without a file has those for all alone. Raises `ValueError` for a file that lacks a
    language, or that says what is said for all already.
    """
    said = _read(FOR_ALL, language)
    if area != FOR_ALL and (FOLDER / f"{area}.yaml").exists():
        own = _read(area, language)
        if doubled := sorted(said.keys() & own.keys()):
            raise ValueError(f"{area}.yaml says what common.yaml says: {', '.join(doubled)}")
        said = {**said, **own}
    return Words(area, said)


def areas() -> list[str]:
    """The areas that have words."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def document(area: str) -> Mapping[str, Any]:
    """The file of *area* as it stands."""
    found = yaml.safe_load((FOLDER / f"{area}.yaml").read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def _read(area: str, language: str) -> dict[str, Text | Words]:
    return {key: _said(f"{area}.{key}", value, language) for key, value in document(area).items()}


def _said(place: str, value: Any, language: str) -> Text | Words:
    if not isinstance(value, Mapping):
        raise ValueError(f"{place} is not said in both languages")
    if set(value) & set(LANGUAGES):
        return _text(place, value, language)
    return Words(place, {k: _said(f"{place}.{k}", v, language) for k, v in value.items()})


def _text(place: str, value: Mapping[str, Any], language: str) -> Text:
    if set(value) != set(LANGUAGES):
        # Most often a comma in a text without quotes, which parts it into keys.
        raise ValueError(f"{place} is not said in th and en alone: {', '.join(map(str, value))}")
    said = value[language]
    if isinstance(said, Mapping):
        return Text(str(said["many"]).strip(), str(said["one"]).strip())
    if not isinstance(said, str) or not said.strip():
        raise ValueError(f"{place} says nothing in {language}")
    return Text(said.strip())
