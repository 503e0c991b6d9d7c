"""
What was counted, as values: the rows that `figures_store` reads and writes and views are made from.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """
    How a promise was kept in one month. `clause` is `agreement#clause`.

    `key` (and `key2`) say of which group; empty where all are meant, or where the case has none.
    Days are those charged, of the `stopped` clocks.
    """

    clause: str
    month: str
    key: str
    key2: str
    n: int
    met: int
    stopped: int
    p15: int | None
    p50: int | None
    p85: int | None
    p95: int | None


class Running(NamedTuple):
    """Clocks of a clause that run now, and those past their budget already."""

    clause: str
    key: str
    open: int
    breached: int


class Due(NamedTuple):
    """So many clocks of a clause are due on a date."""

    clause: str
    party: str
    due_on: date
    n: int


class Standing(NamedTuple):
    """
    Cases that wait with `holder` in `stage`.

    `late` are past a promise; `days_sum` of `days_counted` cases is what was charged, `days_max`
    the longest; `oldest_on` when the one that stands there longest came.
    """

    holder: str
    stage: str
    n: int
    late: int
    undetermined: int
    days_sum: int
    days_counted: int
    days_max: int | None
    oldest_on: date | None


class StandingPart(NamedTuple):
    """The same, of one unit or kind."""

    key: str
    n: int
    late: int
    days_sum: int
    days_counted: int
    days_max: int | None


class Wait(NamedTuple):
    """Working days that ended cases of a month spent; without `party`: how many `cases`."""

    process: str
    month: str
    party: str
    stage: str
    days: int
    cases: int


class Accuracy(NamedTuple):
    """Of `n` forecasts whose money came: in time by the date of half, by the date of most."""

    process: str
    stage: str
    n: int
    by_half: int
    by_most: int


class Stamp(NamedTuple):
    """When the figures were counted, and how many seconds it took."""

    at: datetime
    seconds: float


class EndedCase(NamedTuple):
    """A case that ended and whose days are asked for; `body` is its `case-status`."""

    case_id: int
    epoch: int
    version: int
    process: str
    unit: str | None
    kind: str | None
    body: str
    ended_at: datetime


class WaitRow(NamedTuple):
    """The days of one ended case: `parts` are stage, party and days."""

    case: EndedCase
    month: str
    parts: Sequence[tuple[str, str, int]]


class Forecast(NamedTuple):
    """What was forecast of a case in a stage."""

    case_id: int
    stage: str
    process: str
    half_on: date
    most_on: date
    told_at: datetime


class Downtime(NamedTuple):
    """Minutes `seen` since watching `began` in this month, and how many of them were `up`."""

    began: datetime | None
    seen: int
    up: int


class Report(NamedTuple):
    """
    The newest answer to one question. `said` is None where there never was one.

    `failing_since`: since when no answer comes, with the class of the error.
    """

    service: str
    question: str
    said: Any
    at: datetime | None
    failing_since: datetime | None
    error: str | None
