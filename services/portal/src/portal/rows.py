"""Rows of the read tables, as they are read from messages and written. Frozen values."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple


class SearchRow(NamedTuple):
    """What a case is found by: see the table `search_row`. No words: the row is not there."""

    case_id: int
    part: str
    payee_id: str | None
    words: str
    pieces: list[str]


class CaseRow(NamedTuple):
    """A case as `case-status` tells it; the columns of `case_row` in the order of `save_cases`."""

    case_id: int
    epoch: int
    version: int
    body: str
    number: str
    title: str | None
    process: str
    stage: str | None
    stage_group: int | None
    holder: str | None
    unit: str | None
    kind: str | None
    fund: str | None
    since: datetime | None
    opened_at: datetime | None
    ended: bool
    ended_at: datetime | None
    amount: Decimal | None
    currency: str | None
    redirect_to: int | None
    contradictions: int
    returned: int
    bounced_lines: int
    changed_at: datetime


class ClockOf(NamedTuple):
    """One clause's clock on one case; the columns of `clock_row` in the order of `save_clocks`."""

    case_id: int
    clause: str
    party: str
    state: str
    charged: int
    budget: int | None
    due_on: date | None
    breached_on: date | None
    stopped_on: date | None
    month: str | None


class DaysRow(NamedTuple):
    """What `case-sla` tells of a case; the columns of `case_row` in the order of `save_days`."""

    case_id: int
    sla_epoch: int
    sla_version: int
    sla_status_epoch: int
    sla_status_version: int
    sla_body: str
    waits_for: str | None
    charged: int | None
    budget: int | None
    due_on: date | None
    breached_on: date | None
    undetermined: bool


class ChunkRow(NamedTuple):
    """One message of lines; `body` is their JSON."""

    case_id: int
    chunk: int
    epoch: int
    version: int
    chunks: int
    body: str


class PayeeRow(NamedTuple):
    """A payee, sealed. `said_at`: when the newest fact happened that made this version."""

    payee_id: str
    version: int
    key_id: str
    nonce: bytes
    sealed: bytes
    redirect_to: str | None
    said_at: datetime | None


class NoticeRow(NamedTuple):
    """The state of a notice."""

    notice_id: str
    case_id: int | None
    recipient_kind: str
    recipient_id: str
    state: str
    reason: str | None
    at: datetime
    version: int
    body: str


class SourceRow(NamedTuple):
    """The state of a source."""

    source: str
    epoch: int
    version: int
    told_at: datetime
    body: str
