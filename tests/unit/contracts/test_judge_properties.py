"""Nothing crashes the judge, and what it says does not depend on how it was asked."""

from __future__ import annotations

from typing import Any

import orjson
from contracts.envelope import parse, parse_batch
from contracts.events import Inbound, Rejected
from contracts.rules import RULES
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.contracts.saying import NOW_US, event, process, source, the_judge, verdict

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
field_names = st.sampled_from(
    [
        "refs",
        "amount",
        "lines",
        "reason",
        "transfer",
        "retracts",
        "link",
        "payee",
        "step",
        "title",
        "due_on",
        "stage",
        "kind",
        "fiscal_year",
        "count",
        "sums",
        "contact",
    ]
)
attribute_names = st.sampled_from(
    [
        "specversion",
        "id",
        "source",
        "type",
        "time",
        "data",
        "timeprecision",
        "sequence",
        "traceparent",
        "replay",
        "datacontenttype",
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200), st.lists(st.tuples(st.text(max_size=12), st.binary(max_size=12))))
@example(b"", [("ce_id", b"\xff")])
@example(b"\xff", [("ce-specversion", b"1.0"), ("ce-id", b"%ff")])
def test_any_bytes_get_an_answer(raw: bytes, headers: list[tuple[str, bytes]]) -> None:
    """Whatever comes over the wire is an event or a refusal by a known rule."""
    answer = parse(raw, headers)
    assert isinstance(answer, dict | Rejected)
    if isinstance(answer, Rejected):
        assert {one.rule for one in answer.findings} <= RULES.keys()
    assert isinstance(parse_batch(raw), list | Rejected)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(attribute_names | st.text(max_size=8), anything))
def test_any_json_gets_an_answer(said: dict[str, Any]) -> None:
    """Whatever JSON is sent as an event is refused by known rules, with readable names only."""
    answer = the_judge().judge(said, b"", source(), NOW_US)
    assert isinstance(answer, Rejected)
    assert {one.rule for one in answer.findings} <= RULES.keys()
    assert all(name is None or name.isprintable() for name in (answer.source, answer.id))
    for one in answer.findings:
        "".join(one).encode()


@settings(deadline=None, max_examples=500)
@given(st.sampled_from(sorted(process().facts)), st.dictionaries(field_names, anything))
def test_any_data_of_any_fact_gets_an_answer(fact: str, data: dict[str, Any]) -> None:
    """Whatever a good envelope carries as data, it is judged and never crashes the judge."""
    for role in ("unit", "finance", "officer"):
        answer = the_judge().judge({**event(fact), "data": data}, b"", source(role), NOW_US)
        assert isinstance(answer, Inbound | Rejected)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.text(min_size=1, max_size=8), anything, max_size=3))
def test_what_is_accepted_can_be_stored(extra: dict[str, Any]) -> None:
    """What is accepted can be written as JSON without NUL, whatever unknown fields came with it."""
    answer = the_judge().judge(event(data=extra), b"", source(), NOW_US)
    if isinstance(answer, Inbound):
        written = orjson.dumps([answer.data, answer.text, answer.unread])
        assert b"\\u0000" not in written.replace(b"\\\\", b"")


@settings(deadline=None)
@given(st.permutations(["unit", "kind", "title", "refs", "amount"]))
def test_order_of_keys_means_nothing(order: list[str]) -> None:
    """An event has one digest, however its keys were ordered."""
    values = {
        "unit": "ก",
        "kind": "travel",
        "title": "ข",
        "refs": [{"scheme": "claim", "value": "69/00123"}],
        "amount": {"value": "1.00", "currency": "THB"},
    }
    said = {**event(), "data": {name: values[name] for name in order}}
    ordered = {**event(), "data": values}
    answers = [verdict(said), verdict(ordered)]
    assert [one.digest for one in answers if isinstance(one, Inbound)][0:1] * 2 == [
        one.digest for one in answers if isinstance(one, Inbound)
    ]
