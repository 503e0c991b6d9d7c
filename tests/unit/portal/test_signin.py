"""What signing in decides, and what a printed sheet's code says."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from ipaddress import IPv6Address

import pytest
from contracts.normalise import has_thai_check_digit
from hypothesis import given
from hypothesis import strategies as st
from portal import sheet_code, signin
from portal.sealed_words import SealedWords
from portal.sheet_code import Sheet
from portal.signin import NumberFault

from chassis import shortnumber
from tests.unit.contracts.saying import process

KEY = bytes(range(32))
SCHEMES = list(process().identities.values())
THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
NUMBERS = st.from_regex(r"[0-9]{13}", fullmatch=True)


@given(NUMBERS)
def test_the_check_digit_is_looked_at_however_it_is_typed(number: str) -> None:
    """Thai digits and separators make no other number of it."""
    expected = None if has_thai_check_digit(number) else NumberFault.CHECK_DIGIT
    written = f"{number[0]}-{number[1:5]} {number[5:10]}.{number[10:]}".translate(THAI)
    assert (expected, expected) == (
        signin.number_fault(number, SCHEMES),
        signin.number_fault(written, SCHEMES),
    )


@given(st.text(max_size=300))
def test_no_text_breaks_the_door(text: str) -> None:
    """Whatever is typed is a number, or told what is wrong with it; a code is six plain digits."""
    fault = signin.number_fault(text, SCHEMES)
    assert fault is None or fault in NumberFault
    assert not signin.is_code(text) or (6 == len(text) and text.isascii())


@pytest.mark.parametrize("typed", ["123456", "๑๒๓๔๕๖", "123 456", "123-456", "１２３４５６"])
def test_a_code_is_known_however_it_is_typed(typed: str) -> None:
    """Thai and wide digits and separators are one code."""
    assert "123456" == signin.code_of(typed)


@given(st.integers(1, 50), st.booleans())
def test_after_the_last_try_the_right_code_is_wrong(tries: int, right: bool) -> None:
    """A code fits while it is the right one and no more than five were tried."""
    owner = signin.whose(KEY, [b"number"], "browser")
    kept = signin.code_hash(KEY, owner, "123456")
    entered = signin.code_hash(KEY, owner, "123456" if right else "654321")
    assert (right and tries <= signin.TRIES_MAX) == signin.fits(kept, entered, tries)


def test_a_code_belongs_to_number_and_browser() -> None:
    """The same code for another number, or in another browser, has another hash."""
    owners = {signin.whose(KEY, [n], b) for n in (b"one", b"two") for b in ("mine", "theirs")}
    assert 4 == len({signin.code_hash(KEY, owner, "123456") for owner in owners})


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_one_household_is_one_address(net: int, one: int, other: int) -> None:
    """All addresses of one IPv6 network count together; those of another network do not."""
    first, second = (str(IPv6Address((net << 64) + host)) for host in (one, other))
    elsewhere = str(IPv6Address((((net + 1) % 2**64) << 64) + one))
    if IPv6Address(first).ipv4_mapped or IPv6Address(second).ipv4_mapped:
        return
    assert signin.network_of(first) == signin.network_of(second)
    assert signin.network_of(first) != signin.network_of(elsewhere)


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_address_is_counted_as_its_network(host: str, counted: str) -> None:
    """An IPv4 address written as IPv6 is the same one; what is no address stands for itself."""
    assert counted == signin.network_of(host)


@given(st.integers(0, 48 * 60))
def test_a_changed_address_rests_for_a_day(minutes: int) -> None:
    """No code goes to an address that is younger than a day."""
    now = datetime(2026, 11, 23)
    changed = now - timedelta(minutes=minutes)
    assert (minutes >= 24 * 60) == signin.may_be_mailed("a@b.example", changed, now)
    assert not signin.may_be_mailed(None, None, now)


@given(
    st.integers(0, shortnumber.COUNT - 1),
    st.dates(min_value=date(2020, 1, 1), max_value=date(2100, 1, 1)),
    st.integers(0, 4),
    st.integers(0, 28),
)
def test_a_sheet_is_read_as_written_and_no_other(n: int, on: date, group: int, place: int) -> None:
    """A code says what the sheet said; one changed letter, or another key, and it says nothing."""
    sheet = Sheet(shortnumber.number_of(n), on, group)
    code = sheet_code.code_of(sheet, KEY)
    assert sheet == sheet_code.read(code, KEY)
    other = code[:place] + ("a" if code[place] != "a" else "b") + code[place + 1 :]
    assert sheet_code.read(other, KEY) in (None, sheet)
    assert None is sheet_code.read(code, bytes(32))


@given(st.text(max_size=200))
def test_a_search_is_read_by_who_made_it(text: str) -> None:
    """The address of a search opens for its person alone, and does not hold the text."""
    seal = SealedWords(KEY)
    token = seal.seal("anna", text)
    assert (text, "") == (seal.open("anna", token), seal.open("bob", token))
    assert token.isascii()
