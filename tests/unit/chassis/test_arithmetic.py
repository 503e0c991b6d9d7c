"""Working days and short numbers: pure arithmetic, by properties and by hand."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from chassis.shortnumber import (
    COUNT,
    NotANumber,
    WrongCheckDigit,
    WrongLength,
    number_of,
    parse,
)
from chassis.workdays import Calendar, add_workdays, workdays_between
from hypothesis import given
from hypothesis import strategies as st

numbers = st.integers(0, COUNT - 1)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
calendars = st.builds(
    Calendar,
    st.frozensets(days, max_size=20),
    st.frozensets(st.integers(0, 6), max_size=6),
)
SONGKRAN = Calendar(frozenset({date(2026, 4, 13), date(2026, 4, 14), date(2026, 4, 15)}))


def test_a_friday_to_monday_is_one_working_day() -> None:
    """The day of the start is free and a weekend does not count."""
    assert workdays_between(Calendar(), date(2026, 11, 20), date(2026, 11, 23)) == 1


def test_days_off_do_not_count() -> None:
    """
    Over three days off in a week, nine working days after a Friday end two weeks and three days
    later.
    """
    assert add_workdays(SONGKRAN, date(2026, 4, 10), 9) == date(2026, 4, 28)
    assert workdays_between(SONGKRAN, date(2026, 4, 10), date(2026, 4, 28)) == 9


@given(calendars, days, days)
def test_counting_is_what_a_finger_on_the_calendar_counts(
    calendar: Calendar, start: date, end: date
) -> None:
    """The fast arithmetic equals a count day by day, in both directions."""
    low, high = min(start, end), max(start, end)
    between = [low + timedelta(n) for n in range(1, (high - low).days + 1)]
    expected = sum(map(calendar.is_workday, between))
    assert workdays_between(calendar, start, end) == (expected if end >= start else -expected)


@given(calendars, days, st.integers(1, 60))
def test_adding_and_counting_agree(calendar: Calendar, start: date, count: int) -> None:
    """
    So many working days after a day there are so many working days between, and the end counts.
    """
    end = add_workdays(calendar, start, count)
    assert (workdays_between(calendar, start, end), calendar.is_workday(end)) == (count, True)


def test_a_calendar_without_working_days_is_refused() -> None:
    """A week of seven days off would count for ever."""
    with pytest.raises(ValueError, match="no day counts"):
        Calendar(weekend=frozenset(range(7)))


@given(numbers)
def test_a_short_number_leads_back(n: int) -> None:
    """Every number has one short number, of one shape, that is read back as itself."""
    text = number_of(n)
    assert (parse(text), len(text), text[4], text[9]) == (n, 11, "-", "-")


@given(numbers, st.integers(0, 8), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(n: int, place: int, off: int) -> None:
    """No number with one digit changed passes."""
    digits = number_of(n).replace("-", "")
    wrong = str((int(digits[place]) + off) % 10)
    with pytest.raises(WrongCheckDigit):
        parse(digits[:place] + wrong + digits[place + 1 :])


@given(numbers, st.integers(0, 7))
def test_every_swap_of_neighbours_is_found(n: int, place: int) -> None:
    """No number with two different neighbours swapped passes."""
    digits = number_of(n).replace("-", "")
    one, two = digits[place], digits[place + 1]
    if one != two:
        with pytest.raises(WrongCheckDigit):
            parse(digits[:place] + two + one + digits[place + 2 :])


def test_neighbours_do_not_betray_the_count() -> None:
    """Consecutive cases have numbers that are neither near nor in order."""
    shown = [int(number_of(n).replace("-", "")[:8]) for n in range(1000)]
    steps = [later - earlier for earlier, later in pairwise(shown)]
    assert len(set(shown)) == 1000
    assert sum(step > 0 for step in steps) < 700
    assert sum(abs(step) < 1000 for step in steps) < 10


def test_people_write_as_they_like() -> None:
    """Thai digits, spaces and hyphens are read; anything else is named."""
    text = number_of(42)
    thai = text.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    assert [parse(thai), parse(text.replace("-", " ")), parse(f" {text} ")] == [42, 42, 42]
    with pytest.raises(WrongLength, match="9 digits, this has 4"):
        parse("1234")
    with pytest.raises(NotANumber, match="only digits"):
        parse("12a45-678")
    with pytest.raises(ValueError, match="no short number"):
        number_of(COUNT)
