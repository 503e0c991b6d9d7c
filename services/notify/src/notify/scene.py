"""
A case as it is kept, put together for a decision, and the notices that belong to it.

Pure but for the rules it is given: value objects read from the database before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import orjson
from contracts.notice import RecipientKind

from notify.case import Entry, Picture
from notify.deadlines import forecast_of, sla_facts
from notify.kept import Chunk, Dossier
from notify.model import Key, Notice
from notify.people import People
from notify.picture import case_of, lines_are_settled, lines_of
from notify.rows import Row, event_of
from notify.rulebook import Rulebook
from notify.rules import Rules
from notify.said import DaysSaid

NONE: frozenset[str] = frozenset()


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
        for entry in picture.case.timeline:
            ids |= self._by_event.get(entry.key, NONE)
        for fact in picture.sla:
            ids |= self._by_event.get(fact.start, NONE)
        return [self.rows[one] for one in sorted(ids)]

    def _place(self, row: Row) -> None:
        notice = row.notice
        before = self.rows.get(notice.id)
        if before is not None:
            self._by_case[before.notice.case].discard(notice.id)
        self.rows[notice.id] = row
        self._by_case[notice.case].add(notice.id)
        self._by_event[event_of(notice)].add(notice.id)


def known_of(dossier: Dossier, people: People, rules: Rules, speaking: bool) -> Known:
    """
    The picture of the case of *dossier*. Raises `RulesMissing`.

    An event that first came by a replay stays one, also when a live event follows: nobody is told
    of it. Days are said only where the SLA has judged the very state at hand, and only put in where
    the picture is for *speaking*: no decision hangs on them.
    """
    kept, said = dossier.kept, dossier.said
    rows = lines_of((line for chunk in dossier.chunks for line in chunk.lines), people.same)
    told = case_of(said)
    replayed = {Key(*key) for key in orjson.loads(kept.replayed)}
    book = rules.book(said.process, said.process_version)
    days = None
    if kept.days is not None and (speaking or dossier.words):
        days = DaysSaid.model_validate_json(kept.days)
    promises = () if book is None or not speaking else book.notices.promises
    picture = Picture(
        case=replace(told, timeline=marked(told.timeline, replayed)),
        lines=rows,
        lines_settled=lines_are_settled(versions_of(dossier.chunks), said.lines, rows),
        sla=sla_facts((word.said for word in dossier.words), days),
        forecast=forecast_of(days, (said.epoch, said.version), promises),
        same_payee=people.same,
        unit_desk=people.desk_of_unit(said.unit),
    )
    return Known(picture, book)


def marked(timeline: Sequence[Entry], replayed: Collection[Key]) -> tuple[Entry, ...]:
    """*timeline*, those events marked as replayed that came by a replay first, and no others."""
    return tuple(
        one if one.replay is (one.key in replayed) else one._replace(replay=not one.replay)
        for one in timeline
    )


def versions_of(chunks: Iterable[Chunk]) -> list[tuple[int, int, int]]:
    """Version, number and count of each of *chunks*."""
    return [(chunk.version, chunk.chunk, chunk.chunks) for chunk in chunks]


def payees_in(dossiers: Iterable[Dossier], rows: Iterable[Row]) -> set[str]:
    """All payees of the lines of these cases, and of these notices."""
    of_lines = (line.get("payee") for one in dossiers for c in one.chunks for line in c.lines)
    told = (row.notice.recipient.id for row in rows if is_payee(row.notice))
    return {payee for payee in (*of_lines, *told) if payee is not None}


def is_payee(notice: Notice) -> bool:
    """Is it told to a payee?"""
    return notice.recipient.kind is RecipientKind.PAYEE
