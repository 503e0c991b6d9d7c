"""
What notify speaks of: a notice, what it hangs on, who is told, and what became of it.

Instants are whole microseconds since 1970-01-01T00:00Z.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from contracts.notice import Channel, RecipientKind


class Key(NamedTuple):
    """An event's identity for ever."""

    source: str
    id: str


class FactAnchor(NamedTuple):
    """News of a fact hangs on the event that established it."""

    source: str
    id: str


class TimeAnchor(NamedTuple):
    """
    News of a deadline hangs on the clock, what it passed, and the due date that was told.

    `start` is the event the clock started with. `offset`: days charged at a warning, working days
    past the breach at a reminder, else 0. `due` is a date as `2026-01-31`, empty where none is.
    """

    agreement: str
    clause: str
    start: Key
    kind: str
    offset: int
    due: str


Anchor = FactAnchor | TimeAnchor


class Recipient(NamedTuple):
    """
    Who is told. `id` is a payee id, a unit, a desk, a source, or of an officer the place of work.

    An officer's place is `unit:<unit>` with the unit, else the holder: `finance`, `bank`.
    """

    kind: RecipientKind
    id: str


class State(StrEnum):
    """How far a notice has come. `SUPPRESSED` ones were recorded and are never sent."""

    REQUESTED = "requested"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED_TEMPORARY = "failed-temporary"
    FAILED_PERMANENT = "failed-permanent"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"


WAITING = frozenset({State.REQUESTED, State.HELD, State.FAILED_TEMPORARY})
"""Nothing of these has left the house for good: they may still change or be cancelled."""

TOLD = frozenset({State.SENDING, State.SENT, State.DELIVERED, State.UNKNOWN})
"""These may have been read: whatever was told in them is corrected, never changed."""


class Reason(StrEnum):
    """Why a notice was not sent."""

    TOO_OLD = "too-old"
    REPLAY = "replay"
    NO_ADDRESS = "no-address"
    CHANNEL_OFF = "channel-off"
    SUPERSEDED = "superseded-before-sending"
    DROPPED = "dropped"


NOTHING_TOLD: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Notice:
    """
    One thing to tell one recipient over one channel.

    `told` are the values told, by the names of `contracts.notice.Tell`. `at_us` is when it
    happened. `reason`: why it is recorded and not sent; None = to be sent. Of a correction
    `corrects` is the notice it corrects and `first` the one that told it first; `holds` is False
    where what was told no longer stands.
    """

    id: str
    rule: str
    anchor: Anchor
    recipient: Recipient
    channel: Channel
    case: str
    told: Mapping[str, str]
    language: str
    at_us: int
    reason: Reason | None = None
    corrects: str | None = None
    first: str | None = None
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """
    A notice as it was recorded, and what became of it.

    `place` orders the records of a case as they were made. `maybe_told`: the outcome of an attempt
    was unknown, so it may have been read whatever its state is now.
    """

    notice: Notice
    state: State
    place: int
    reason: Reason | None = None
    maybe_told: bool = False

    @property
    def is_told(self) -> bool:
        """May the recipient have read it?"""
        return self.state in TOLD or self.maybe_told

    @property
    def is_waiting(self) -> bool:
        """Can it still be changed or cancelled without anybody noticing?"""
        return self.state in WAITING and not self.maybe_told


class Hook(NamedTuple):
    """
    Where a machine is told for a recipient; `url` is None where its endpoint has ended.

    What happened before `since_us`, when the first endpoint was registered, is not its news.
    """

    url: str | None
    since_us: int


@dataclass(frozen=True, slots=True)
class Preference:
    """
    What a recipient wants and how it is reached.

    `reachable` are the channels an address is known for; the inbox needs none. What happened
    before `webhook_since_us` is not told over its webhook.
    """

    language: str = "th"
    off: frozenset[Channel] = frozenset()
    reachable: frozenset[Channel] = frozenset()
    webhook_since_us: int = 0


People = Mapping[Recipient, Preference]
"""Whoever is not listed reads Thai and has no address."""
