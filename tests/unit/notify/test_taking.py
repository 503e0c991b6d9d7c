"""What of a batch is new, what must be read for it, and which cases are decided on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aiokafka.structs import ConsumerRecord
from hypothesis import given, settings
from hypothesis import strategies as st
from notify.kept import Chunk, Dossier, Followed, Word
from notify.reading import ABOUT_CASES, Batch, read
from notify.taking import Asked, Taken, asked, taken, unread

from tests.integration.notify.bed import topic_of
from tests.integration.notify.said import (
    case_sla,
    case_status,
    clock,
    event,
    line,
    line_status,
    sla_event,
)

TOPICS = {name: name for name in ABOUT_CASES}
RECEIVED = event("received", "2026-11-23T01:00")
NOBODY = Followed(1, 0, -1, "[]", 0, -1)
STATE, LINES = case_status(1, RECEIVED), line_status(1, line())
MET = sla_event("met", RECEIVED, "2026-11-24T01:00")
BREACHED = sla_event("breached", RECEIVED, "2026-11-23T02:00")
MESSAGES = (
    *(case_status(version, RECEIVED, replay=version == 2) for version in (1, 2, 3)),
    *(line_status(version, line(net=f"{version}.00")) for version in (1, 2)),
    *(case_sla(version, version, clock(RECEIVED)) for version in (1, 2)),
    *(MET, BREACHED, sla_event("voided", RECEIVED, "2026-11-25T01:00")),
)


def batch(values: Sequence[bytes]) -> Batch:
    """A batch of messages, of which none is a dead letter."""
    records = [
        ConsumerRecord(topic_of(value), 0, place, 0, 0, b"1", value, None, 1, len(value), ())
        for place, value in enumerate(values)
    ]
    made = read(records, TOPICS)
    assert made.letters == []
    return made


class Kept:
    """Case 1 as the service keeps it; `decided` are the dossiers of its decisions."""

    def __init__(self) -> None:
        self.case = NOBODY
        self.chunks: dict[int, Chunk] = {}
        self.words: dict[str, Word] = {}
        self.decided: list[Dossier] = []

    def take(self, *values: bytes) -> tuple[Asked, Taken]:
        """Read what is asked for and nothing else, and write what is new."""
        came, bare = batch(values), [replace(self.case, body=None, days=None)]
        told, all_of = unread(came, bare)
        is_told = any(word.is_passed for word in self.words.values())
        some = all_of | (told if is_told else set())
        words = {case_id: list(self.words.values()) for case_id in some if self.words}
        needed = asked(came, bare, words)
        cases = [self.case] if needed.states else bare
        chunks = {case_id: list(self.chunks.values()) for case_id in needed.lines}
        made = taken(came, cases, needed, chunks, words)
        self._write(made)
        return needed, made

    def _write(self, made: Taken) -> None:
        days, state = made.days.get(1), made.states.get(1, self.case)
        texts = {"body": state.body or self.case.body, "days": self.case.days}
        judged = (self.case.sla_epoch, self.case.sla_version)
        if days is not None:
            texts["days"], judged = days.body, (days.epoch, days.version)
        self.case = replace(state, **texts, sla_epoch=judged[0], sla_version=judged[1])
        for chunk in made.chunks:
            known = self.chunks.get(chunk.chunk)
            if known is None or chunk.version > known.version:
                self.chunks[chunk.chunk] = chunk
        self.words |= {word.word_id: word for word in made.words}
        for dossier in made.dossiers:
            # Who promised the days of a deadline, and their name, stand in the newest of them.
            assert not dossier.words or dossier.kept.days == self.case.days
        self.decided += made.dossiers


def test_a_word_that_nobody_is_told_is_kept_and_asks_for_nothing() -> None:
    """A clock that was met in time: one row is written, and nothing of the case is read."""
    kept = Kept()
    kept.take(STATE, LINES)
    needed, made = kept.take(MET)
    assert Asked(set(), set()) == needed
    assert (["met"], []) == ([word.said.kind for word in made.words], made.dossiers)


def test_a_word_that_may_be_told_is_decided_on_with_all_that_were_said() -> None:
    """Also what ended its clock, and was passed over when it came."""
    kept = Kept()
    kept.take(STATE, LINES)
    kept.take(MET)
    _, made = kept.take(BREACHED)
    (dossier,) = made.dossiers
    assert ["met", "breached"] == [word.said.kind for word in dossier.words]


def test_beside_a_word_that_may_be_told_every_other_is_decided_on() -> None:
    """The end of a clock whose breach was said may cancel a letter."""
    kept = Kept()
    kept.take(STATE, LINES)
    kept.take(BREACHED)
    (dossier,) = kept.take(MET)[1].dossiers
    assert ["breached", "met"] == [word.said.kind for word in dossier.words]


def test_what_is_known_already_is_neither_written_nor_decided_on() -> None:
    """A repetition of everything."""
    kept = Kept()
    kept.take(*MESSAGES)
    assert Taken() == kept.take(*MESSAGES)[1]


def test_before_its_first_state_a_case_is_only_kept() -> None:
    """Lines and words that are ahead wait for it, and are decided on with it."""
    kept = Kept()
    assert [] == kept.take(LINES, BREACHED)[1].dossiers
    (dossier,) = kept.take(STATE)[1].dossiers
    assert (1, ["breached"]) == (len(dossier.chunks), [w.said.kind for w in dossier.words])


@settings(deadline=None)
@given(st.permutations(MESSAGES), st.sets(st.integers(1, len(MESSAGES) - 1)))
def test_however_it_is_batched_the_last_decision_sees_the_newest(
    order: Sequence[bytes], cuts: set[int]
) -> None:
    """In any order and any batches the same is kept, and decided on as it is at the end."""
    kept, whole = Kept(), Kept()
    whole.take(*MESSAGES)
    for begin, end in zip((0, *sorted(cuts)), (*sorted(cuts), len(order)), strict=True):
        kept.take(*order[begin:end])
    assert (kept.chunks, kept.words) == (whole.chunks, whole.words)
    assert (3, whole.case.body, whole.case.days) == (
        kept.case.version,
        kept.case.body,
        kept.case.days,
    )
    last = kept.decided[-1]
    assert (3, [2]) == (last.said.version, [chunk.version for chunk in last.chunks])
    assert kept.words == {word.word_id: word for word in last.words}
