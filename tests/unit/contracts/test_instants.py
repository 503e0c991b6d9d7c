"""When an event happened: offsets, dates, eras and the edges of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from contracts.instants import (
    TimeRefused,
    end_of_day_us,
    is_common_era_date,
    judge_instant,
    microseconds,
    parse_time,
)
from hypothesis import given
from hypothesis import strategies as st

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
NOW_US = microseconds(NOON)
times = st.datetimes(datetime(1900, 1, 1), datetime(2399, 12, 30), timezones=st.just(UTC))


def judged(text: str, day: bool = False, zone: str = "Asia/Bangkok") -> int:
    """The instant of *text* now."""
    return judge_instant(text, day, zone, 0, NOW_US)


@given(times)
def test_microseconds_are_exact(at: datetime) -> None:
    """No microsecond is lost between a written time and its number."""
    assert microseconds(parse_time(at.isoformat())) == (at - datetime(1970, 1, 1, tzinfo=UTC)) // (
        timedelta(microseconds=1)
    )


@pytest.mark.parametrize("text", ["2026-01-31t10:00:00z", "2026-01-31T17:00:00.000+07:00"])
def test_small_letters_and_fractions(text: str) -> None:
    """RFC 3339 allows small letters and any fraction of a second."""
    assert judged(text) == microseconds(datetime(2026, 1, 31, 10, tzinfo=UTC))


def test_five_minutes_ahead_are_allowed() -> None:
    """A clock up to five minutes ahead is taken as it is."""
    assert judged("2026-01-31T12:05:00Z") == NOW_US + 300_000_000
    with pytest.raises(TimeRefused, match="time-in-future"):
        judged("2026-01-31T12:05:00.000001Z")


def test_today_is_not_the_future() -> None:
    """A date-only event of today means this evening, and is compared by its date alone."""
    assert judged("2026-01-31T00:00:00+07:00", day=True) == end_of_day_us(
        "Asia/Bangkok", "2026-01-31"
    )
    with pytest.raises(TimeRefused, match="time-in-future"):
        judged("2026-02-01T00:00:00+07:00", day=True)


def test_the_written_date_counts_in_the_zone_of_the_source() -> None:
    """The date is the one written, whatever its offset; its end is that of the source's zone."""
    assert judged("2026-01-20T23:30:00-12:00", day=True) == microseconds(
        datetime(2026, 1, 20, 16, 59, 59, 999_999, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("day", "last"),
    [
        ("2025-03-30", datetime(2025, 3, 30, 21, 59, 59, 999_999, tzinfo=UTC)),
        ("2025-10-26", datetime(2025, 10, 26, 22, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_days_of_23_and_25_hours(day: str, last: datetime) -> None:
    """The end of a day is right on the days the clocks change."""
    assert end_of_day_us("Europe/Amsterdam", day) == microseconds(last)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "time-malformed"),
        ("2026-W05-6T10:00:00Z", "time-malformed"),
        ("20260131T100000Z", "time-malformed"),
        ("2026-01-31 10:00:00Z", "time-malformed"),
        ("2026-01-31T24:00:00Z", "time-malformed"),
        ("2026-01-31T10:00:00+7", "time-malformed"),
        ("2026-01-31T10:00:00+25:00", "time-malformed"),
        ("๒๐๒๖-๐๑-๓๑T10:00:00Z", "time-malformed"),
        ("2569-01-31T10:00:00", "time-buddhist-era"),
        ("2400-01-01T00:00:00Z", "time-buddhist-era"),
        ("2026-01-31T10:00:00", "time-without-offset"),
    ],
)
def test_what_is_no_time(text: str, rule: str) -> None:
    """A time that is not RFC 3339 of the common era is refused by name."""
    with pytest.raises(TimeRefused, match=rule):
        parse_time(text)


def test_before_the_start_of_the_source() -> None:
    """What happened before a source was registered to speak is refused."""
    with pytest.raises(TimeRefused, match="time-before-start"):
        judge_instant("2026-01-30T00:00:00Z", False, "UTC", NOW_US, NOW_US)


@pytest.mark.parametrize(
    ("text", "real"),
    [("2026-02-28", True), ("2026-02-29", False), ("2569-01-01", False), ("2400-01-01", False)],
)
def test_dates(text: str, real: bool) -> None:
    """A date is real and of the common era."""
    assert is_common_era_date(text) is real
