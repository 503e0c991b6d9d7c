"""
Queues: who waits for the same party, who came before, and who came later and left first.

Pure. A case stands in a queue while a unit, finance or the bank has it at a stage that counts. Its
place is counted among the cases of the same agreement that the party has now. Rule:
docs/architecture/sla.md.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sla.model import History, StageRule

UNIT = "unit"
IN_LINE = frozenset({UNIT, "finance", "bank"})
"""Who works cases off; a payee has only its own, and nobody waits for nobody."""
OVERTAKING_DAYS = 30
"""So many days back it is looked who left; a case that waits longer was overtaken more often."""
NOT_STATED = "not-stated"


class Holding(NamedTuple):
    """
    The time a party had a case without a break; `left_us` is None while it has it.

    `queue` is the party, and of the units which one.
    """

    queue: str
    entered_us: int
    left_us: int | None


class Left(NamedTuple):
    """A holding that is over, with what may tell why it was."""

    process: str
    agreements: tuple[str, ...]
    holding: Holding
    priority: str | None
    fund: str | None


class Overtaking(NamedTuple):
    """
    How many `cases` came later and left first, and why: another `priority` or `fund` of theirs, or
    the `delayed` of the case that waits, each with its `value`; `not-stated` has none.
    """

    reason: str
    value: str | None
    cases: int


class Place(NamedTuple):
    """The place in the queue of one agreement: `position` of so many `waiting`."""

    agreement: str
    position: int
    waiting: int
    overtaken: tuple[Overtaking, ...]


class Stand(NamedTuple):
    """Where a case stands in the queue of the party that has it. `on`: seen at which date."""

    party: str
    entered_us: int
    on: int
    places: tuple[Place, ...]


def holdings_of(history: History, stages: Mapping[str, StageRule]) -> list[Holding]:
    """All holdings of a case in which it stood in a queue, in order."""
    found: list[Holding] = []
    for span in history.spans:
        queue = _queue(span.holder, history) if stages[span.stage].counts else None
        if found and found[-1].left_us is None:
            if found[-1].queue == queue:
                continue
            found[-1] = found[-1]._replace(left_us=span.since_us)
        if queue is not None:
            found.append(Holding(queue, span.since_us, None))
    return found


def holding_of(history: History, stages: Mapping[str, StageRule]) -> Holding | None:
    """The holding a case stands in; None while it waits for nobody."""
    if not history.spans:
        return None
    last = history.spans[-1]
    if last.holder not in IN_LINE or not stages[last.stage].counts:
        return None
    entered_us = last.since_us
    for span in reversed(history.spans):
        if span.holder != last.holder or not stages[span.stage].counts:
            break
        entered_us = span.since_us
    return Holding(_queue(last.holder, history) or "", entered_us, None)


def _queue(holder: str, history: History) -> str | None:
    if holder not in IN_LINE:
        return None
    unit = history.fields.get("unit")
    return f"{UNIT}/{unit}" if holder == UNIT and unit is not None else holder


class _Line:
    """The queue of one party for one agreement: when each came who waits, and who left."""

    __slots__ = ("entered", "left")

    def __init__(self) -> None:
        self.entered = array("q")
        self.left: dict[tuple[str | None, str | None], list[int]] = {}

    def sort(self) -> None:
        """Bring it in order, once all are in it."""
        self.entered = array("q", sorted(self.entered))
        for times in self.left.values():
            times.sort()

    def place(self, agreement: str, holding: Holding, fields: Mapping[str, Any]) -> Place | None:
        """The place of a case; None where it was not among those who waited."""
        before = bisect_left(self.entered, holding.entered_us)
        if before == len(self.entered) or self.entered[before] != holding.entered_us:
            return None
        return Place(agreement, before + 1, len(self.entered), self._overtaken(holding, fields))

    def _overtaken(self, holding: Holding, fields: Mapping[str, Any]) -> tuple[Overtaking, ...]:
        found: dict[tuple[str, str | None], int] = {}
        for (priority, fund), times in self.left.items():
            if later := len(times) - bisect_right(times, holding.entered_us):
                why = _why(priority, fund, holding, fields)
                found[why] = found.get(why, 0) + later
        return tuple(Overtaking(*why, found[why]) for why in sorted(found, key=str))


def _why(
    priority: str | None, fund: str | None, holding: Holding, fields: Mapping[str, Any]
) -> tuple[str, str | None]:
    """Why a case with this priority and fund may have gone first."""
    delayed = fields.get("delayed")
    if delayed is not None and delayed[0] >= holding.entered_us:
        return "delayed", delayed[1]
    if priority is not None and priority != fields.get("priority"):
        return "priority", priority
    if fund is not None and fund != fields.get("fund"):
        return "fund", fund
    return NOT_STATED, None


class Queues:
    """All queues as they stood at one moment of the date `on`, an ordinal."""

    def __init__(self, on: int) -> None:
        self.on = on
        self._lines: dict[tuple[str, str, str], _Line] = {}

    def stands(self, process: str, agreements: Iterable[str], holding: Holding) -> None:
        """A case stands in a queue."""
        for agreement in agreements:
            self._line(process, holding.queue, agreement).entered.append(holding.entered_us)

    def left(self, gone: Left) -> None:
        """A case has left a queue."""
        for agreement in gone.agreements:
            line = self._line(gone.process, gone.holding.queue, agreement)
            times = line.left.setdefault((gone.priority, gone.fund), [])
            times.append(gone.holding.entered_us)

    def sort(self) -> Queues:
        """Ready to be asked."""
        for line in self._lines.values():
            line.sort()
        return self

    def stand(
        self,
        process: str,
        agreements: Sequence[str],
        holding: Holding | None,
        fields: Mapping[str, Any],
    ) -> Stand | None:
        """
        Where a case stands whose clocks run by *agreements*; None where nobody can say: it waits
        for nobody, or came after these queues were looked at.
        """
        if holding is None:
            return None
        found = []
        for agreement in agreements:
            line = self._lines.get((process, holding.queue, agreement))
            place = None if line is None else line.place(agreement, holding, fields)
            if place is not None:
                found.append(place)
        party = holding.queue.partition("/")[0]
        return Stand(party, holding.entered_us, self.on, tuple(found)) if found else None

    def _line(self, process: str, queue: str, agreement: str) -> _Line:
        key = (process, queue, agreement)
        if key not in self._lines:
            self._lines[key] = _Line()
        return self._lines[key]


def agreements_of(clauses: Iterable[str]) -> tuple[str, ...]:
    """The agreements of clauses named `agreement@version#clause`, by name."""
    return tuple(sorted({clause.partition("@")[0] for clause in clauses}))
