"""
Whether what was told still stands, and which tellings are about one thing. Pure.

An event that is gone from the timeline was not taken back: it went to another case with what was
told of it. One that stays there retracted or contradicted was.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from contracts.notice import RecipientKind

from notify.case import STANDS, Effect, Entry, Picture
from notify.decide import newest
from notify.model import FactAnchor, Key, Notice, Recipient, TimeAnchor
from notify.recipients import payees_of
from notify.rulebook import Rulebook


class Standing(Enum):
    """How the thing told stands: it holds, was taken back, or nobody can say from here."""

    HOLDS = "holds"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


class Deadline(NamedTuple):
    """What a clock passed, whichever due date it had: a date that moves is no other news."""

    agreement: str
    clause: str
    kind: str
    offset: int


class Matter(NamedTuple):
    """One thing told to one recipient, over whichever channel."""

    rule: str
    about: FactAnchor | Deadline
    recipient: Recipient


class Standings:
    """What one picture says of what was told. It lives for one decision."""

    def __init__(self, picture: Picture, book: Rulebook) -> None:
        self.picture = picture
        self._book = book
        self._entries = {entry.key: entry for entry in picture.case.timeline}
        self._payees = payees_of(picture.lines)
        self._opened_by = _opened_by(picture)
        self._deadlines = {deadline_of(fact.anchor): fact for fact in newest(picture.sla)}

    def is_here(self, notice: Notice) -> bool:
        """Does what *notice* hangs on belong to this case now?"""
        anchor = notice.anchor
        if isinstance(anchor, TimeAnchor):
            return deadline_of(anchor) in self._deadlines and self._starts_here(notice)
        return Key(*anchor) in self._entries

    def _starts_here(self, notice: Notice) -> bool:
        anchor = notice.anchor
        started_here = isinstance(anchor, TimeAnchor) and anchor.start in self._entries
        return started_here or notice.case == self.picture.case.id

    def matter(self, notice: Notice) -> Matter:
        """
        What *notice* is about.

        Another event that came to open the holding a told one had opened, an event that repeats a
        transfer, a moved due date, and a payee joined to another are the matter they were.
        """
        recipient = self._recipient(notice.recipient)
        if isinstance(notice.anchor, TimeAnchor):
            return Matter(notice.rule, deadline_of(notice.anchor), recipient)
        key = self._key_of(notice.rule, Key(*notice.anchor), recipient)
        return Matter(notice.rule, FactAnchor(*key), recipient)

    def _recipient(self, recipient: Recipient) -> Recipient:
        if recipient.kind is not RecipientKind.PAYEE:
            return recipient
        stayed = self.picture.same_payee.get(recipient.id, recipient.id)
        return Recipient(RecipientKind.PAYEE, stayed)

    def _key_of(self, rule_name: str, key: Key, recipient: Recipient) -> Key:
        first = self._payees.same_transfer.get((recipient.id, key))
        if first is not None:
            return first
        rule, entry = self._book.rules.get(rule_name), self._entries.get(key)
        if rule is None or entry is None or rule.held_too:
            return key
        of_lines = self._book.effect_on_lines(entry.fact) is not None
        return key if of_lines else self._opened_by.get(key, key)

    def of(self, notice: Notice, matter: Matter) -> Standing:
        """
        How the thing stands that *notice* told of *matter*, where nothing of it is wanted now.

        A rule that is gone or tells others now takes nothing back.
        """
        rule = self._book.rules.get(notice.rule)
        if rule is None or rule.to is not notice.recipient.kind:
            return Standing.HOLDS
        if isinstance(matter.about, Deadline):
            fact = self._deadlines.get(matter.about)
            if fact is None:
                return Standing.UNKNOWN
            if fact.holds:
                return self._of_recipient(matter.recipient, None)
            # A clock whose first event went to another case was not wrong: it runs on there.
            return Standing.WITHDRAWN if fact.start in self._entries else Standing.UNKNOWN
        entry = self._entries.get(Key(*notice.anchor[:2]))
        if entry is None:
            return Standing.UNKNOWN
        if entry.effect not in STANDS:
            return Standing.WITHDRAWN
        return self._of_recipient(matter.recipient, entry)

    def _of_recipient(self, recipient: Recipient, entry: Entry | None) -> Standing:
        """What stands may yet have been told to somebody whom it does not concern."""
        case = self.picture.case
        if recipient.kind is RecipientKind.UNIT_OFFICE:
            moved = case.unit is not None and case.unit != recipient.id
            return Standing.WITHDRAWN if moved else Standing.HOLDS
        if recipient.kind is not RecipientKind.PAYEE:
            return Standing.HOLDS
        if not self.picture.lines_settled:
            return Standing.UNKNOWN
        if recipient.id not in self._payees.lines:
            return Standing.WITHDRAWN
        if entry is None or self._book.effect_on_lines(entry.fact) is None:
            return Standing.HOLDS
        if recipient.id in self._payees.reached.get(entry.key, {}):
            return Standing.HOLDS
        whole = self._payees.whole(recipient.id)
        return Standing.WITHDRAWN if whole else Standing.UNKNOWN

    def concerns(self, recipient: Recipient) -> bool:
        """Does the case have anything to do with *recipient* at all?"""
        if recipient.kind is RecipientKind.PAYEE:
            return self._recipient(recipient).id in self._payees.lines
        if recipient.kind is RecipientKind.UNIT_OFFICE:
            return recipient.id == self.picture.case.unit
        return True


def deadline_of(anchor: TimeAnchor) -> Deadline:
    """What *anchor* is about, without the date that was due and without what started the clock."""
    return Deadline(anchor.agreement, anchor.clause, anchor.kind, anchor.offset)


def _opened_by(picture: Picture) -> Mapping[Key, Key]:
    """Event → the event that opened the holding it repeats."""
    opened: dict[Key, Key] = {}
    opener: Key | None = None
    for entry in picture.case.timeline:
        if entry.effect is Effect.MOVED:
            opener = entry.key
        elif entry.effect is Effect.HELD and opener is not None:
            opened[entry.key] = opener
    return opened
