"""Of what the SLA says only few words may be told: all others are decided on only beside these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from chassis.instants import rfc3339
from hypothesis import given, settings
from hypothesis import strategies as st
from notify.case import Picture
from notify.deadlines import PASSED, sla_facts
from notify.rulebook import Rulebook
from notify.said import WordSaid

from tests.unit.notify.drawn import Event, events, folded
from tests.unit.notify.telling import ZONE, Store, at_us, book

IDS = tuple(range(6))
KINDS = (*sorted(PASSED), "met", "missed", "voided", "superseded", "met", "superseded")
CLAUSES = ("finance-9-days@1#finance", "finance-9-days@1#repair", "unit-step@1#unit")


class History(NamedTuple):
    """
    Events and words of case 7 in the order they came, what stood on case 8 before, and the rules.
    After each step: does what is due go out?
    """

    steps: Sequence[Event | WordSaid]
    before: Sequence[Event]
    goes_out: Sequence[bool]
    rules: Rulebook


def word(kind: str, clause: str, start: int, day: int, offset: int, of: str) -> WordSaid:
    """A word of the SLA on the clock that the event *start* started."""
    at = rfc3339(at_us(day))
    said: dict[str, Any] = {"case": "7", "kind": kind, "clause": clause, "due": "2026-11-27"}
    said |= {"start": ("erp", str(start)), "at": at, "detected_at": at, "offset": offset}
    return WordSaid(**said, of=of if kind == "superseded" else None)


def some_rules(names: frozenset[int]) -> Rulebook:
    """Those of the committed rules."""
    notices = book().notices
    rules = tuple(rule for place, rule in enumerate(notices.rules) if place not in names)
    return Rulebook(replace(notices, rules=rules), book().process, {"thai-government": ZONE})


WORDS = st.lists(
    st.builds(
        word,
        st.sampled_from(KINDS),
        st.sampled_from(CLAUSES),
        st.sampled_from(IDS),
        st.integers(0, 4),
        st.sampled_from((0, 0, 2, 5)),
        st.sampled_from((*sorted(PASSED), "met")),
    ),
    max_size=6,
)
RULES = st.frozensets(st.integers(0, len(book().notices.rules) - 1), max_size=8).map(some_rules)
HISTORIES = st.tuples(events(IDS), WORDS, st.lists(st.sampled_from(IDS), max_size=3)).flatmap(
    lambda drawn: st.builds(
        History,
        st.permutations([*drawn[0], *drawn[1]]),
        st.just([one for one in drawn[0] if one.id in drawn[2]]),
        st.lists(st.booleans(), min_size=12, max_size=12),
        RULES,
    )
)


def pictures(seen: Sequence[Event | WordSaid]) -> tuple[Picture, bool]:
    """The picture of all that came, and whether one of its words may be told."""
    words = [one for one in seen if isinstance(one, WordSaid)]
    whole = folded([one for one in seen if isinstance(one, Event)])
    told = any(one.kind in PASSED for one in words)
    return replace(whole, sla=sla_facts(words, None)), told


@settings(max_examples=300, deadline=None)
@given(HISTORIES)
def test_without_a_word_that_may_be_told_no_other_word_needs_a_decision(history: History) -> None:
    """One store decides on all it hears, the other passes such words over: they stay the same."""
    always, seldom = Store(rules=history.rules), Store(rules=history.rules)
    for store in (always, seldom):
        store.see(folded(history.before, "8"))
        store.deliver()
    for place, step in enumerate(history.steps):
        picture, told = pictures(history.steps[: place + 1])
        always.see(picture)
        if told or isinstance(step, Event):
            seldom.see(picture if told else replace(picture, sla=()))
        assert always.records == seldom.records
        if history.goes_out[place]:
            assert always.deliver() == seldom.deliver()
