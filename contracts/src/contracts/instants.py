"""
When an event happened: RFC 3339 in, microseconds since 1970 out, with every refusal named.

Rule: docs/architecture/time.md. A date-only event means the last microsecond of its date.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from contracts.normalise import FIRST_BUDDHIST_YEAR

AHEAD_US_MAX = 5 * 60 * 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_RFC3339 = re.compile(
    r"([0-9]{4})-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(\.[0-9]{1,18})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


class TimeRefused(ValueError):
    """A time that cannot be taken; `rule` names why (see `rules.py`)."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def microseconds(at: datetime) -> int:
    """Return *at* (aware) as microseconds since 1970-01-01T00:00Z."""
    return (at - _EPOCH) // _MICROSECOND


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time with offset. Raises `TimeRefused`."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise TimeRefused("time-malformed")
    if int(match[1]) >= FIRST_BUDDHIST_YEAR:
        raise TimeRefused("time-buddhist-era")
    if match[3] is None:
        raise TimeRefused("time-without-offset")
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        raise TimeRefused("time-malformed") from None


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """Return the IANA zone *name*. Raises `zoneinfo.ZoneInfoNotFoundError`."""
    return ZoneInfo(name)


@lru_cache(maxsize=8192)
def end_of_day_us(zone: str, day: str) -> int:
    """Return the last microsecond of the date *day* (`2026-01-31`) in *zone*. Raises ValueError."""
    on = date.fromisoformat(day)
    last = datetime(on.year, on.month, on.day, 23, 59, 59, 999_999, zone_of(zone), fold=1)
    return microseconds(last)


def judge_instant(text: str, day_precision: bool, zone: str, starts_us: int, now_us: int) -> int:
    """
    Return the instant *text* means, in microseconds since 1970.

    Refused are: more than 5 minutes ahead of *now_us* (a date: after today in *zone*), and before
    *starts_us*, the source's registered start. Raises `TimeRefused`.
    """
    written = parse_time(text)
    if not day_precision:
        instant_us = microseconds(written)
        if instant_us > now_us + AHEAD_US_MAX:
            raise TimeRefused("time-in-future")
    else:
        instant_us = end_of_day_us(zone, text[:10])
        if instant_us > end_of_day_us(zone, _today(zone, now_us)):
            raise TimeRefused("time-in-future")
    if instant_us < starts_us:
        raise TimeRefused("time-before-start")
    return instant_us


def _today(zone: str, now_us: int) -> str:
    now = _EPOCH + timedelta(microseconds=now_us + AHEAD_US_MAX)
    return now.astimezone(zone_of(zone)).date().isoformat()


def is_common_era_date(text: str) -> bool:
    """Tell whether *text* is a real date of the common era: `2026-01-31`."""
    try:
        return date.fromisoformat(text).year < FIRST_BUDDHIST_YEAR
    except ValueError:
        return False
