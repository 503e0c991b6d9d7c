"""Instants as whole microseconds since 1970-01-01T00:00Z, and back. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_NAIVE_EPOCH = datetime(1970, 1, 1)


def microseconds(at: datetime) -> int:
    """Return *at*, which knows its zone, as whole microseconds since 1970-01-01T00:00Z."""
    return (at - EPOCH) // MICROSECOND


def moment(instant_us: int) -> datetime:
    """Return the instant *instant_us* in UTC."""
    return EPOCH + timedelta(microseconds=instant_us)


@lru_cache(maxsize=65_536)
def rfc3339(instant_us: int) -> str:
    """Return *instant_us* by RFC 3339 in UTC, always with microseconds."""
    at = _NAIVE_EPOCH + timedelta(microseconds=instant_us)
    return at.isoformat(timespec="microseconds") + "Z"
