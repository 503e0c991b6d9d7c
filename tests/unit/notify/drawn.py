"""
Cases as chance draws them: a set of events, in any order of arrival, folded by a small naive fold.

What status does with thousands of lines of rules is done here in twenty, enough to move, hold,
note and retract.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hypothesis import strategies as st
from notify.case import Effect, Entry, Line, Picture, Transfer
from notify.model import Key

from tests.unit.notify.telling import at_us, case, entry

PAYEES = ("anna", "boon")
STAGE_FACTS = ("received", "returned")
LINE_FACTS = ("transferred", "bounced")


class Event(NamedTuple):
    """An event of a line of one payee, or of the whole case; `retracts` takes another one back."""

    id: int
    fact: str
    day: int
    line: int = 0
    retracts: int | None = None

    @property
    def key(self) -> Key:
        """Its identity."""
        return Key("erp", str(self.id))


def events(ids: Sequence[int]) -> st.SearchStrategy[list[Event]]:
    """A set of events with these ids; about one in five takes an earlier one back."""
    facts = st.sampled_from((*STAGE_FACTS, *LINE_FACTS, *LINE_FACTS))
    one = st.tuples(facts, st.integers(0, 4), st.integers(0, 1), st.integers(0, 19))
    return st.lists(one, min_size=1, max_size=len(ids)).map(
        lambda drawn: [
            Event(id, fact, day, line, ids[chance] if chance < min(place, 4) else None)
            for place, (id, (fact, day, line, chance)) in enumerate(zip(ids, drawn, strict=False))
        ]
    )


def folded(arrived: Iterable[Event], case_id: str = "7", sums: bool = True) -> Picture:
    """
    The picture of the set of events that have *arrived*: the same in whatever order.

    With *sums* each event of a line changes its net sum, and with it what was told before.
    """
    known = sorted(set(arrived), key=lambda one: (one.day, one.id))
    dropped = {one.retracts for one in known if one.retracts is not None}
    timeline: list[Entry] = []
    stage = None
    for one in known:
        if one.retracts is not None:
            continue
        effect = Effect.NOTED
        if one.id in dropped:
            effect = Effect.RETRACTED
        elif one.fact in STAGE_FACTS:
            effect = Effect.HELD if stage == one.fact else Effect.MOVED
            stage = one.fact
        timeline.append(entry(one.fact, one.day, effect, key=one.key))
    lines = tuple(_line(number, known, dropped, sums) for number in range(len(PAYEES)))
    return Picture(case=case(*timeline, id=case_id), lines=lines)


def _line(number: int, known: Sequence[Event], dropped: set[int | None], sums: bool) -> Line:
    mine = [
        one
        for one in known
        if one.fact in LINE_FACTS and one.line == number and one.retracts is None
    ]
    standing = [one for one in mine if one.id not in dropped]
    transfers = tuple(
        Transfer(one.key, f"T{one.id}", False, at_us(one.day), None, None)
        for one in standing
        if one.fact == "transferred"
    )
    return Line(
        id=str(number),
        state="transferred" if transfers else "open",
        payee=PAYEES[number],
        net=f"{len(standing) if sums else 1}.00",
        transfers=transfers,
        reached_by=frozenset(one.key for one in standing),
    )
