"""
What one payee may see of a case: the own lines, where they stand, and the facts that concern them.

The one place where a case is cut to its payee. Another payee's line, sum, bounce or number shows in
nothing made from a `Share`. Rule: docs/architecture/portal.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.messages import CaseStatusData, Line, TimelineEntry
from contracts.process import LineEffect, Process, Stage

from portal.decide import net_of, standing_of
from portal.model import Standing

STANDS = frozenset({"moved", "held", "noted"})
OF_LINES = frozenset(
    {LineEffect.TRANSFERS, LineEffect.CREDITS, LineEffect.BOUNCES}
    | {LineEffect.CANCELS, LineEffect.DELAYS}
)
"""What facts do to single lines: only whose lines these are may see them."""
SHOWS_AS = {
    Standing.PAID: LineEffect.TRANSFERS,
    Standing.BOUNCED: LineEffect.BOUNCES,
    Standing.CANCELLED: LineEffect.CANCELS,
}
Keys = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Seat:
    """
    Where the own money stands: the stage, since when (RFC 3339), who has to act, and the event that
    brought it there. All None where the case never came to a stage they may see.
    """

    stage: Stage | None = None
    since: str | None = None
    day_only: bool = False
    holder: str | None = None
    entry: TimelineEntry | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """
    A payee's part of a case. `entries` is the timeline as they may see it, oldest first; `net` the
    sum of the own lines. `alone`: there is no other payee, so title and references are theirs too.
    `whole_days`: the days of the case are those of the own money; they are not where another's
    bounce is among them.
    """

    lines: Sequence[Line]
    standing: Standing
    seat: Seat
    entries: Sequence[TimelineEntry]
    net: Decimal | None
    alone: bool
    whole_days: bool


def share_of(
    said: CaseStatusData, lines: Iterable[Line], ids: Collection[str], process: Process
) -> Share | None:
    """The part of the payee whose ids are *ids*; None where no line of *lines* is theirs."""
    every = list(lines)
    own = [line for line in every if line.payee in ids]
    if not own:
        return None
    reached = reached_by(own)
    alone = len(own) == len(every)
    standing = standing_of([line.state for line in own])
    seat = _seat(said, standing, reached, process)
    return Share(
        lines=own,
        standing=standing,
        seat=seat,
        entries=[e for e in said.timeline if _concerns(e, reached, process)],
        net=_sum(own),
        alone=alone,
        whole_days=alone or not _others_bounced(said, reached, process),
    )


def reached_by(lines: Iterable[Line]) -> Keys:
    """The events that did something to these very lines."""
    keys = {key for line in lines for key in line.reached_by}
    anchors = {t.anchor for line in lines for t in line.transfers if t.anchor is not None}
    return frozenset(keys | anchors)


def is_of_lines(entry: TimelineEntry, process: Process) -> bool:
    """Is it a fact about single lines?"""
    fact = process.facts.get(entry.fact)
    return fact is not None and fact.lines in OF_LINES


def stage_by(effect: LineEffect, process: Process) -> str | None:
    """The stage where a line stands that a fact with *effect* reached."""
    facts = (fact for fact in process.facts.values() if fact.lines is effect)
    return next((fact.asserts for fact in facts if fact.asserts is not None), None)


def _concerns(entry: TimelineEntry, reached: Keys, process: Process) -> bool:
    fact = process.facts.get(entry.fact)
    if fact is None or entry.effect == "contradicts":
        return False
    if fact.retracts or fact.links or fact.unlinks:
        # How a mistake was mended is ours; that something was taken back is seen where it stands.
        return False
    return not is_of_lines(entry, process) or (entry.source, entry.id) in reached


def _seat(said: CaseStatusData, standing: Standing, reached: Keys, process: Process) -> Seat:
    effect = SHOWS_AS.get(standing)
    code = None if effect is None else stage_by(effect, process)
    if effect is None or code is None:
        return _shared_seat(said, process)
    stage = process.stages[code]
    for entry in reversed(said.timeline):
        fact = process.facts.get(entry.fact)
        mine = (entry.source, entry.id) in reached and entry.effect in STANDS
        if mine and fact is not None and fact.lines is effect:
            holder = stage.holder_by_reason.get(entry.reason or "", stage.holder)
            return Seat(stage, entry.at, entry.precision == "day", holder, entry)
    return Seat(stage, None, False, stage.holder)


def _shared_seat(said: CaseStatusData, process: Process) -> Seat:
    """The last holding that is not another line's own affair, such as its bounce."""
    bounced = stage_by(LineEffect.BOUNCES, process)
    entries = {(entry.source, entry.id): entry for entry in said.timeline}
    for span in reversed(said.spans):
        stage = process.stages.get(span.stage)
        if stage is not None and span.stage != bounced:
            entry = entries.get(span.anchor)
            day_only = entry is not None and entry.precision == "day"
            return Seat(stage, span.since, day_only, span.holder, entry)
    return Seat()


def _others_bounced(said: CaseStatusData, reached: Keys, process: Process) -> bool:
    bounced = stage_by(LineEffect.BOUNCES, process)
    return any(span.stage == bounced and span.anchor not in reached for span in said.spans)


def _sum(lines: Sequence[Line]) -> Decimal | None:
    kept = [line for line in lines if line.state != "cancelled"] or lines
    known = [net for line in kept if (net := net_of(line.model_dump())) is not None]
    return sum(known, Decimal(0)) if known else None
