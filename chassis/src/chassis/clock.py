"""
The only place that asks what time it is. Services take a `Clock`; decisions take the instant
itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chassis.settings import ServiceSettings


class Clock(Protocol):
    """Something that knows the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's present instant, aware, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class StandingClock:
    """
    A clock that stands at one aware instant, so that an old log can be replayed as if it ended now.
    """

    at: datetime

    def now(self) -> datetime:
        """Return the instant at which this clock stands, in UTC."""
        return self.at.astimezone(UTC)


def clock_from(settings: ServiceSettings) -> Clock:
    """Return the clock that *settings* ask for: standing at `clock_at`, else the machine's."""
    return SystemClock() if settings.clock_at is None else StandingClock(settings.clock_at)
