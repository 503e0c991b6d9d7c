"""
What is said when a clock has moved: each moment once, and taken back when it proves wrong.

Pure: what was told before and what is true now in, sayings out. Nothing told is ever deleted; a
verdict that no longer holds is superseded, with the reason, and both stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from sla.model import Clock, ClockState, Key, Mark, MarkKind


class Kind(StrEnum):
    """What can be said of a clock."""

    STARTED = "started"
    WARNED = "warned"
    REMINDER_DUE = "reminder-due"
    BREACHED = "breached"
    MET = "met"
    MISSED = "missed"
    VOIDED = "voided"
    SUPERSEDED = "superseded"


VERDICTS = frozenset({Kind.BREACHED, Kind.MET, Kind.MISSED, Kind.VOIDED})
"""Sayings that are kept as verdicts and can be superseded."""

_OF_MARK = {
    MarkKind.WARNED: Kind.WARNED,
    MarkKind.BREACHED: Kind.BREACHED,
    MarkKind.REMINDER: Kind.REMINDER_DUE,
}
_OF_STATE = {
    ClockState.MET: Kind.MET,
    ClockState.MISSED: Kind.MISSED,
    ClockState.VOID: Kind.VOIDED,
}
_RUNNING = (ClockState.OPEN, ClockState.BREACHED)


class Told(NamedTuple):
    """A clock as it was last told; `marks` are the moments that were said of it."""

    start: Key
    state: ClockState
    charged: int
    marks: frozenset[Mark]


class Saying(NamedTuple):
    """
    Something to say of the clock of `clause` that began with `start`.

    `at_us` is the true instant, None for what is taken back: that is true from now on. `of` is the
    verdict a `superseded` takes back.
    """

    kind: Kind
    clause: str
    start: Key
    at_us: int | None
    charged: int
    offset: int = 0
    of: Kind | None = None


def sayings(
    told: Mapping[str, Told], clocks: Sequence[Clock], ended_us: int | None
) -> tuple[list[Saying], dict[str, Told]]:
    """
    What to say now that *clocks* hold where *told* did, by clause, and what is told afterwards.

    `ended_us`: when the case entered the end it stands in; a void clock became so at that instant.
    """
    said: list[Saying] = []
    after: dict[str, Told] = {}
    now = {clock.clause: clock for clock in clocks}
    for clause in sorted(told.keys() | now.keys()):
        before, clock = told.get(clause), now.get(clause)
        if before is not None and (clock is None or clock.start != before.start):
            said += _taken_back(clause, before, None)
            before = None
        if clock is not None:
            new, marks = _of_one(before, clock, ended_us)
            said += new
            after[clause] = Told(clock.start, clock.state, clock.charged, marks)
    return said, after


def _of_one(
    before: Told | None, clock: Clock, ended_us: int | None
) -> tuple[list[Saying], frozenset[Mark]]:
    """What to say of one clock that has the same start as before, and the marks told afterwards."""
    said: list[Saying] = []
    if before is None:
        said.append(_saying(Kind.STARTED, clock, clock.started_us))
        before = Told(clock.start, ClockState.OPEN, 0, frozenset())
    else:
        said += _taken_back(clock.clause, before, clock)
    marks = frozenset(mark for mark in before.marks if _holds(mark, clock))
    for mark in sorted(set(clock.marks) - marks if clock.state in _RUNNING else (), key=_order):
        said.append(_saying(_OF_MARK[mark.kind], clock, mark.at_us, mark.offset))
        marks |= {mark}
    verdict = _OF_STATE.get(clock.state)
    if verdict is not None and clock.state != before.state:
        at_us = ended_us if clock.state is ClockState.VOID else clock.stopped_us
        said.append(_saying(verdict, clock, at_us))
    return said, marks


def _taken_back(clause: str, before: Told, clock: Clock | None) -> list[Saying]:
    """The verdicts that no longer hold. `clock` is None where the clock never was."""
    wrong: list[Kind] = []
    said_breach = [mark for mark in before.marks if mark.kind is MarkKind.BREACHED]
    if any(clock is None or not _holds(mark, clock) for mark in said_breach):
        wrong.append(Kind.BREACHED)
    verdict = _OF_STATE.get(before.state)
    if verdict is not None and (clock is None or clock.state != before.state):
        wrong.append(verdict)
    return [
        Saying(Kind.SUPERSEDED, clause, before.start, None, before.charged, of=kind)
        for kind in wrong
    ]


def _holds(mark: Mark, clock: Clock) -> bool:
    """Is what was said of this moment still so? A breach is one instant; a void clock keeps it."""
    if mark.kind is MarkKind.BREACHED:
        return clock.breached_us == mark.at_us
    return mark in clock.marks


def _saying(kind: Kind, clock: Clock, at_us: int | None, offset: int = 0) -> Saying:
    return Saying(kind, clock.clause, clock.start, at_us, clock.charged, offset)


def _order(mark: Mark) -> tuple[int, int, int]:
    """By instant; of one instant the breach before what reminds of it."""
    return mark.at_us, tuple(_OF_MARK).index(mark.kind), mark.offset
