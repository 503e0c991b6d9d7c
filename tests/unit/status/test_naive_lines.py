"""The fold's lines agree with a second, plain telling of their rule."""

from __future__ import annotations

from hypothesis import given
from status.model import Effect, Event

from tests.unit.status.cases import case, event, line, line_states, sent
from tests.unit.status.drawn import FACTS, some_events
from tests.unit.status.naive_lines import known, state, tell
from tests.unit.status.test_properties import many, some

TAKEN = (Effect.MOVED, Effect.HELD, Effect.NOTED)
WITH_LINES = ("received", "in-process", "transferred", "bounced", "cancelled", "credited")


def plainly(*events: Event) -> dict[str, str]:
    """The states of the lines by the second telling."""
    timeline = case(*events).timeline
    story = tell([entry.event for entry in timeline if entry.effect in TAKEN])
    return {one: state(one, story) for one in known(story)}


@many
@given(some_events(WITH_LINES))
def test_both_tellings_agree_where_money_moves(events: list[Event]) -> None:
    """Cases of part payments, bounces and cancellings: every line stands alike in both."""
    assert plainly(*events) == line_states(*events)


@some
@given(some_events(tuple(fact for fact in FACTS if fact != "reopened")))
def test_both_tellings_agree_on_all_facts(events: list[Event]) -> None:
    """Cases of all facts but reopening: every line stands alike in both."""
    assert plainly(*events) == line_states(*events)


def test_the_second_telling_is_right_where_the_answer_is_known() -> None:
    """Three payees, two part payments, one bounce: one line each paid, bounced and open."""
    told = (
        event("in-process", 0, lines=[line("a"), line("b"), line("c")]),
        event("transferred", 1, **sent("T1", line("a"))),
        event("transferred", 2, **sent("T2", line("b"))),
        event("bounced", 3, **sent("T2")),
    )
    assert {"a": "transferred", "b": "bounced", "c": "open"} == plainly(*told)
