"""
What of a batch is new beside what is kept: what to write, and which cases to decide on. Pure.

States, lines, days and words of a case come on topics of their own; what one batch brings of a case
is decided on once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from notify.kept import (
    Chunk,
    Days,
    Dossier,
    Followed,
    Word,
    advanced,
    dossier_of,
    is_replayed,
    newest,
)
from notify.reading import Batch

Chunks = Mapping[int, Sequence[Chunk]]
Words = Mapping[int, Sequence[Word]]
"""What is kept, by case."""


class Asked(NamedTuple):
    """
    What must be read before it is known what is new: of which cases the state that is kept, and of
    which the lines. Of all others nothing that came needs a decision.
    """

    states: set[int]
    lines: set[int]


@dataclass(slots=True)
class Taken:
    """
    What of a batch is new: rows to write, and the cases to decide on as they are now.

    `states` and `days` are by case.
    """

    states: dict[int, Followed] = field(default_factory=dict)
    days: dict[int, Days] = field(default_factory=dict)
    chunks: list[Chunk] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    dossiers: list[Dossier] = field(default_factory=list)


def unread(batch: Batch, cases: Iterable[Followed]) -> tuple[set[int], set[int]]:
    """
    Of which of locked *cases* the words must be read where one of them may be told, and of which
    all: those of which *batch* brings such a word.
    """
    decided = known_in(batch, cases) & (batch.states.keys() | batch.lined | batch.worded)
    passed = passed_in(batch)
    return decided - passed, decided & passed


def known_in(batch: Batch, cases: Iterable[Followed]) -> set[int]:
    """The cases of which a state is kept, or comes now: without one nothing can be decided."""
    return {case.case_id for case in cases if case.is_known} | batch.states.keys()


def asked(batch: Batch, cases: Sequence[Followed], words: Words) -> Asked:
    """
    What a decision on *batch* may need of locked *cases*, whose *words* were read.

    *words* has the cases of which the SLA said, or says now, something a rule may tell. On all
    others no word needs a decision: `notify.deadlines.PASSED`.
    """
    known = known_in(batch, cases)
    telling = words.keys() | passed_in(batch)
    decided = known & (batch.states.keys() | batch.lined | (batch.worded & telling))
    stated = {case.case_id for case in cases if newest(case, batch.states.get(case.case_id, ()))}
    replayed = {one for one in stated if is_replayed(batch.states[one])}
    return Asked((decided - stated) | replayed | (decided & telling), decided)


def passed_in(batch: Batch) -> set[int]:
    """The cases of which *batch* says a word that a rule may tell."""
    return {word.case_id for word in batch.words.values() if word.is_passed}


def taken(
    batch: Batch, cases: Iterable[Followed], asked: Asked, chunks: Chunks, words: Words
) -> Taken:
    """What of *batch* is new beside what is kept of locked *cases*, read as far as it was asked."""
    made, news = Taken(), _News(batch, words)
    for case in cases:
        kept_chunks, kept_words = chunks.get(case.case_id, ()), words.get(case.case_id, ())
        state = advanced(case, batch.states.get(case.case_id, ()))
        if state is not None:
            made.states[case.case_id] = state[0]
        case = _with_days(case if state is None else state[0], batch, made)
        lines = newer(news.lines[case.case_id], kept_chunks)
        dropped = [one for one in kept_chunks if one.chunk in news.dropped[case.case_id]]
        said = said_later(news.words[case.case_id], kept_words)
        made.chunks += lines
        made.words += said
        telling = case.case_id in news.telling
        if case.case_id not in asked.lines or not (state or lines or dropped or (said and telling)):
            continue
        now = with_lines(kept_chunks, lines, news.dropped[case.case_id])
        all_words = _with_words(kept_words, said) if telling else ()
        if state is None:
            made.dossiers.append(dossier_of(case, now, all_words))
        else:
            made.dossiers.append(Dossier(case, state[1], now, all_words))
    return made


class _News:
    """A batch by case. `telling`: of which the SLA said something a rule may tell."""

    def __init__(self, batch: Batch, words: Words) -> None:
        self.lines: dict[int, list[Chunk]] = defaultdict(list)
        self.dropped: dict[int, set[int]] = defaultdict(set)
        self.words: dict[int, list[Word]] = defaultdict(list)
        for chunk in batch.lines.values():
            self.lines[chunk.case_id].append(chunk)
        for case_id, number in batch.lines_gone:
            self.dropped[case_id].add(number)
        for word in batch.words.values():
            self.words[word.case_id].append(word)
        self.telling = words.keys() | passed_in(batch)


def _with_days(case: Followed, batch: Batch, made: Taken) -> Followed:
    """The case with its newest days, noted where they came now."""
    days = batch.days.get(case.case_id)
    if days is None or (days.epoch, days.version) <= (case.sla_epoch, case.sla_version):
        return case
    made.days[case.case_id] = days
    return replace(case, days=days.body)


def newer(came: Iterable[Chunk], kept: Iterable[Chunk]) -> list[Chunk]:
    """The chunks among *came* that are newer than those *kept*."""
    known = {one.chunk: (one.epoch, one.version) for one in kept}
    return [
        one for one in came if one.chunk not in known or (one.epoch, one.version) > known[one.chunk]
    ]


def with_lines(
    kept: Iterable[Chunk], news: Iterable[Chunk], dropped: Collection[int]
) -> list[Chunk]:
    """The chunks of a case in their order, once *news* are written and *dropped* are gone."""
    now = {one.chunk: one for one in (*kept, *news)}
    return [now[number] for number in sorted(now) if number not in dropped]


def said_later(came: Iterable[Word], kept: Iterable[Word]) -> list[Word]:
    """The words among *came* that are new, or were said again later than those *kept*."""
    known = {one.word_id: one.detected_us for one in kept}
    return [one for one in came if one.word_id not in known or one.detected_us > known[one.word_id]]


def _with_words(kept: Iterable[Word], news: Iterable[Word]) -> list[Word]:
    return list({one.word_id: one for one in (*kept, *news)}.values())
