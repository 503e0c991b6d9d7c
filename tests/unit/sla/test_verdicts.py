"""What is said when a clock has moved: each moment once, and taken back when it proves wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from sla.model import Clock, ClockState, Key, Mark, MarkKind
from sla.verdicts import VERDICTS, Kind, Told, sayings

START = Key("unit", "s")
BREACH = Mark(MarkKind.BREACHED, 0, 300)
WARNED = Mark(MarkKind.WARNED, 2, 200)
REMINDER = Mark(MarkKind.REMINDER, 0, 300)


def clock(state: ClockState = ClockState.OPEN, *marks: Mark, start: Key = START) -> Clock:
    """A clock that began at 100; one that was breached was so at 300, one that stopped at 400."""
    breached = any(mark.kind is MarkKind.BREACHED for mark in marks)
    stopped = state in (ClockState.MET, ClockState.MISSED)
    return Clock(
        clause="a@1#c",
        started_us=100,
        start=start,
        stopped_us=400 if stopped else None,
        state=state,
        charged=3,
        budget=2,
        remaining=0,
        first_due=date(2026, 1, 8),
        due=None,
        breached_us=300 if breached else None,
        left_stop=False,
        marks=marks,
    )


def story(*clocks: Clock | None) -> list[list[tuple[Kind, Kind | None, int | None]]]:
    """What each of these, one after the other, has said: kind, of, instant."""
    told: dict[str, Told] = {}
    steps = []
    for one in clocks:
        said, told = sayings(told, [] if one is None else [one], 500)
        steps.append([(saying.kind, saying.of, saying.at_us) for saying in said])
    return steps


def test_a_clock_is_said_from_start_to_stop() -> None:
    """Started, warned, breached with its reminder, missed: each at its true instant."""
    late = clock(ClockState.MISSED, WARNED, BREACH, REMINDER)
    assert [
        [(Kind.STARTED, None, 100)],
        [(Kind.WARNED, None, 200)],
        [(Kind.BREACHED, None, 300), (Kind.REMINDER_DUE, None, 300)],
        [(Kind.MISSED, None, 400)],
    ] == story(
        clock(),
        clock(ClockState.OPEN, WARNED),
        clock(ClockState.BREACHED, WARNED, BREACH, REMINDER),
        late,
    )


def test_the_same_clock_again_says_nothing() -> None:
    """A repetition, a rebuild and a redrive are silent."""
    late = clock(ClockState.BREACHED, WARNED, BREACH)
    assert [] == story(late, late)[1]


def test_what_ended_before_it_was_seen_has_no_warnings() -> None:
    """A case heard of only when it was paid says its verdict, not the moments on the way."""
    assert [[(Kind.STARTED, None, 100), (Kind.MISSED, None, 400)]] == story(
        clock(ClockState.MISSED, WARNED, BREACH, REMINDER)
    )


def test_a_breach_that_was_none_is_taken_back_once() -> None:
    """A late payment before the breach supersedes it, and then says met."""
    steps = story(clock(ClockState.BREACHED, BREACH), clock(ClockState.MET), clock(ClockState.MET))
    assert [[(Kind.SUPERSEDED, Kind.BREACHED, None), (Kind.MET, None, 400)], []] == steps[1:]


def test_a_missed_clock_keeps_its_breach() -> None:
    """A payment after the breach says missed and takes nothing back."""
    steps = story(clock(ClockState.BREACHED, BREACH), clock(ClockState.MISSED, BREACH))
    assert [(Kind.MISSED, None, 400)] == steps[1]


def test_a_void_is_taken_back_when_the_end_is_left() -> None:
    """Voided at the end, superseded when the case goes on, met when it is paid."""
    steps = story(clock(), clock(ClockState.VOID), clock(), clock(ClockState.MET))
    assert [
        [(Kind.VOIDED, None, 500)],
        [(Kind.SUPERSEDED, Kind.VOIDED, None)],
        [(Kind.MET, None, 400)],
    ] == steps[1:]


def test_a_clock_with_another_start_is_another_clock() -> None:
    """A late first fact moves the start: what was said of the old clock is taken back."""
    other = clock(ClockState.MET, start=Key("unit", "earlier"))
    assert [
        (Kind.SUPERSEDED, Kind.MET, None),
        (Kind.STARTED, None, 100),
        (Kind.MET, None, 400),
    ] == story(clock(ClockState.MET), other)[1]


def test_a_clock_that_never_was_takes_its_verdicts_back() -> None:
    """A retracted start leaves nothing standing."""
    steps = story(clock(ClockState.BREACHED, BREACH), None, None)
    assert [[(Kind.SUPERSEDED, Kind.BREACHED, None)], []] == steps[1:]


STATES = st.sampled_from(
    [
        None,
        clock(),
        clock(ClockState.OPEN, WARNED),
        clock(ClockState.BREACHED, WARNED, BREACH, REMINDER),
        clock(ClockState.MET),
        clock(ClockState.MISSED, WARNED, BREACH),
        clock(ClockState.VOID),
        clock(ClockState.VOID, BREACH),
        clock(ClockState.MET, start=Key("unit", "other")),
    ]
)


@given(st.lists(STATES, max_size=12))
def test_what_stands_is_what_is_true(states: Sequence[Clock | None]) -> None:
    """
    However facts come and go, at most one verdict of a kind stands, none is taken back that does
    not stand, and in the end the final state's verdict stands exactly if the clock has one.
    """
    standing: Counter[Kind] = Counter()
    for step in story(*states):
        for kind, of, _ in step:
            if kind is Kind.SUPERSEDED:
                assert of is not None
                standing[of] -= 1
            elif kind in VERDICTS:
                standing[kind] += 1
            assert set(standing.values()) <= {0, 1}
    last = states[-1] if states else None
    final = {ClockState.MET: Kind.MET, ClockState.MISSED: Kind.MISSED, ClockState.VOID: Kind.VOIDED}
    expected = final.get(last.state) if last is not None else None
    stands = {kind for kind, count in standing.items() if count} - {Kind.BREACHED}
    assert stands == ({expected} if expected else set())
