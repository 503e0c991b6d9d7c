"""The words of the pages: both languages, no word that nothing says, none that is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import portal
import pytest
from contracts.rules import RULES
from portal.words import FOR_ALL, LANGUAGES, Text, WordMissing, areas, document, words

HOUSE = Path(portal.__file__).parent
PAGES = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted([*HOUSE.rglob("*.html"), *HOUSE.rglob("*.py")])
)
NAMED = re.compile(r"""\.(\w+)|["']([\w-]+)["'{]""")
FIELD = re.compile(r"{(\w+)[^}]*}")


def texts(
    said: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every text of a file with its place."""
    for key, value in said.items():
        if set(value) & set(LANGUAGES):
            yield (*path, key), value
        else:
            yield from texts(value, (*path, key))


def test_every_area_is_said_in_both_languages() -> None:
    """Each text of each area has Thai and English; the loader refuses one that lacks a language."""
    for area in areas():
        for language in LANGUAGES:
            said = words(area, language)
            for path, _ in texts(document(area)):
                assert said.text(*path)


def test_both_languages_name_the_same_values() -> None:
    """What one language fills in, the other does too, or a page would lose a number."""
    for area in areas():
        for path, value in texts(document(area)):
            english = value["en"]["many"] if isinstance(value["en"], Mapping) else value["en"]
            assert set(FIELD.findall(value["th"])) == set(FIELD.findall(english)), (area, path)


def test_thai_is_thai_and_english_is_not() -> None:
    """No text stands in the other language's place."""
    for area in areas():
        for path, value in texts(document(area)):
            english = str(value["en"])
            assert not re.search("[\u0e01-\u0e5b]", english), (area, path)


def test_every_word_is_used() -> None:
    """Each word, or the group it stands in, is named by a template or a page."""
    named = {name for pair in NAMED.findall(PAGES) for name in pair}
    begun = tuple(name for name in named if name.endswith("_") and len(name) > 2)
    unused = [
        f"{area}.{name}"
        for area in areas()
        for name in document(area)
        if name not in named and not name.startswith(begun)
    ]
    assert [] == unused


def test_a_missing_word_stops_the_page() -> None:
    """A page that names a word its area has not is a bug, not an empty place."""
    with pytest.raises(WordMissing):
        words(FOR_ALL, "th")["no_such_word"]


@pytest.mark.parametrize(("n", "expected"), [(1, "1 day"), (0, "0 days"), (2, "2 days")])
def test_one_of_something_has_a_form_of_its_own(n: int, expected: str) -> None:
    """English says one day and two days."""
    assert expected == Text("{n} days", "{n} day")(n=n)


def test_a_rule_with_words_is_one_of_intake() -> None:
    """No words stand for a rule there is not; one without words is named by its code."""
    assert set(document("operator")["rule"]) <= set(RULES)
