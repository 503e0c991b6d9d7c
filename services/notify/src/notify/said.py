"""
The messages of the other services, as far as notify reads them.

Each of them passes here and most change nothing, so only what is used is parsed; what is kept of
them is read by the same models. The whole messages: `contracts.messages`, `contracts.sla_messages`.
"""

from __future__ import annotations

from typing import Literal

from contracts.message_parts import Amount, Contact, EventKey, Words
from contracts.sla_messages import PaidByRow, SlaKind
from pydantic import BaseModel


class SpanSaid(BaseModel):
    """One holding of a case."""

    stage: str
    holder: str
    since: str
    anchor: EventKey


class EntrySaid(BaseModel):
    """One event of a case, and what it did."""

    source: str
    id: str
    fact: str
    at: str
    precision: Literal["instant", "day"]
    effect: Literal["moved", "held", "noted", "contradicts", "retracted"]
    stage: str | None = None
    reason: str | None = None
    papers: list[str] = []


class CaseSaid(BaseModel):
    """A state of a case. `lines` counts them by their state, with the `total`."""

    case: str
    number: str
    epoch: int
    version: int
    process: str
    process_version: int
    redirect_to: str | None = None
    stage: str | None = None
    holder: str | None = None
    ended: bool = False
    contact: Contact | None = None
    spans: list[SpanSaid] = []
    timeline: list[EntrySaid] = []
    amount: Amount | None = None
    unit: str | None = None
    title: str | None = None
    lines: dict[str, int] = {}
    omitted: dict[str, int] = {}
    replay: bool = False


class ClockSaid(BaseModel):
    """One clause's clock on a case. `clause` is `agreement@version#clause`."""

    clause: str
    title: Words
    party: str
    state: str
    charged: int
    budget: int | None = None
    remaining: int | None = None
    due: str | None = None
    undetermined: list[tuple[str, str | None]] = []


class DaysSaid(BaseModel):
    """The days of a case, computed from the state (`status_epoch`, `status_version`) of it."""

    case: str
    epoch: int
    version: int
    status_epoch: int
    status_version: int
    clocks: list[ClockSaid] = []
    paid_by: PaidByRow | None = None


class WordSaid(BaseModel):
    """A moment a clock passed, or what takes one back."""

    case: str
    kind: SlaKind
    clause: str
    start: EventKey
    at: str
    detected_at: str
    offset: int = 0
    charged: int | None = None
    budget: int | None = None
    first_due: str | None = None
    due: str | None = None
    of: str | None = None
    reason: str | None = None
    replay: bool = False
