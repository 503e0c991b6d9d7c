"""What happened with a case, newest first, as its payee may see it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from contracts.messages import SourceStatusData, TimelineEntry
from contracts.process import Process, Words

from portal.views.share import Share


class Happened(NamedTuple):
    """
    One line of the history. `mark`: `moved`, `stopped` (money or papers came back), `noted` or
    `gone` (taken back since). `not_reported`: stages nobody has told of. `papers`: what it lacks.
    """

    at: str
    day_only: bool
    title: Words
    mark: str
    reason: Words | None = None
    step: Words | None = None
    source: Words | None = None
    not_reported: Sequence[Words] = ()
    papers: Sequence[Words] = ()


def history(
    share: Share, process: Process, sources: Mapping[str, SourceStatusData]
) -> Sequence[Happened]:
    """The history, the newest first; what only repeats what was told is left out."""
    shown = [entry for entry in share.entries if entry.effect != "held"]
    return [_happened(entry, process, sources) for entry in reversed(shown)]


def next_stage(share: Share, process: Process) -> Words | None:
    """The title of the stage that comes next on the path; None at its end and outside it."""
    stage = share.seat.stage
    if stage is None or stage.ends or stage.rank is None:
        return None
    ways_back = {fact.asserts for fact in process.facts.values() if fact.back_from}
    after = [
        one
        for code, one in process.stages.items()
        if one.rank is not None and one.rank > stage.rank and code not in ways_back
    ]
    return min(after, key=lambda one: one.rank or 0).title if after else None


def reason_words(entry: TimelineEntry | None, process: Process) -> Words | None:
    """The words of the reason of *entry*; none for a code nobody has named."""
    if entry is None or entry.reason is None:
        return None
    known = process.reasons.get(entry.fact, {}).get(entry.reason)
    return None if known is None else known.title


def papers_of(entry: TimelineEntry | None, process: Process) -> Sequence[Words]:
    """
    The papers *entry* asks for, by their titles. A code nobody has named is shown as it stands: a
    list that lacks one would send somebody away twice.
    """
    if entry is None:
        return ()
    return [process.papers.get(code, Words(code, code)) for code in entry.papers]


def _happened(
    entry: TimelineEntry, process: Process, sources: Mapping[str, SourceStatusData]
) -> Happened:
    fact = process.facts[entry.fact]
    source = sources.get(entry.source)
    return Happened(
        at=entry.at,
        day_only=entry.precision == "day",
        title=fact.title,
        mark=_mark(entry, process),
        reason=reason_words(entry, process),
        step=process.codes.get("step", {}).get(entry.step or ""),
        source=None if source is None else Words(source.name.th, source.name.en),
        not_reported=[process.stages[c].title for c in entry.not_reported if c in process.stages],
        papers=papers_of(entry, process),
    )


def _mark(entry: TimelineEntry, process: Process) -> str:
    if entry.effect == "retracted":
        return "gone"
    if process.facts[entry.fact].lines == "bounces" or process.facts[entry.fact].back_from:
        return "stopped"
    return "moved" if entry.effect == "moved" else "noted"
