"""What sla tells: each case's days and clocks as they stand, and each moment a clock passed."""

# ruff: noqa: RUF012 (pydantic copies its defaults)
from __future__ import annotations

from typing import Literal

from contracts.message_parts import CloudEvent, EventKey, Message, Words


class LedgerRun(Message):
    """Working days in a row that one party is charged for; both dates included."""

    party: str
    from_day: str
    until_day: str
    days: int


class LedgerRow(Message):
    """
    Every working day of a case, charged to exactly one party.

    `first` is day 0, which is charged to nobody. The parts of `by_party` sum to `total`.
    A list of runs too long for one message keeps its newest; `omitted` counts the others.
    """

    first: str | None = None
    total: int = 0
    by_party: dict[str, int] = {}
    runs: list[LedgerRun] = []
    omitted: int = 0


class ClockRow(Message):
    """
    One clause's clock on one case. `clause` is `agreement@version#clause`.

    `start` is the event it started with. `remaining` is what is left of the budget, never below 0.
    `due` is null while another party holds the case: then "`remaining` days after it comes back".
    `undetermined` names the sources whose word is missing, and since when.
    """

    clause: str
    title: Words
    agreement_title: Words
    party: str
    unit: Literal["working_days", "calendar_days"]
    state: Literal["open", "met", "missed", "breached", "void"]
    started_at: str
    start: EventKey
    stopped_at: str | None = None
    charged: int
    budget: int | None = None
    remaining: int | None = None
    first_due: str | None = None
    due: str | None = None
    breached_at: str | None = None
    left_stop: bool = False
    undetermined: list[tuple[str, str | None]] = []


class PaidByRow(Message):
    """
    By when half and 85 of 100 cases like it were paid: learnt from ended cases, never promised.

    `conditional`: only if unit or payee, who holds it, acts as others did. `like` says how near the
    `cases` are that it was learnt from: stage, kind and unit; stage; process.
    """

    half_on: str
    most_on: str
    later_than_most: bool
    conditional: bool
    like: str
    cases: int


class OvertakenRow(Message):
    """
    So many `cases` came to the party later and left it first, and what may have been the reason.

    `value` is the priority or fund of those cases, or the reason code of the delay of this one;
    null where nobody has stated any. Only who left in the last 30 days is counted.
    """

    reason: Literal["priority", "fund", "delayed", "not-stated"]
    value: str | None = None
    cases: int


class PlaceRow(Message):
    """
    The place among the cases of one `agreement` that the party has: `position` of `waiting`.

    Who came at the same instant shares a position.
    """

    agreement: str
    position: int
    waiting: int
    overtaken: list[OvertakenRow] = []


class QueueRow(Message):
    """
    Where a case stands in the queue of the `party` that has had it without a break `since` then.

    Positions change with every other case's move; these are of the first look on `as_of_date`.
    """

    party: str
    since: str
    as_of_date: str
    places: list[PlaceRow] = []


class CaseSlaData(Message):
    """
    The whole SLA state of one case, computed from `case-status` (`status_epoch`, `status_version`).

    `as_of_date` is the last local date charged; open clocks tick at each local midnight. There is a
    version for each state of the case that was judged, also where no day moved. `queue` is null
    where the case waits for nobody, and until the midnight after it came to who has it.
    """

    case: str
    epoch: int
    version: int
    status_epoch: int
    status_version: int
    process: str
    redirect_to: str | None = None
    calendar: str
    zone: str
    as_of: str
    as_of_date: str
    ledger: LedgerRow = LedgerRow()
    clocks: list[ClockRow] = []
    not_reported: list[str] = []
    paid_by: PaidByRow | None = None
    queue: QueueRow | None = None
    replay: bool = False


class CaseSla(CloudEvent):
    """Topic `case-sla`, key = case."""

    data: CaseSlaData


SlaKind = Literal[
    "started", "warned", "reminder-due", "breached", "met", "missed", "voided", "superseded"
]


class SlaEventData(Message):
    """
    A moment a clock passed, at its true instant `at`; told when it may be said, at `detected_at`.

    `offset` tells the warnings and reminders of one clock apart. `of` is what a `superseded` takes
    back, `reason` why: facts, rules, sources or redirect.
    """

    case: str
    kind: SlaKind
    clause: str
    start: EventKey
    at: str
    detected_at: str
    detection_lag_seconds: float
    offset: int = 0
    charged: int | None = None
    budget: int | None = None
    first_due: str | None = None
    due: str | None = None
    of: str | None = None
    reason: str | None = None
    unit: str | None = None
    replay: bool = False


class SlaEvent(CloudEvent):
    """Topic `sla-event`, key = case."""

    data: SlaEventData
