"""When people may be disturbed: windows and digests in their own calendar and zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from chassis.instants import microseconds, moment
from chassis.workdays import Calendar
from contracts.notice import Channel, Sending, SendingDays
from hypothesis import given
from hypothesis import strategies as st
from notify.windows import AT_ONCE, Clockwork, instant_of, next_window, send_at, window_of

BANGKOK = Clockwork(Calendar(frozenset({date(2026, 12, 7)})), "Asia/Bangkok")
DAYTIME = Sending("c", SendingDays.ALL, opens=8 * 60, closes=20 * 60)
OFFICE = Sending("c", SendingDays.WORKING, opens=8 * 60 + 30, closes=16 * 60 + 30)
DIGEST = Sending("c", SendingDays.WORKING, digest_at=8 * 60 + 30)


def us(text: str) -> int:
    """The instant of a local time in Bangkok, `2026-12-04 19:59`."""
    return microseconds(datetime.fromisoformat(f"{text}+07:00"))


@pytest.mark.parametrize(
    ("sending", "now", "then"),
    [
        (DAYTIME, "2026-12-04 07:59:59.999999", "2026-12-04 08:00"),
        (DAYTIME, "2026-12-04 08:00", "2026-12-04 08:00"),
        (DAYTIME, "2026-12-04 19:59:59.999999", "2026-12-04 19:59:59.999999"),
        (DAYTIME, "2026-12-04 20:00", "2026-12-05 08:00"),
        (OFFICE, "2026-12-04 16:29", "2026-12-04 16:29"),
        (OFFICE, "2026-12-04 16:30", "2026-12-08 08:30"),
        (DIGEST, "2026-12-04 08:30", "2026-12-04 08:30"),
        (DIGEST, "2026-12-04 08:30:00.000001", "2026-12-08 08:30"),
        (replace(OFFICE, digest_at=540), "2026-12-04 08:31", "2026-12-04 09:00"),
        (window_of(DIGEST), "2026-12-04 23:59", "2026-12-04 23:59"),
    ],
)
def test_the_next_window(sending: Sending, now: str, then: str) -> None:
    """Open from its first instant to before its last; over a weekend and a substitution day."""
    assert us(then) == next_window(us(now), sending, BANGKOK)


def test_a_window_may_be_open_all_day() -> None:
    """From 00:00 to 24:00 nothing ever waits."""
    always = Sending("c", SendingDays.ALL, opens=0, closes=24 * 60)
    assert us("2026-12-04 23:59:59") == next_window(us("2026-12-04 23:59:59"), always, BANGKOK)


@pytest.mark.parametrize("channel", sorted(AT_ONCE))
def test_a_page_and_a_machine_are_not_disturbed(channel: Channel) -> None:
    """What waits to be looked into, and what a machine reads, goes at once, also at night."""
    night = us("2026-12-05 03:00")
    assert night == send_at(night, channel, OFFICE, BANGKOK)
    assert night < send_at(night, Channel.EMAIL, OFFICE, BANGKOK)


@pytest.mark.parametrize(
    ("day", "minute", "utc"),
    [
        (date(2026, 3, 29), 150, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (date(2026, 10, 25), 150, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 10, 25), 1440, datetime(2026, 10, 25, 23, 0, tzinfo=UTC)),
    ],
)
def test_clocks_that_change_have_one_answer(day: date, minute: int, utc: datetime) -> None:
    """A time that is jumped over counts as if it were not; one shown twice is the first."""
    assert utc == moment(instant_of(day, minute, "Europe/Amsterdam"))


def test_what_failed_waits_for_no_digest() -> None:
    """It goes out within the hours beside the digest, else for the rest of the day."""
    assert DAYTIME == window_of(DAYTIME)
    assert replace(DIGEST, digest_at=None, opens=DIGEST.digest_at) == window_of(DIGEST)
    assert OFFICE == window_of(replace(OFFICE, digest_at=510))


@given(
    st.integers(1_600_000_000, 2_000_000_000).map(lambda seconds: seconds * 1_000_000),
    st.sampled_from([DAYTIME, OFFICE, DIGEST]),
    st.sampled_from(["Asia/Bangkok", "Europe/Amsterdam"]),
)
def test_a_window_is_never_in_the_past_and_stays_where_it_is(
    now_us: int, sending: Sending, zone: str
) -> None:
    """Asking again at the instant of the answer gives the answer, and no later one comes sooner."""
    clockwork = Clockwork(BANGKOK.calendar, zone)
    then = next_window(now_us, sending, clockwork)
    assert now_us <= then
    assert then == next_window(then, sending, clockwork)
    assert then <= next_window(then + 1, sending, clockwork)
