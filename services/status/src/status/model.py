"""What status speaks of: events as the fold sees them, and the state the fold makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple


class Key(NamedTuple):
    """An event's identity for ever."""

    source: str
    id: str


NOTHING_SAID: Mapping[str, Any] = MappingProxyType({})


class Event(NamedTuple):
    """
    An accepted event of one case, as the fold sees it.

    `instant_us`: microseconds since 1970-01-01T00:00Z, judged by intake.
    `said`: the source's data without identities and without personal text.
    """

    key: Key
    fact: str
    role: str
    instant_us: int
    day_precision: bool = False
    sequence: int | None = None
    joining: tuple[tuple[str, str, str, str], ...] = ()
    about: tuple[tuple[str, str, str, str], ...] = ()
    said: Mapping[str, Any] = NOTHING_SAID
    retracts: Key | None = None


class Effect(StrEnum):
    """What an event did to its case."""

    MOVED = "moved"
    HELD = "held"
    NOTED = "noted"
    CONTRADICTS = "contradicts"
    RETRACTED = "retracted"


class LineState(StrEnum):
    """How a line stands."""

    OPEN = "open"
    TRANSFERRED = "transferred"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"


class Refusal(StrEnum):
    """Why a fact could not be taken."""

    WOULD_GO_BACK = "would go back"
    ENDED = "case has ended"
    ALREADY_ENDED = "already ended"
    NOTHING_TO_REOPEN = "nothing to reopen"
    UNKNOWN_FACT = "fact unknown to this version of the process"
    UNKNOWN_STAGE = "stage unknown to this version of the process"
    LINE_NOT_FOUND = "line not found"
    LINE_AMBIGUOUS = "line ambiguous"


class Span(NamedTuple):
    """One holding of the case."""

    stage: str
    holder: str
    since_us: int
    anchor: Key


class Entry(NamedTuple):
    """One event on the timeline."""

    event: Event
    effect: Effect
    stage: str | None
    not_reported: tuple[str, ...] = ()


class Contradiction(NamedTuple):
    """A fact without effect, and the reason."""

    event: Event
    code: Refusal
    stage: str | None


@dataclass(frozen=True, slots=True)
class LineTransfer:
    """
    One transfer of one line, told of by the event `anchor`.

    `returned` when a bounce has taken it back.
    """

    anchor: Key
    reference: str
    at_us: int
    returned: bool
    method: str | None
    date: str | None


@dataclass(frozen=True, slots=True)
class LineView:
    """
    A line after the fold. `id` is empty for the implied line of a case that names none.

    `reached_by` are the events that did something to this line, as notices must know whom to tell.
    """

    id: str
    state: LineState
    credited: bool
    details: Mapping[str, Any]
    transfers: tuple[LineTransfer, ...]
    reached_by: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseState:
    """The whole state of a case: a pure function of the set of its accepted events."""

    stage: str | None = None
    ended: bool = False
    spans: tuple[Span, ...] = ()
    timeline: tuple[Entry, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    flags: tuple[str, ...] = ()
    joining: tuple[tuple[str, str, str, str], ...] = ()
    about: tuple[tuple[str, str, str, str], ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[LineView, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """The version a case was last told with, and what was told."""

    epoch: int
    version: int
    process: str
    process_version: int
    redirect_to: int | None
    line_chunks: int
    visible_sha256: bytes | None
    facts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """
    A case as it was read: what was told of it, its events, and their titles (personal text, apart).
    """

    case_id: int
    told: Told
    events: tuple[Event, ...]
    titles: Mapping[Key, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A visible change of one case, and the messages that tell it."""

    case_id: int
    told: Told
    state: CaseState
    facts: tuple[tuple[str, str, str], ...]
    visible_sha256: bytes
    line_chunks: int
    status: bytes
    lines: tuple[tuple[str, bytes | None], ...]
