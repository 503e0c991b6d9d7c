"""
The messages that cross a border between our own services, as they stand on the topics.

Every one is a structured CloudEvent; `data` is one of the models below.
Times are RFC 3339 in UTC with microseconds; `*_us` are whole microseconds since 1970-01-01T00:00Z.
A consumer applies a state (`case-status`, `line-status`, `payee`, `source-status`)
only when its (epoch, version) is higher than the one it holds.
"""

# ruff: noqa: RUF012 (pydantic copies its defaults)
from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.message_parts import Amount as Amount
from contracts.message_parts import CloudEvent as CloudEvent
from contracts.message_parts import Contact as Contact
from contracts.message_parts import EventKey as EventKey
from contracts.message_parts import Message as Message
from contracts.message_parts import ReferenceRow as ReferenceRow
from contracts.message_parts import Words as Words
from contracts.notice_messages import Notification as Notification
from contracts.sla_messages import CaseSla as CaseSla
from contracts.sla_messages import SlaEvent as SlaEvent


class InboundEvent(CloudEvent):
    """Topic `inbound.<source>`; what `data` may hold is told by fact in the process files."""

    data: dict[str, Any] = {}


class FactData(Message):
    """A fact intake has accepted: what the source said, and what intake judged of it."""

    kind: Literal["fact"]
    process: str
    fact: str
    role: str
    instant_us: int
    precision: Literal["instant", "day"] = "instant"
    joining: list[ReferenceRow] = []
    about: list[ReferenceRow] = []
    said: dict[str, Any] = {}
    text: dict[str, Any] = {}
    retracts: EventKey | None = None
    membership: int
    replay: bool = False


class Regrouped(Message):
    """Events changed their case: one such message per touched case, with all it needs."""

    kind: Literal["regrouped"]
    process: str
    membership: int
    events_in: list[EventKey] = []
    events_out: list[tuple[str, str, str | None]] = []
    redirect_to: str | None = None


class CaseEvent(CloudEvent):
    """Topic `case-event`; `correlationid` is the case."""

    correlationid: str
    data: Annotated[FactData | Regrouped, Field(discriminator="kind")]


class Span(Message):
    """One holding: in `stage`, held by `holder`, from `since` on, because of `anchor`."""

    stage: str
    holder: str
    since: str
    anchor: EventKey


class TimelineEntry(Message):
    """
    One event of the case in fold order, and what it did; `papers` are codes of what is missing.
    """

    source: str
    id: str
    fact: str
    role: str
    at: str
    precision: Literal["instant", "day"]
    effect: Literal["moved", "held", "noted", "contradicts", "retracted"]
    stage: str | None = None
    not_reported: list[str] = []
    step: str | None = None
    reason: str | None = None
    papers: list[str] = []


class Contradiction(Message):
    """A fact that could not be taken: kept, shown, and without effect."""

    source: str
    id: str
    fact: str
    code: str
    stage: str | None = None


class EstablishedFact(Message):
    """A fact that holds (or no longer holds) since the version before."""

    source: str
    id: str
    fact: str


class LineCounts(Message):
    """How many lines stand in each state."""

    total: int = 0
    open: int = 0
    transferred: int = 0
    bounced: int = 0
    cancelled: int = 0


class CaseStatusData(Message):
    """
    The whole current state of one case.

    A list too long for one message keeps its newest entries; `omitted` counts the others by list.
    """

    case: str
    number: str
    epoch: int
    version: int
    process: str
    process_version: int
    redirect_to: str | None = None
    stage: str | None = None
    since: str | None = None
    holder: str | None = None
    group: int | None = None
    ended: bool = False
    contact: Contact | None = None
    spans: list[Span] = []
    timeline: list[TimelineEntry] = []
    contradictions: list[Contradiction] = []
    flags: list[str] = []
    established: list[EstablishedFact] = []
    withdrawn: list[EstablishedFact] = []
    joining: list[ReferenceRow] = []
    about: list[ReferenceRow] = []
    amount: Amount | None = None
    unit: str | None = None
    kind: str | None = None
    fund: str | None = None
    priority: str | None = None
    fiscal_year: str | None = None
    due_on: str | None = None
    released_on: str | None = None
    title: str | None = None
    lines: LineCounts = LineCounts()
    omitted: dict[str, int] = {}
    replay: bool = False
    rebuilt: bool = False


class CaseStatus(CloudEvent):
    """Topic `case-status`, key = case."""

    data: CaseStatusData


class Transfer(Message):
    """One transfer of one line; `anchor` is the event that told of it."""

    reference: str
    returned: bool
    at: str
    method: str | None = None
    date: str | None = None
    anchor: EventKey | None = None


class Line(Message):
    """
    One payment of a case and its state; `id` is empty for the implied line of a case.

    `transfers` keeps the newest; `transfers_omitted` counts the others. `reached_by` are the events
    that sent, returned, credited, cancelled or delayed this very line, with `reached_omitted`.
    """

    id: str
    state: Literal["open", "transferred", "bounced", "cancelled"]
    credited: bool = False
    payee: str | None = None
    invoice: str | None = None
    gross: str | None = None
    deductions: list[dict[str, Any]] = []
    net: str | None = None
    transfers: list[Transfer] = []
    transfers_omitted: int = 0
    reached_by: list[EventKey] = []
    reached_omitted: int = 0


class LineStatusData(Message):
    """
    A chunk of a case's lines, 200 at most; the key is `<case>/<chunk>`.

    `version` is that of the case when its lines last changed.
    """

    case: str
    epoch: int
    version: int
    chunk: int
    chunks: int
    lines: list[Line]


class LineStatus(CloudEvent):
    """Topic `line-status`."""

    data: LineStatusData


class SourceStatusData(Message):
    """What is known of a source: who it is, up to when it is complete, how its clock stands."""

    source: str
    epoch: int
    version: int
    name: Words
    contact: str
    role: str
    zone: str
    units: list[str] = []
    facts: dict[str, list[str]] = {}
    test: bool = False
    promise: str
    complete_until: str | None = None
    clock_lead_ms: int | None = None
    last_event_at: str | None = None
    difference: dict[str, Any] | None = None


class SourceStatus(CloudEvent):
    """Topic `source-status`, key = source."""

    data: SourceStatusData


class FindingRow(Message):
    """One thing wrong with an input."""

    pointer: str
    rule: str
    remedy: str


class RejectData(Message):
    """Why an input was refused, and which one it was; never its payload."""

    position: str | None = None
    source: str | None = None
    id: str | None = None
    sha256: str
    altered: bool = False
    findings: list[FindingRow]


class Reject(CloudEvent):
    """Topic `inbound-rejected.<source>`, read by the source itself."""

    data: RejectData


class SealedPayee(Message):
    """
    The encrypted value of a payee: AES-256-GCM, key named, associated data = the payee id.

    `said_at`: when the newest fact happened that made this version; None where it was only joined.
    """

    payee: str
    version: int
    key_id: str
    nonce: str
    sealed: str
    redirect_to: str | None = None
    said_at: str | None = None


class PayeeMessage(CloudEvent):
    """Topic `payee`, key = payee id. The only topic of ours that carries identities, sealed."""

    data: SealedPayee
