"""Months, their targets, and whether this month can still be held."""

from __future__ import annotations

from datetime import date

from chassis.outlook import Hold, Outlook
from chassis.workdays import Calendar
from contracts.process import Words
from hypothesis import given
from hypothesis import strategies as st
from portal.counted import Figure
from portal.views.attainment import MonthRow, Published, months_of, outlook_of
from portal.views.promises import Promise
from portal.views.published import published_in

KEY = "finance-9-days#finance"
PROMISE = Promise(KEY, Words("", ""), "finance", "weekends-only", 9, 85)
WEEKENDS = Calendar()
TODAY = date(2026, 11, 20)


def row(n: int, met: int) -> MonthRow:
    """This month, so far."""
    return MonthRow("2026-11", n, met, False, 4, 7, 11)


def test_a_month_is_over_only_when_it_has_ended() -> None:
    """The month at hand is told as it stands, and marked."""
    rows = [Figure(KEY, m, "", "", 10, 9, 10, 1, 4, 7, 11) for m in ("2026-11", "2026-10")]
    months = months_of(rows, TODAY, {("2026-10", KEY): Published(10, 8)})
    assert [("2026-10", True), ("2026-11", False)] == [(m.month, m.over) for m in months]
    assert months[0].differs
    assert 90.0 == months[0].percent
    assert 80.0 == months[0].published.percent  # type: ignore[union-attr]


def test_a_held_month_says_how_many_may_still_be_late() -> None:
    """15 of 21 working days are gone with 150 claims: 210 will count, 31 of them may be late."""
    outlook = outlook_of(PROMISE, row(150, 140), TODAY, WEEKENDS)
    assert Outlook(Hold.HELD, 210, 21, None) == outlook


def test_a_month_at_risk_says_on_which_day_it_is_lost() -> None:
    """With 25 late by working day 15 the 32nd late one comes on day 20."""
    told = outlook_of(PROMISE, row(150, 125), TODAY, WEEKENDS)
    assert Outlook(Hold.AT_RISK, 210, 6, date(2026, 11, 27)) == told


def test_a_lost_month_is_lost() -> None:
    """More are late than the whole month may have."""
    outlook = outlook_of(PROMISE, row(150, 100), TODAY, WEEKENDS)
    assert outlook is not None
    assert outlook.state is Hold.LOST


def test_without_a_target_or_a_pace_nothing_is_said() -> None:
    """No promise to hold, or nothing to judge it by."""
    assert outlook_of(PROMISE._replace(target_percent=None), row(5, 5), TODAY, WEEKENDS) is None
    assert outlook_of(PROMISE, row(0, 0), TODAY, WEEKENDS) is None
    assert outlook_of(PROMISE, None, TODAY, WEEKENDS) is None
    assert outlook_of(PROMISE, row(5, 5), date(2026, 11, 1), WEEKENDS) is None


@given(st.integers(1, 500), st.data(), st.integers(2, 30))
def test_the_day_it_is_lost_lies_ahead_and_in_the_month(
    n: int, data: st.DataObject, day: int
) -> None:
    """Whatever the figures, no date of the past or of another month is named."""
    met = data.draw(st.integers(0, n))
    today = date(2026, 11, day)
    outlook = outlook_of(PROMISE, row(n, met), today, WEEKENDS)
    assert outlook is not None
    if outlook.exhausted_on is not None:
        assert today <= outlook.exhausted_on <= date(2026, 11, 30)
        assert WEEKENDS.is_workday(outlook.exhausted_on)
        assert outlook.state is Hold.AT_RISK


def test_what_was_published_is_summed_over_the_versions_of_an_agreement() -> None:
    """An agreement that changed in mid-month published two figures."""
    said = {
        "rows": [
            {"month": "2026-10", "clause": "a@1#x", "published": {"n": 4, "met": 3}},
            {"month": "2026-10", "clause": "a@2#x", "published": {"n": 6, "met": 6}},
            {"month": "2026-09", "clause": "a@1#x", "published": None},
            {"month": None, "clause": "a@1#x", "published": None},
        ]
    }
    assert {("2026-10", "a#x"): Published(10, 9)} == published_in(said)
    assert {} == published_in(None)
