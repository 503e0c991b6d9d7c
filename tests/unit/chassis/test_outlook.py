"""Whether the target of the month that runs can still be held."""

from __future__ import annotations

from datetime import date

from chassis.outlook import Hold, Outlook, outlook
from chassis.workdays import Calendar
from hypothesis import given
from hypothesis import strategies as st

WEEKENDS = Calendar()
# June 2026 has 22 working days; the 12th is the tenth of them, a Friday.
TENTH = date(2026, 6, 12)


def test_a_target_kept_at_this_pace_is_held() -> None:
    """500 in ten days make 1,100 in the month, of which 165 may be missed; 60 are."""
    assert Outlook(Hold.HELD, 1100, 105, None) == outlook(85, 500, 60, TENTH, WEEKENDS)


def test_at_this_pace_the_miss_too_many_has_a_date() -> None:
    """
    90 missed in ten days: the 166th falls on working day 18.4, so on the nineteenth: 25 June.
    """
    expected = Outlook(Hold.AT_RISK, 1100, 75, date(2026, 6, 25))
    assert expected == outlook(85, 500, 90, TENTH, WEEKENDS)


def test_past_the_last_allowed_miss_it_is_lost() -> None:
    """165 may be missed: with 165 none is left, with 166 the target cannot be held."""
    last = outlook(85, 500, 165, TENTH, WEEKENDS)
    assert last is not None
    assert (Hold.AT_RISK, 0) == (last.state, last.misses_left)
    assert Outlook(Hold.LOST, 1100, 0, None) == outlook(85, 500, 166, TENTH, WEEKENDS)


def test_before_the_first_working_day_nothing_is_said() -> None:
    """1 and 2 August 2026 are a weekend: there is no pace yet. Nor where nothing counted."""
    assert outlook(85, 3, 3, date(2026, 8, 2), WEEKENDS) is None
    assert outlook(85, 0, 0, TENTH, WEEKENDS) is None


@given(
    st.integers(0, 100),
    st.integers(1, 5000),
    st.integers(0, 5000),
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
)
def test_the_date_lies_ahead_in_the_month(
    target: int, counted: int, missed: int, today: date
) -> None:
    """It is a working day after today in the same month, and there is one exactly at risk."""
    missed = min(missed, counted)
    told = outlook(target, counted, missed, today, WEEKENDS)
    if told is None:
        return
    assert told.expected >= counted
    assert (told.state is Hold.AT_RISK) == (told.exhausted_on is not None)
    if told.exhausted_on is not None:
        assert told.exhausted_on > today
        assert told.exhausted_on.month == today.month
        assert WEEKENDS.is_workday(told.exhausted_on)
