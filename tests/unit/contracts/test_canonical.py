"""Canonical JSON: the quick road and the book give the same bytes."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import rfc8785
from contracts.canonical import NotCanonical, canonical_json, canonical_sha256
from hypothesis import example, given, settings
from hypothesis import strategies as st

letters = st.characters(codec="utf-8")
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(letters),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(letters), inner),
)


@settings(deadline=None, max_examples=400)
@given(values)
@example({"\ufb33": 1, "\U0001f600": 2, "a": 3})
@example([1e21, 1e-7, -0.0, 5e-324, 123456789012345.6, 1e16])
@example('é\x7f\u2028\b\f\n\r\t\x1f"\\/')
@example([9007199254740991, -9007199254740991])
@example({"a": "1.5,", "b": ":2e5}", "c": None})
def test_the_quick_road_agrees_with_the_book(value: Any) -> None:
    """Canonical JSON equals that of the reference library for every value it takes."""
    assert canonical_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        [float("inf"), None],
        {"x": 2**53},
        -(2**53),
        "\ud800",
        {"\ud800": 1},
        {1: 2},
        object(),
    ],
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    """NaN, infinity, numbers past 2^53, lone surrogates and strange keys have no canonical form."""
    with pytest.raises(NotCanonical):
        canonical_json(value)


def test_nesting_beyond_measure_is_refused() -> None:
    """A value nested too deep is refused like any other, and breaks no stack."""
    deep: list[Any] = []
    for _ in range(3000):
        deep = [deep]
    with pytest.raises(NotCanonical):
        canonical_json(deep)


def test_the_hash_is_over_the_canonical_form() -> None:
    """The hash of a value is SHA-256 over its canonical JSON."""
    canonical = '{"a":"ก","b":1}'.encode()
    assert canonical_sha256({"b": 1, "a": "ก"}) == hashlib.sha256(canonical).digest()
