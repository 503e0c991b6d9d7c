"""
A case as it is kept, put together for a decision, and the notices that belong to it.

Pure but for the rules it is given: value objects read from the database before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import orjson
from contracts.messages import CaseStatusData
from contracts.notice import RecipientKind
from contracts.sla_messages import CaseSlaData, SlaEventData

from notify.case import Picture
from notify.deadlines import forecast_of, sla_facts
from notify.model import Key, Notice
from notify.people import People
from notify.picture import case_of, lines_are_settled, lines_of
from notify.rows import Row, event_of
from notify.rulebook import Rulebook
from notify.rules import Rules
from notify.store import Chunk, Followed


class Known(NamedTuple):
    """A case as it is decided on. `book` is None where nobody is to be told anything of it."""

    picture: Picture
    book: Rulebook | None


class Scene:
    """
    The cases of one transaction, their notices as the decisions leave them, and the payees.

    A notice that one decision moves to another case is found there by the next.
    """

    def __init__(self, known: Mapping[str, Known], rows: Iterable[Row], people: People) -> None:
        self.known = known
        self.people = people
        self.rows: dict[str, Row] = {}
        self.changed: dict[str, Row] = {}
        self.asked: set[str] = set()
        self._by_case: dict[str, set[str]] = defaultdict(set)
        self._by_event: dict[Key, set[str]] = defaultdict(set)
        for row in rows:
            self._place(row)

    def change(self, row: Row) -> None:
        """Note that *row* is new or changed."""
        self.changed[row.notice.id] = row
        self._place(row)

    def records_of(self, picture: Picture) -> list[Row]:
        """The notices that lie on the case, and those that hang on what it is made of."""
        ids = set(self._by_case[picture.case.id])
        for key in {entry.key for entry in picture.case.timeline}:
            ids |= self._by_event.get(key, set())
        for fact in picture.sla:
            ids |= self._by_event.get(fact.start, set())
        return [self.rows[one] for one in sorted(ids)]

    def _place(self, row: Row) -> None:
        notice = row.notice
        before = self.rows.get(notice.id)
        if before is not None:
            self._by_case[before.notice.case].discard(notice.id)
        self.rows[notice.id] = row
        self._by_case[notice.case].add(notice.id)
        self._by_event[event_of(notice)].add(notice.id)


def known_of(
    case: Followed,
    said: CaseStatusData,
    chunks: Sequence[Chunk],
    words: Sequence[SlaEventData],
    people: People,
    rules: Rules,
) -> Known:
    """
    The picture of *case*, whose newest state is *said*. Raises `RulesMissing`.

    An event that first came by a replay stays one, also when a live event follows: nobody is told
    of it. Days are said only where the SLA has judged the very state at hand.
    """
    lines = lines_of((line for chunk in chunks for line in chunk.lines), people.same)
    versions = [(chunk.version, chunk.chunk, chunk.chunks) for chunk in chunks]
    told = case_of(said)
    replayed = {Key(*key) for key in orjson.loads(case.replayed)}
    timeline = tuple(one._replace(replay=one.key in replayed) for one in told.timeline)
    book = rules.book(said.process, said.process_version)
    days = None if case.days is None else CaseSlaData.model_validate_json(case.days)
    promises = () if book is None else book.notices.promises
    picture = Picture(
        case=replace(told, timeline=timeline),
        lines=lines,
        lines_settled=lines_are_settled(versions, said.lines.model_dump(), lines),
        sla=sla_facts(words, days),
        forecast=forecast_of(days, (said.epoch, said.version), promises),
        same_payee=people.same,
        unit_desk=people.desk_of_unit(said.unit),
    )
    return Known(picture, book)


def payees_in(chunks: Mapping[int, Sequence[Chunk]], rows: Iterable[Row]) -> set[str]:
    """All payees of these lines and notices."""
    of_lines = (line.get("payee") for of in chunks.values() for c in of for line in c.lines)
    told = (row.notice.recipient.id for row in rows if is_payee(row.notice))
    return {payee for payee in (*of_lines, *told) if payee is not None}


def is_payee(notice: Notice) -> bool:
    """Is it told to a payee?"""
    return notice.recipient.kind is RecipientKind.PAYEE
