"""
The officer's board and the lists of work: open cases as their officers see them. Pure.

A card says what an officer needs to choose the next case by: how many days are charged against how
many, when it is due, and what has gone wrong with it before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from contracts.process import Process, Stage, Words

from portal.model import Brief

SOON_DAYS = 3
"""Due within so many days from today counts as close."""


class Press(StrEnum):
    """How a case stands against its budget, the worst first."""

    LATE = "late"
    TODAY = "today"
    SOON = "soon"
    CALM = "calm"
    UNKNOWN = "unknown"
    RECOMPUTED = "recomputed"


class Flag(StrEnum):
    """What an officer is warned of."""

    RETURNED = "returned"
    BOUNCED = "bounced"
    UNDETERMINED = "undetermined"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True)
class Card:
    """One case on the board. `charged` of `budget` working days are those of `party`."""

    number: str
    title: str | None
    kind: Words | None
    unit: str | None
    stage: Words | None
    amount: Decimal | None
    currency: str
    party: str | None
    charged: int | None
    budget: int | None
    due_on: date | None
    breached_on: date | None
    since: str | None
    press: Press
    flags: Sequence[Flag]


class Column(NamedTuple):
    """A stage with its most pressing cards; `cases` are all it has, `late` those past budget."""

    stage: Stage
    cards: Sequence[Card]
    cases: int
    late: int


class Piece(NamedTuple):
    """What the store gives of one case: the brief, and its column's figures."""

    brief: Brief
    cases: int
    late: int


def card_of(
    brief: Brief, processes: Mapping[str, Process], today: date, titles: Mapping[str, str]
) -> Card:
    """*brief* as a card; *titles* are the names of units by code."""
    process = processes.get(brief.process)
    stage = None if process is None else process.stages.get(brief.stage or "")
    kinds: Mapping[str, Words] = {} if process is None else process.codes.get("kind", {})
    told = not brief.recomputed
    return Card(
        number=brief.number,
        title=brief.title,
        kind=kinds.get(brief.kind or ""),
        unit=titles.get(brief.unit or "", brief.unit),
        stage=None if stage is None else stage.title,
        amount=brief.amount,
        currency=brief.currency or "",
        party=brief.waits_for if told else None,
        charged=brief.charged if told else None,
        budget=brief.budget if told else None,
        due_on=brief.due_on if told else None,
        breached_on=brief.breached_on if told else None,
        since=None if brief.since is None else brief.since.isoformat(),
        press=press_of(brief, today),
        flags=flags_of(brief),
    )


def press_of(brief: Brief, today: date) -> Press:
    """How pressing a case is *today*. A silent source makes nothing late."""
    if brief.recomputed:
        return Press.RECOMPUTED
    if brief.undetermined:
        return Press.UNKNOWN
    if brief.breached_on is not None:
        return Press.LATE
    if brief.due_on is None:
        return Press.CALM
    left = (brief.due_on - today).days
    if left <= 0:
        return Press.TODAY
    return Press.SOON if left <= SOON_DAYS else Press.CALM


def flags_of(brief: Brief) -> Sequence[Flag]:
    """What stands against a case."""
    found = {
        Flag.RETURNED: brief.returned > 0,
        Flag.BOUNCED: brief.bounced_lines > 0,
        Flag.UNDETERMINED: brief.undetermined,
        Flag.CONTRADICTION: brief.contradictions > 0,
    }
    return [flag for flag, is_so in found.items() if is_so]


def columns(
    pieces: Iterable[Piece],
    processes: Mapping[str, Process],
    stages: Collection[str] | None,
    today: date,
    titles: Mapping[str, str],
) -> Sequence[Column]:
    """
    A column for each open stage among *stages* (None: all) in the order of the path, also for one
    that is empty: an empty column is news.
    """
    of_stage: dict[str, list[Piece]] = {}
    for piece in pieces:
        of_stage.setdefault(piece.brief.stage or "", []).append(piece)
    found = []
    for stage in open_stages(processes):
        if stages is not None and stage.code not in stages:
            continue
        here = of_stage.get(stage.code, [])
        cards = [card_of(one.brief, processes, today, titles) for one in here]
        cases, late = (here[0].cases, here[0].late) if here else (0, 0)
        found.append(Column(stage, cards, cases, late))
    return found


def open_stages(processes: Mapping[str, Process]) -> Sequence[Stage]:
    """The stages a case can still leave by itself, along the path of each process; a code once."""
    found: dict[str, Stage] = {}
    for _, process in sorted(processes.items()):
        path = [stage for stage in process.stages.values() if not stage.ends]
        for stage in sorted(path, key=lambda one: -1 if one.rank is None else one.rank):
            found.setdefault(stage.code, stage)
    return list(found.values())


def stages_of(processes: Mapping[str, Process], holders: Collection[str]) -> Sequence[str]:
    """The codes of the open stages that one of *holders* holds, also by a reason."""
    return [
        stage.code
        for stage in open_stages(processes)
        if stage.holder in holders or set(stage.holder_by_reason.values()) & set(holders)
    ]
