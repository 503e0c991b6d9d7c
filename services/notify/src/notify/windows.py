"""When a recipient may be disturbed: the next sending window in its calendar and zone. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from chassis.instants import microseconds
from chassis.workdays import Calendar
from contracts.instants import zone_of
from contracts.notice import Channel, Sending, SendingDays

from notify.rulebook import local_moment

MINUTES_PER_HOUR, MINUTES_PER_DAY = 60, 24 * 60

AT_ONCE = frozenset({Channel.INBOX, Channel.WEBHOOK})
"""Channels that disturb nobody: a page that is opened, a machine."""


class Clockwork(NamedTuple):
    """The days that count for a recipient, and the IANA zone its clocks show."""

    calendar: Calendar
    zone: str


def send_at(now_us: int, channel: Channel, sending: Sending, clockwork: Clockwork) -> int:
    """The instant from which a notice asked for at *now_us* may go out over *channel*."""
    return now_us if channel in AT_ONCE else next_window(now_us, sending, clockwork)


def window_of(sending: Sending) -> Sending:
    """*sending* without its digest: in the hours beside it, else for the rest of that day."""
    if sending.digest_at is None:
        return sending
    opens = sending.digest_at if sending.opens is None else sending.opens
    return replace(sending, opens=opens, digest_at=None)


def next_window(now_us: int, sending: Sending, clockwork: Clockwork) -> int:
    """
    The first instant from *now_us* on at which *sending* allows a message; *now_us* if it does now.

    Where a digest is asked for, the next time of a digest. Raises `OverflowError` past the last
    date there is.
    """
    day = local_moment(now_us, clockwork.zone).date()
    while True:
        if sending.days is SendingDays.ALL or clockwork.calendar.is_workday(day):
            found = _within(now_us, day, sending, clockwork.zone)
            if found is not None:
                return found
        day += timedelta(days=1)


def _within(now_us: int, day: date, sending: Sending, zone: str) -> int | None:
    """The first instant of *day* from *now_us* on that is allowed; None when it is over."""
    if sending.digest_at is not None:
        at = instant_of(day, sending.digest_at, zone)
        return at if now_us <= at else None
    opens = instant_of(day, sending.opens or 0, zone)
    closes = instant_of(day, sending.closes or MINUTES_PER_DAY, zone)
    return max(now_us, opens) if now_us < closes else None


def instant_of(day: date, minute: int, zone: str) -> int:
    """
    The instant at which the clocks of *zone* show *minute* (after midnight) on *day*.

    24:00 is the midnight that ends the day. A time that the clocks jump over is read as if they
    had not; one they show twice is the first.
    """
    over, minute = divmod(minute, MINUTES_PER_DAY)
    shown = time(minute // MINUTES_PER_HOUR, minute % MINUTES_PER_HOUR, tzinfo=zone_of(zone))
    return microseconds(datetime.combine(day + timedelta(days=over), shown))
