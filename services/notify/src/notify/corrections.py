"""
What is new, what must be corrected and what need not be sent: what is wanted against the records.

Pure. A thing told is never changed; what was recorded and not yet told is. Records that tell one
thing to one recipient over one channel form a chain: the first telling, its correction, the
correction of that. Rule: docs/architecture/notices.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from contracts.notice import Channel

from notify.case import Picture
from notify.decide import UNKNOWN_PREFERENCE, unreached
from notify.identity import correction_id
from notify.model import Notice, People, Reason, Record, State
from notify.rulebook import Rulebook
from notify.standing import Matter, Standing, Standings

PUSHING = frozenset({Channel.EMAIL, Channel.LINE, Channel.WEBHOOK})
"""Channels that go out to somebody; the inbox waits until it is looked into."""

NOT_YET = frozenset({Reason.NO_ADDRESS, Reason.SUPERSEDED})
"""Recorded and not sent, and still sent when the reason is gone."""


class Ended(NamedTuple):
    """A notice that will not be sent after all: its state from now on, and why."""

    id: str
    state: State
    reason: Reason


@dataclass(slots=True)
class Changes:
    """
    What to write, in one transaction. Lists of one decision; nothing else changes.

    `new` and `corrections` are recorded, to be sent unless they carry a `reason`. `refreshed` have
    the same identity and other values, and were not yet told. `revived` were recorded and not
    sent; now they are. `ended` are not sent after all. `moved` now belong to the case `case`.
    """

    case: str
    new: list[Notice] = field(default_factory=list)
    corrections: list[Notice] = field(default_factory=list)
    refreshed: list[Notice] = field(default_factory=list)
    revived: list[Notice] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)

    @property
    def to_send(self) -> list[Notice]:
        """The notices that ask to be sent because of this decision."""
        asked = [*self.new, *self.corrections, *self.revived]
        return [notice for notice in asked if notice.reason is None]


def changes(
    picture: Picture,
    wanted: Sequence[Notice],
    records: Iterable[Record],
    book: Rulebook,
    people: People,
) -> Changes:
    """
    Compare what is *wanted* of *picture* with its *records*.

    *records* are all that lie on the case, and all that hang on an event of its timeline or on a
    clock of its own, whichever case they lie on: a case that was joined or parted brings its own.
    The same decision is made again before a notice is sent: what it then ends is not sent.
    """
    absorbed = picture.case.redirect_to
    made = Changes(case=picture.case.id if absorbed is None else absorbed)
    standings = Standings(picture, book)
    told = _by_matter(made, standings, records)
    if absorbed is not None:
        return made
    asked: dict[Matter, dict[Channel, Notice]] = defaultdict(dict)
    for notice in wanted:
        asked[standings.matter(notice)].setdefault(notice.channel, notice)
    for matter in {**asked, **told}:
        chains, notices = told.get(matter, {}), asked.get(matter, {})
        _Decision(made, standings, people, matter, chains, notices).make()
    return made


def _by_matter(
    made: Changes, standings: Standings, records: Iterable[Record]
) -> dict[Matter, dict[Channel, list[Record]]]:
    """
    The records of this case by what they tell, in the order they were made.

    A correction is about what its first telling was about, even where another event came to stand
    for that in between. Records found on another case move here.
    """
    known = {record.notice.id: record for record in records}
    told: dict[Matter, dict[Channel, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for record in sorted(known.values(), key=lambda one: (one.place, one.notice.id)):
        first = known.get(record.notice.first or "", record).notice
        if standings.picture.case.redirect_to is None and not standings.is_here(first):
            continue
        if record.notice.case != made.case:
            made.moved.append(record.notice.id)
        told[standings.matter(first)][record.notice.channel].append(record)
    return told


class _Decision(NamedTuple):
    """One matter: what one recipient is told of one thing, over all channels."""

    made: Changes
    standings: Standings
    people: People
    matter: Matter
    told: Mapping[Channel, Sequence[Record]]
    asked: Mapping[Channel, Notice]

    def make(self) -> None:
        """Decide channel by channel; a channel that came later does not tell the matter again."""
        settled, reached = self._is_settled(), False
        for channel in {**self.asked, **self.told}:
            chain, notice = self.told.get(channel, ()), self.asked.get(channel)
            closed = settled and channel in PUSHING
            if chain:
                self._again(chain, notice, closed)
            elif notice is not None and not closed:
                self._first(notice)
                reached |= channel in PUSHING and notice.reason is None
        if reached:
            self._no_longer_unreachable()

    def _is_settled(self) -> bool:
        """Was it decided before over which channels to tell this? No address decides nothing."""
        return any(
            channel in PUSHING and record.reason not in NOT_YET
            for channel, chain in self.told.items()
            for record in chain
        )

    def _first(self, notice: Notice) -> None:
        """A missing address is recorded once, where no channel reaches the recipient at all."""
        if notice.reason is Reason.NO_ADDRESS:
            pushing = [one for one in self.asked.values() if one.channel in PUSHING]
            reached = any(one.reason is not Reason.NO_ADDRESS for one in pushing)
            known = any(channel in PUSHING for channel in self.told)
            if reached or known or pushing[0] is not notice:
                return
        self.made.new.append(notice)

    def _again(self, chain: Sequence[Record], notice: Notice | None, closed: bool) -> None:
        standing = Standing.HOLDS
        if notice is None:
            standing = self.standings.of(chain[0].notice, self.matter)
        if standing is Standing.UNKNOWN:
            return
        leaves = told_last(chain)
        if leaves:
            self._after_telling(chain, leaves, notice, standing)
        elif notice is not None:
            self._before_telling(chain, notice, closed)
        else:
            self._end_all(chain)

    def _before_telling(self, chain: Sequence[Record], notice: Notice, closed: bool) -> None:
        """Nobody has read it: the latest values take the place of the earlier ones."""
        own = next((record for record in chain if record.notice.id == notice.id), None)
        self._end_all(record for record in chain if record is not own)
        if own is None:
            if all(record.is_waiting or record.reason in NOT_YET for record in chain):
                self.made.new.append(notice)
        elif own.is_waiting and notice.reason not in (None, Reason.REPLAY):
            self._end(own, notice.reason)
        elif own.is_waiting:
            self._refresh(own, notice)
        elif own.reason in NOT_YET and notice.reason is None and not closed:
            self.made.revived.append(notice)

    def _after_telling(
        self,
        chain: Sequence[Record],
        leaves: Sequence[Record],
        notice: Notice | None,
        standing: Standing,
    ) -> None:
        """What was read stays read: it is right, or it is corrected once."""
        if notice is None and standing is Standing.HOLDS:
            return
        if notice is not None and self._is_other_news(chain, leaves, notice):
            self._end_all(chain)
            self.made.new.append(notice)
            return
        wrong = [leaf for leaf in leaves if not agrees(leaf.notice, notice)]
        if notice is not None and len(wrong) < len(leaves):
            wrong = []
        corrected = {correction_id(leaf.notice.id): leaf for leaf in wrong}
        self._end_all(record for record in chain if record.notice.id not in corrected)
        for leaf in wrong if notice is None else wrong[-1:]:
            self._correct(chain, leaf, notice)

    @staticmethod
    def _is_other_news(chain: Sequence[Record], leaves: Sequence[Record], notice: Notice) -> bool:
        """Was all taken back that was told, and is this not that very thing come back?"""
        taken_back = not any(leaf.notice.holds for leaf in leaves)
        return taken_back and all(record.notice.id != notice.id for record in chain)

    def _correct(self, chain: Sequence[Record], leaf: Record, notice: Notice | None) -> None:
        correction = self._correction(leaf.notice, notice)
        own = next((record for record in chain if record.notice.id == correction.id), None)
        if own is None:
            self.made.corrections.append(correction)
        elif own.is_waiting and correction.reason is Reason.CHANNEL_OFF:
            self._end(own, Reason.CHANNEL_OFF)
        elif own.is_waiting:
            self._refresh(own, correction)
        elif correction.reason is None and not own.is_told and may_come_back(own, correction):
            self.made.revived.append(correction)

    def _correction(self, told: Notice, notice: Notice | None) -> Notice:
        """The notice that corrects *told*: it tells what *notice* would, or takes it back."""
        recipient = self.matter.recipient
        preference = self.people.get(recipient, UNKNOWN_PREFERENCE)
        reason = unreached(told.channel, preference)
        if self.standings.picture.case.replay:
            reason = Reason.REPLAY
        source = told if notice is None else notice
        return replace(
            source,
            id=correction_id(told.id),
            recipient=recipient,
            case=self.made.case,
            told={} if notice is None else notice.told,
            language=preference.language,
            reason=reason,
            corrects=told.id,
            first=told.first or told.id,
            holds=notice is not None,
        )

    def _refresh(self, record: Record, notice: Notice) -> None:
        same_language = record.notice.language == notice.language
        if not same_language or not says_the_same(record.notice, notice):
            self.made.refreshed.append(replace(notice, reason=None))

    def _end(self, record: Record, reason: Reason | None) -> None:
        state = State.EXPIRED if reason is Reason.TOO_OLD else State.SUPPRESSED
        self.made.ended.append(Ended(record.notice.id, state, reason or Reason.SUPERSEDED))

    def _end_all(self, records: Iterable[Record]) -> None:
        for record in records:
            if record.is_waiting:
                self._end(record, Reason.SUPERSEDED)

    def _no_longer_unreachable(self) -> None:
        """Once another channel tells it, nobody needs to look for an address any more."""
        for chain in self.told.values():
            for record in chain:
                if record.reason is Reason.NO_ADDRESS and record.state is State.SUPPRESSED:
                    self._end(record, Reason.SUPERSEDED)


def told_last(chain: Sequence[Record]) -> list[Record]:
    """Of a chain what was told and not corrected since, in the order it was told."""
    told = [record for record in chain if record.is_told]
    corrected = {record.notice.corrects for record in told}
    return [record for record in told if record.notice.id not in corrected]


def agrees(told: Notice, notice: Notice | None) -> bool:
    """
    Is *told* still right? None: it no longer stands.

    Only what both say can contradict: a value that was not known then is no mistake now.
    """
    if notice is None:
        return not told.holds
    return told.holds and all(
        told.told.get(name, value) == value for name, value in notice.told.items()
    )


def may_come_back(own: Record, correction: Notice) -> bool:
    """What a replay or a closed channel kept back stays back, until there is other news."""
    return own.reason in NOT_YET or not says_the_same(own.notice, correction)


def says_the_same(one: Notice, other: Notice) -> bool:
    """Would both tell the very same?"""
    return (one.holds, one.told) == (other.holds, other.told)
