"""Numbers people write become comparable."""

from __future__ import annotations

import pytest
from contracts.normalise import (
    ascii_digits,
    fiscal_year,
    has_thai_check_digit,
    identity_value,
    reference_value,
)
from hypothesis import given
from hypothesis import strategies as st

digits12 = st.text("0123456789", min_size=12, max_size=12)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (" อว ๖๙/๐๐๑๒๓ ", "อว69/00123"),
        ("inv–2026—7", "INV-2026-7"),
        ("ab\u200bc", "ABC"),
        ("ศธ 0514.1/123 - 4", "ศธ0514.1/123-4"),
        ("คำ", "คำ"),
        ("INV-7", "INV-7"),
    ],
)
def test_references(written: str, value: str) -> None:
    """Thai digits, spaces, dashes and letter case do not make two numbers of one."""
    assert reference_value(written) == value


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    """A normalised number is its own normal form."""
    once = reference_value(text, upper=False)
    assert reference_value(once, upper=False) == once
    assert ascii_digits(ascii_digits(text)) == ascii_digits(text)


def test_case_is_kept_where_the_scheme_says_so() -> None:
    """A scheme whose numbers know letter case keeps it."""
    assert reference_value("aB", upper=False) == "aB"


def test_identities_lose_their_hyphens() -> None:
    """An identity is compared by its letters and digits alone."""
    assert identity_value("๑-๑๐๐๐-๐๐๐๐๐-๑๗-๒") == "1100000000172"


@pytest.mark.parametrize(
    ("written", "year"), [("2569", "2569"), ("๒๕๖๙", "2569"), ("2026", "2569"), ("69", "69")]
)
def test_fiscal_years(written: str, year: str) -> None:
    """A fiscal year is compared in the Buddhist era, whichever era it was written in."""
    assert fiscal_year(written) == year


@given(digits12)
def test_one_check_digit_fits(twelve: str) -> None:
    """Exactly one check digit fits twelve digits."""
    fitting = [d for d in "0123456789" if has_thai_check_digit(twelve + d)]
    assert len(fitting) == 1


@pytest.mark.parametrize("digits", ["1100000000172", "0994000000171"])
def test_check_digits_worked_by_hand(digits: str) -> None:
    """The last digit is (11 - the weighed sum mod 11) mod 10, and no other is taken."""
    assert has_thai_check_digit(digits)
    assert not has_thai_check_digit(digits[:-1] + str((int(digits[-1]) + 1) % 10))


@pytest.mark.parametrize("text", ["", "123", "110000000017x", "๑๑๐๐๐๐๐๐๐๐๑๗๒"])
def test_what_is_no_number_has_no_check_digit(text: str) -> None:
    """Only thirteen ASCII digits can have a check digit."""
    assert not has_thai_check_digit(text)
