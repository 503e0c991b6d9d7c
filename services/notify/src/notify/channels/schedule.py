"""
When a delivery is tried again, and when one gives up: a table for each channel. Pure.

The waits carry no chance: a wave of retries is no larger than the wave that failed, and how many
are under way at once is bounded by the channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from notify.channels.outcome import Failed, Retry, Unknown

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    The waits between attempts, in seconds; one attempt more than waits.

    `asked_seconds_max` bounds the wait that the other side may ask for: longer ones are cut, so
    that nobody can park a notice for ever.
    """

    waits_seconds: tuple[float, ...]
    asked_seconds_max: float = 24 * HOUR

    @property
    def attempts_max(self) -> int:
        """How many attempts there are in all."""
        return len(self.waits_seconds) + 1

    def after(self, attempt: int, reason: str, asked_seconds: float = 0) -> Retry | Failed:
        """
        What follows a failed *attempt*.

        The wait is the table's, or longer where the other side asked for it; never shorter, or a
        server that says "in one second" would use up all attempts at once.
        """
        wait_seconds = self.again(attempt, asked_seconds)
        if wait_seconds is None:
            return Failed(f"{reason}; given up after {attempt} attempts")
        return Retry(wait_seconds, reason)

    def unknown(self, attempt: int, reason: str) -> Unknown:
        """What follows an *attempt* that may have been taken."""
        return Unknown(reason, self.again(attempt))

    def again(self, attempt: int, asked_seconds: float = 0) -> float | None:
        """Seconds from a failed *attempt* to the next; None when it was the last."""
        if attempt >= self.attempts_max:
            return None
        asked = min(asked_seconds, self.asked_seconds_max)
        return max(self.waits_seconds[attempt - 1], asked)


WEBHOOK_SCHEDULE = Schedule(
    (
        5,
        5 * MINUTE,
        30 * MINUTE,
        2 * HOUR,
        5 * HOUR,
        10 * HOUR,
        14 * HOUR,
        20 * HOUR,
        24 * HOUR,
    )
)
"""Ten attempts over 75 hours: the table that Standard Webhooks gives."""

MAIL_SCHEDULE = Schedule(
    (
        1 * MINUTE,
        5 * MINUTE,
        15 * MINUTE,
        30 * MINUTE,
        1 * HOUR,
        2 * HOUR,
        4 * HOUR,
        8 * HOUR,
        12 * HOUR,
        24 * HOUR,
    )
)
"""Eleven attempts over 52 hours: longer than greylisting, or a relay away for two days."""

LINE_SCHEDULE = Schedule(
    (
        30,
        2 * MINUTE,
        10 * MINUTE,
        30 * MINUTE,
        1 * HOUR,
        2 * HOUR,
        4 * HOUR,
        8 * HOUR,
    ),
    asked_seconds_max=HOUR,
)
"""Nine attempts within 24 hours, for that is how long LINE remembers a retry key."""


def retry_after_seconds(value: str | None, now: datetime) -> float:
    """
    The wait asked for by a `Retry-After` header: seconds, or a date that is read against *now*.

    0 where there is no header, where it cannot be read, and where its date has passed.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        # Longer numbers than this are no wait that anybody means.
        return float(text[:12])
    try:
        at = parsedate_to_datetime(text)
        # "-0000" says UTC without a zone; a naive date cannot be compared.
        aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return max((aware - now) / timedelta(seconds=1), 0.0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
