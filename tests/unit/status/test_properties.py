"""What holds of every case, whatever happened in it."""

from __future__ import annotations

import random
from itertools import pairwise

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from status.decide import fold
from status.model import CaseState, Effect, Event, LineState
from status.publish import visible

from tests.unit.status.cases import disbursement
from tests.unit.status.drawn import some_events

many = settings(
    max_examples=1000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
some = settings(many, max_examples=300)
EVENTS = some_events()


def folded(events: list[Event]) -> CaseState:
    """The state of the case of *events*."""
    return fold(disbursement(), events)


@many
@given(EVENTS, st.randoms(use_true_random=False))
def test_any_order_gives_the_same_state(events: list[Event], chance: random.Random) -> None:
    """A state is a function of the set of events: two orders of arrival agree in every field."""
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert folded(events) == folded(shuffled)


@some
@given(EVENTS, st.randoms(use_true_random=False))
def test_any_split_and_repetition_gives_the_same_state(
    events: list[Event], chance: random.Random
) -> None:
    """Kept once by identity and folded after each arrival, the last state is that of the set."""
    arrivals = events + chance.choices(events, k=len(events))
    chance.shuffle(arrivals)
    kept: dict[object, Event] = {}
    state = CaseState()
    for event in arrivals:
        kept[event.key] = event
        state = folded(list(kept.values()))
    assert folded(events) == state


@some
@given(EVENTS)
def test_every_event_stands_once_on_the_timeline(events: list[Event]) -> None:
    """Nothing is lost: each event has a place, each refused one its reason, each span its fact."""
    state = folded(events)
    assert sorted(e.key for e in events) == sorted(entry.event.key for entry in state.timeline)
    refused = [e.event.key for e in state.timeline if e.effect is Effect.CONTRADICTS]
    assert refused == [told.event.key for told in state.contradictions]
    moved = [e.event.key for e in state.timeline if e.effect is Effect.MOVED]
    assert moved == [span.anchor for span in state.spans]
    stages = [span.stage for span in state.spans]
    assert (stages[-1] if stages else None) == state.stage
    assert all(one != two for one, two in pairwise(stages))
    instants = [span.since_us for span in state.spans]
    assert sorted(instants) == instants


def unmoved_by(events: list[Event], without: Effect) -> tuple[CaseState, CaseState] | None:
    """
    The state, and that of the case in which what had this effect was never said.

    None where there is no such event, or where leaving it out changes the order of the others.
    """
    state = folded(events)
    left = [entry.event for entry in state.timeline if entry.effect is not without]
    less = folded(left)
    same_order = [entry.event for entry in less.timeline] == left
    return (state, less) if same_order and len(left) < len(events) else None


@some
@given(EVENTS)
@pytest.mark.parametrize("effect", [Effect.CONTRADICTS, Effect.RETRACTED])
def test_what_is_refused_or_retracted_changes_nothing(effect: Effect, events: list[Event]) -> None:
    """The case stands as if it had never been said: stage, spans, lines, fields and flags."""
    both = unmoved_by(events, effect)
    if both is not None:
        state, less = both
        assert (state.stage, state.spans, state.lines, state.fields, state.flags) == (
            less.stage,
            less.spans,
            less.lines,
            less.fields,
            less.flags,
        )


@some
@given(EVENTS)
def test_a_case_that_becomes_paid_has_no_line_that_waits(events: list[Event]) -> None:
    """At every entry into `paid` but by an officer's word no line is open or bounced."""
    ordered = [entry.event for entry in folded(events).timeline]
    for place in range(1, len(ordered) + 1):
        state = folded(ordered[:place])
        last = state.timeline[-1]
        if [e.event for e in state.timeline] != ordered[:place] or last.event.fact == "reopened":
            continue
        if last.effect is Effect.MOVED and state.stage == "paid":
            states = {view.state for view in state.lines}
            assert LineState.TRANSFERRED in states
            assert not states & {LineState.OPEN, LineState.BOUNCED}


@some
@given(EVENTS)
def test_what_is_told_is_the_state_and_its_order_of_keys(events: list[Event]) -> None:
    """The published bytes are the same from either end of the list, so no repetition is told."""
    told = [
        orjson.dumps(visible(disbursement(), 1, folded(some_order), None, None))
        for some_order in (events, events[::-1])
    ]
    assert told[0] == told[1]
