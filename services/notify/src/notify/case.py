"""
A case as notify needs it: its timeline, its lines, and what the SLA said of it.

Instants are whole microseconds since 1970-01-01T00:00Z. `picture.py` makes these from messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from contracts.messages import Contact, Words

from notify.model import Key, TimeAnchor


class Effect(StrEnum):
    """What an event did to its case."""

    MOVED = "moved"
    HELD = "held"
    NOTED = "noted"
    CONTRADICTS = "contradicts"
    RETRACTED = "retracted"


STANDS = frozenset({Effect.MOVED, Effect.HELD, Effect.NOTED})


class Entry(NamedTuple):
    """
    One event on the timeline, in the order of the fold. `stage`: where the case stood after;
    `papers`: codes of what it said is missing.
    """

    key: Key
    fact: str
    at_us: int
    day_precision: bool
    effect: Effect
    stage: str | None
    reason: str | None
    replay: bool = False
    papers: tuple[str, ...] = ()


class Span(NamedTuple):
    """One holding of the case."""

    stage: str
    holder: str
    since_us: int
    anchor: Key


class Transfer(NamedTuple):
    """One transfer of one line, and the event that told of it."""

    anchor: Key | None
    reference: str
    returned: bool
    at_us: int
    method: str | None
    date: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """
    One payment of a case. `reached_by` are the events that reached this very line.

    `whole` is False where some transfers or events were left out of the message.
    """

    id: str
    state: str
    payee: str | None
    invoice: str | None = None
    gross: str | None = None
    net: str | None = None
    deductions: tuple[Mapping[str, Any], ...] = ()
    transfers: tuple[Transfer, ...] = ()
    reached_by: frozenset[Key] = frozenset()
    whole: bool = True

    @property
    def waits(self) -> bool:
        """Is money for it still to come?"""
        return self.state in ("open", "bounced")


@dataclass(frozen=True, slots=True)
class Case:
    """A case as status told it last. `omitted`: the oldest of its timeline were left out."""

    id: str
    number: str
    process: str
    stage: str | None = None
    holder: str | None = None
    ended: bool = False
    contact: Contact | None = None
    spans: tuple[Span, ...] = ()
    timeline: tuple[Entry, ...] = ()
    omitted: bool = False
    unit: str | None = None
    title: str | None = None
    amount: str | None = None
    currency: str | None = None
    redirect_to: str | None = None
    replay: bool = False


@dataclass(frozen=True, slots=True)
class SlaFact:
    """
    Something the SLA said of one clause's clock.

    `kind` is `sla.warned`, `sla.breached`, `sla.reminder-due`, or an end: `sla.met`, `sla.missed`,
    `sla.voided`. `version` grows with each word about the case; of one clock, kind and offset the
    highest holds. `holds` is False where it was superseded. `party` is who promised the days.
    """

    kind: str
    agreement: str
    clause: str
    start: Key
    version: int
    at_us: int
    party: str
    offset: int = 0
    due: str | None = None
    charged: int | None = None
    budget: int | None = None
    holds: bool = True
    replay: bool = False
    title: Words | None = None

    @property
    def anchor(self) -> TimeAnchor:
        """What news of it hangs on."""
        return TimeAnchor(
            self.agreement, self.clause, self.start, self.kind, self.offset, self.due or ""
        )


@dataclass(frozen=True, slots=True)
class Forecast:
    """
    What the SLA says of the days to come; read from it, never computed here.

    Dates are as `2026-01-31`: `due` None while another party holds the case, `paid_by` the date
    that holds for 85 of 100 cases, `paid_by_half` for half of them. `remaining` and `budget` count
    the days of the promise. `undetermined`: a source has been silent, so no day may be said.
    """

    budget: int | None = None
    charged: int | None = None
    remaining: int | None = None
    due: str | None = None
    paid_by: str | None = None
    paid_by_half: str | None = None
    overdue: bool = False
    undetermined: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """
    All notify knows of one case at one moment.

    `lines_settled` is False while the lines at hand are older than the case: nothing that depends
    on them is decided then. `same_payee` leads from payee ids that were joined to the one that
    stayed. `unit_desk` is whom to turn to at the unit, where its office is known.
    """

    case: Case
    lines: tuple[Line, ...] = ()
    lines_settled: bool = True
    sla: tuple[SlaFact, ...] = ()
    forecast: Forecast | None = None
    same_payee: Mapping[str, str] = field(default_factory=dict)
    unit_desk: Contact | None = None
