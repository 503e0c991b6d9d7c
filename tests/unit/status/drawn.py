"""Hypothesis strategies: cases of all facts, in which everything that can go wrong does."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from status.model import Event, Key

from tests.unit.status.cases import DAY_US, HOUR_US, disbursement, nameless

SOURCES = {
    "unit": ("unit-1", "unit-2"),
    "finance": ("erp", "front-desk"),
    "bank": ("bank",),
    "payee": ("portal",),
    "officer": ("officer", "officer-2"),
}
PAYEES = ("p1", "p2", "p3")
REASONS = ("wrong-account", "bank-error", "other")
FACTS = tuple(name for name, fact in disbursement().facts.items() if fact.about_case)
KEYS = tuple(
    Key(source, str(number))
    for sources in SOURCES.values()
    for source in sources
    for number in range(4)
)

references = st.sampled_from(("T1", "T2", "T3"))
named_lines = st.sampled_from(
    [{"id": f"L{n}", **nameless(payee)} for n, payee in enumerate(PAYEES, 1)]
    + [{"id": "L1"}, {"id": "L2"}, nameless("p1"), nameless("p2"), nameless("p3", gross="100")]
)
lines = st.lists(
    named_lines, min_size=1, max_size=3, unique_by=lambda one: repr(sorted(one.items()))
)
numbers = st.sampled_from(
    [
        ("claim", "unit-1", "2569", "1"),
        ("receipt", "erp", "2569", "1"),
        ("claim", "unit-2", "", "2"),
    ]
)


@st.composite
def said(draw: st.DrawFn, fact: str) -> dict[str, Any]:
    """What a source may say beside the fact: fields, lines, a transfer, a reason."""
    words: dict[str, Any] = {}
    kind = disbursement().facts[fact].lines
    if kind is not None and draw(st.booleans()):
        words["lines"] = list({one.get("id", repr(one)): one for one in draw(lines)}.values())
    if kind is not None and draw(st.booleans()):
        words["transfer"] = {"reference": draw(references)}
    if draw(st.booleans()):
        words["reason"] = {"code": draw(st.sampled_from(REASONS))}
    if draw(st.booleans()):
        words["amount"] = {"value": draw(st.sampled_from(("1.00", "2.00"))), "currency": "THB"}
    if fact == "reopened" and draw(st.booleans()):
        words["stage"] = draw(st.sampled_from([*disbursement().stages, "audit"]))
    return words


@st.composite
def happened(draw: st.DrawFn, key: Key, facts: tuple[str, ...]) -> Event:
    """One event under *key*: few instants, so that many are equal; half of them know only dates."""
    role = next(role for role, sources in SOURCES.items() if key.source in sources)
    known = [name for name in facts if role in disbursement().facts[name].roles]
    fact = draw(st.sampled_from(known or ["retracted"]))
    by_date = draw(st.booleans())
    instant = draw(st.integers(0, 3)) * 5 * HOUR_US
    sequence = draw(st.integers(0, 3) if by_date else st.none() | st.integers(0, 3))
    return Event(
        key=key,
        fact=fact,
        role=role,
        instant_us=DAY_US - 1 if by_date else instant,
        day_precision=by_date,
        sequence=sequence,
        joining=(draw(numbers),),
        said=draw(said(fact)),
        retracts=draw(st.sampled_from(KEYS)) if fact == "retracted" else None,
    )


@st.composite
def some_events(draw: st.DrawFn, facts: tuple[str, ...] = FACTS, size_max: int = 8) -> list[Event]:
    """The events of one case, each identity once."""
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=size_max, unique=True))
    return [draw(happened(key, facts)) for key in keys]
