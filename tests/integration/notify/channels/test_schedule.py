"""When a delivery is tried again: the tables, what the other side asks for, and the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notify.channels.outcome import Delivery, Failed, Retry
from notify.channels.schedule import (
    LINE_SCHEDULE,
    MAIL_SCHEDULE,
    WEBHOOK_SCHEDULE,
    Schedule,
    retry_after_seconds,
)

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
HOUR = 3600
tables = st.sampled_from([WEBHOOK_SCHEDULE, MAIL_SCHEDULE, LINE_SCHEDULE])


def test_webhooks_have_ten_attempts_over_75_hours() -> None:
    """Ten attempts; the last begins 75 hours, 35 minutes and 5 seconds after the first."""
    assert 10 == WEBHOOK_SCHEDULE.attempts_max
    assert 75 * HOUR + 35 * 60 + 5 == sum(WEBHOOK_SCHEDULE.waits_seconds)


def test_line_gives_up_while_its_retry_key_is_known() -> None:
    """Even where LINE always asks for the longest wait, the last attempt is within its 24 hours."""
    longest = LINE_SCHEDULE.asked_seconds_max
    assert sum(max(wait, longest) for wait in LINE_SCHEDULE.waits_seconds) < 24 * HOUR


@given(table=tables, attempt=st.integers(1, 20), asked=st.floats(0, 1e12))
def test_waits_are_bounded(table: Schedule, attempt: int, asked: float) -> None:
    """A wait is at least the table's and at most its bound; the last attempt has none."""
    outcome = table.after(attempt, "HTTP 503", asked)
    if attempt >= table.attempts_max:
        assert Failed(f"HTTP 503; given up after {attempt} attempts") == outcome
        return
    assert isinstance(outcome, Retry)
    least = table.waits_seconds[attempt - 1]
    assert least <= outcome.delay_seconds <= max(least, table.asked_seconds_max)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("9" * 400, 999_999_999_999),
        ("Mon, 23 Nov 2026 03:30:00 GMT", HOUR),
        ("Mon, 23 Nov 2026 03:30:00 -0000", HOUR),
        ("Mon, 23 Nov 2026 01:30:00 GMT", 0),
        ("Mon, 23 Nov 99999 01:30:00 GMT", 0),
        (None, 0),
        ("", 0),
        ("-5", 0),
        ("1.5", 0),
        ("๑๒๐", 0),
        ("soon", 0),
    ],
)
def test_retry_after(value: str | None, seconds: float) -> None:
    """Seconds and dates are understood, the past is now, and all else asks for nothing."""
    assert seconds == retry_after_seconds(value, NOW)


@given(seconds=st.integers(0, 10**8))
def test_retry_after_as_a_date(seconds: int) -> None:
    """A date means the time from now to it."""
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert seconds == retry_after_seconds(date, NOW)


@given(value=st.text(max_size=60))
def test_retry_after_never_fails(value: str) -> None:
    """Whatever stands there, a wait comes of it."""
    assert retry_after_seconds(value, NOW) >= 0


@pytest.mark.parametrize(
    ("notice_id", "language", "attempt"),
    [
        ("", "th", 1),
        ("a b", "th", 1),
        ("a\r\nb", "th", 1),
        ("a", "", 1),
        ("a", "th\n", 1),
        ("a", "th", 0),
    ],
)
def test_a_delivery_that_cannot_be(notice_id: str, language: str, attempt: int) -> None:
    """What could not stand in a header, and an attempt before the first, are refused."""
    with pytest.raises(ValueError, match=r"notice id|language|attempts"):
        Delivery(notice_id, "to", language, "subject", "text", attempt=attempt)


def test_a_delivery_shows_nothing_personal() -> None:
    """A delivery can be logged: it shows neither recipient nor words."""
    shown = repr(Delivery("n1", "payee@example.org", "th", "subject", "text", data={"a": "b"}))
    assert "Delivery(notice_id='n1', language='th', attempt=1)" == shown
