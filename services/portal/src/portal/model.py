"""
What pages are made from: cases, payees and notices as the read tables hold them. Frozen values.

`read_store` makes these; views read them. What a message said is kept as the message's own model
(`contracts.messages`), so that a page shows what was said and computes nothing anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from contracts.messages import CaseStatusData, Line, SourceStatusData
from contracts.notice_messages import NotificationData
from contracts.sla_messages import CaseSlaData

PAID_GROUP = 4
"""The last of the four groups that a payee sees: paid."""


class Standing(StrEnum):
    """
    How a payee's own lines of a case stand together.

    `waits`: as the case does. `paid`: nothing of theirs is open and something was transferred.
    `bounced`: money of theirs came back. `cancelled`: nothing of theirs will come.
    """

    WAITS = "waits"
    PAID = "paid"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Brief:
    """
    A case as it stands in a list: the columns of its row, nothing parsed.

    `title` and `amount` are of the whole case: a payee sees them only where `OwnCase.alone`.
    `waits_for`, `charged`, `budget`, `due_on`, `breached_on` are of the most pressing clock;
    `due_on` is None while another than `waits_for` holds the case. `recomputed` is True while the
    SLA has not yet judged this very state: then say "being recomputed" instead of its days.
    `as_of`: when the state was told.
    """

    case_id: int
    number: str
    process: str
    stage: str | None
    group: int | None
    holder: str | None
    unit: str | None
    kind: str | None
    fund: str | None
    title: str | None
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
    waits_for: str | None
    charged: int | None
    budget: int | None
    due_on: date | None
    breached_on: date | None
    undetermined: bool
    recomputed: bool
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One case in full. `sla` is None until the SLA's first word; see `brief.recomputed`."""

    brief: Brief
    said: CaseStatusData
    sla: CaseSlaData | None


@dataclass(frozen=True, slots=True)
class OwnCase:
    """
    A case as one of its payees may see it in a list.

    `standing` and `group` are computed from the payee's own lines alone, `net` is their sum (None
    where no line says one), `paid_on` the date of the last transfer that was not returned. `alone`:
    no other payee has lines in it, so its title and references are theirs to see.
    """

    brief: Brief
    standing: Standing
    group: int | None
    net: Decimal | None
    paid_on: date | None
    lines: int
    alone: bool


class GroupTotal(NamedTuple):
    """How many cases of a payee stand in a group, and their own net, by currency."""

    cases: int
    net: Mapping[str, Decimal]


class MonthTotal(NamedTuple):
    """One month of a payee, as `2026-01`: cases that came in, cases paid, and the money paid."""

    month: str
    came: int
    paid: int
    net: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class PayeeCounts:
    """
    A payee's four totals, by group 1 to 4 (all present), what stands outside them, and the last
    twelve months, oldest first. `needs_me`: cases that are returned or bounced, in need of someone.
    """

    groups: Mapping[int, GroupTotal]
    outside: int
    needs_me: int
    months: Sequence[MonthTotal]


@dataclass(frozen=True, slots=True)
class Payee:
    """
    A payee, opened. `payee_id` is the one that stayed, `ids` all that were found to be the same.

    `contact` as it was said: `email`, `line`, `telephone`, `language`, `off`. `account` likewise.
    `contact_changed_at`: when the way to reach them was last changed, None if it never was.
    Nothing of this may go into a log, a URL or an error.
    """

    payee_id: str
    ids: Sequence[str]
    name: str | None = None
    kind: str | None = None
    contact: Mapping[str, Any] = field(default_factory=dict, repr=False)
    account: Mapping[str, Any] = field(default_factory=dict, repr=False)
    identities: Sequence[tuple[str, str, str]] = field(default=(), repr=False)
    contact_changed_at: datetime | None = None

    @property
    def email(self) -> str | None:
        """Where mail reaches them."""
        value = self.contact.get("email")
        return value.strip() or None if isinstance(value, str) else None


class Found(NamedTuple):
    """One case that a search found, and what of it fitted: `number`, `words` or `name`."""

    brief: Brief
    by: str


class Notice(NamedTuple):
    """One notice in its newest state."""

    said: NotificationData


class Source(NamedTuple):
    """One source as it stands. `as_of`: when that was told."""

    said: SourceStatusData
    as_of: datetime | None


class Lines(NamedTuple):
    """The lines of a case. `settled` is False while they are of another version than the case."""

    lines: Sequence[Line]
    settled: bool
