"""No case grows past a message: what is kept of long lists, and how lines are cut into chunks."""

from __future__ import annotations

from typing import Any

import orjson
from chassis.outbox import SIZE_BYTES_MAX
from contracts.messages import CaseStatus, LineStatus
from hypothesis import given
from hypothesis import strategies as st
from status.bounds import CHUNK_BYTES_MAX, FEW, LIST_BYTES_MAX, bounded, in_chunks, newest
from status.model import Event, Key, Loaded, Told
from status.publish import change_of

from tests.unit.status.cases import disbursement, event, line, sent
from tests.unit.status.test_properties import some

HEADERS_BYTES = 100_000
NOTHING_TOLD = Told(1, 0, "disbursement", 1, None, 0, None, ())
LONG = "ก" * 300


def told_of(events: list[Event], told: Told = NOTHING_TOLD) -> Any:
    """The change that these events make."""
    change = change_of(disbursement(), Loaded(1, told, tuple(events), {}), 0, {})
    assert change is not None
    return change


def worst(size: int) -> list[Event]:
    """Facts with the longest names there may be, each moving the case or contradicting it."""
    facts = ("received", "returned", "transferred", "drafted", "bounced")
    long = ("claim", "u" * 100, "2569", "v" * 90)
    return [
        event(
            facts[n % 5],
            n,
            f"{LONG}{n:06}",
            joining=((*long[:3], f"{long[3]}{n:06}"),),
            about=((*long[:3], f"{long[3]}{n:06}"),),
            **sent(f"{LONG[:90]}{n:06}"),
        )
        for n in range(size)
    ]


def test_the_worst_case_still_fits() -> None:
    """5,000 facts with the longest names: the message leaves room for its headers."""
    change = told_of(worst(5_000))
    assert SIZE_BYTES_MAX - HEADERS_BYTES > len(change.status)
    data = CaseStatus.model_validate_json(change.status).data
    lists = ("spans", "timeline", "contradictions", "joining", "about", "established")
    assert set(lists) == set(data.omitted)
    assert 5_000 == len(data.timeline) + data.omitted["timeline"]
    assert f"{LONG}004999" == data.timeline[-1].id


def test_what_is_withdrawn_is_bounded_too() -> None:
    """A case that loses 5,000 facts at once is told."""
    events = worst(5_000)
    facts = told_of(events).facts
    change = told_of(events[:1], Told(1, 1, "disbursement", 1, None, 0, None, facts))
    data = CaseStatus.model_validate_json(change.status).data
    assert {"withdrawn": len(facts) - 1 - len(data.withdrawn)} == data.omitted
    assert SIZE_BYTES_MAX - HEADERS_BYTES > len(change.status)


def test_an_ordinary_case_is_told_whole() -> None:
    """Nothing is left out of a case of a hundred facts."""
    change = told_of([event("approved", n) for n in range(100)])
    data = CaseStatus.model_validate_json(change.status).data
    assert (100, {}) == (len(data.timeline), data.omitted)


def test_what_is_kept_does_not_depend_on_what_was_told_before() -> None:
    """A state cut short is the same for one who was told and for one who was not."""
    events = worst(3_000)
    fresh = orjson.loads(told_of(events).status)["data"]
    again = Told(1, 7, "disbursement", 1, None, 0, None, told_of(events).facts)
    later = orjson.loads(told_of(events, again).status)["data"]
    for name in ("spans", "timeline", "contradictions", "joining", "about"):
        assert fresh[name] == later[name]


def test_two_long_cases_that_differ_where_nothing_is_shown_differ() -> None:
    """A change among the entries left out is a new version all the same."""
    events = worst(3_000)
    assert told_of(events).visible_sha256 != told_of(events[1:]).visible_sha256


def test_lines_with_many_deductions_travel_in_smaller_chunks() -> None:
    """200 lines of 50 deductions each: every chunk fits, and together they are all lines."""
    deduction = {"code": "ก" * 100, "title": "ข" * 100, "amount": "1.00"}
    lines = [line(f"{n:03}", deductions=[deduction] * 50) for n in range(200)]
    change = told_of([event("submitted", 0, lines=lines)])
    sizes = [len(value or b"") for _, value in change.lines]
    assert max(sizes) < SIZE_BYTES_MAX
    chunks = [LineStatus.model_validate_json(value).data for _, value in change.lines if value]
    assert [one["id"] for one in lines] == [one.id for chunk in chunks for one in chunk.lines]
    assert {len(chunks)} == {chunk.chunks for chunk in chunks}


def test_a_line_keeps_its_newest_transfers() -> None:
    """A line sent and returned 2,000 times shows the newest, and how many it does not."""
    events = []
    for n in range(0, 4_000, 2):
        events += [event("transferred", n, **sent(f"T{n}")), event("bounced", n + 1)]
    ((_, value),) = told_of(events).lines
    (shown,) = LineStatus.model_validate_json(value).data.lines
    assert 2_000 == len(shown.transfers) + shown.transfers_omitted
    assert "T3998" == shown.transfers[-1].reference


rows = st.lists(st.text(max_size=30), min_size=FEW + 1, max_size=FEW + 20)


@some
@given(rows, st.integers(0, 1000))
def test_newest_is_the_longest_tail_that_fits(rows: list[str], bytes_max: int) -> None:
    """What is kept is the end of the list; it fits, and one more would not."""
    kept = list(newest(rows, bytes_max))
    sizes = [len(orjson.dumps(row)) + 1 for row in rows]
    assert rows[len(rows) - len(kept) :] == kept
    assert sum(sizes[len(rows) - len(kept) :]) <= bytes_max
    assert len(kept) == len(rows) or sum(sizes[len(rows) - len(kept) - 1 :]) > bytes_max


@some
@given(st.lists(st.integers(1, CHUNK_BYTES_MAX // 3), max_size=12))
def test_chunks_are_all_rows_in_order(sizes: list[int]) -> None:
    """Cut by size, the pieces put together are the rows, and none is too long."""
    rows = ["x" * (size - 3) if size > 3 else "" for size in sizes]
    chunks = in_chunks(rows)
    assert rows == [row for chunk in chunks for row in chunk]
    assert all(len(orjson.dumps(chunk)) <= CHUNK_BYTES_MAX + 2 for chunk in chunks)
    assert [] not in chunks


def test_bounded_counts_what_it_leaves_out() -> None:
    """Zeros are left out of the counts."""
    lists = {"a": [str(n) for n in range(10, 60)], "b": ["xx"]}
    kept = {"a": ["58", "59"], "b": ["xx"]}
    assert (kept, {"a": 48}) == bounded(lists, {"a": 12, "b": 12})


def test_few_rows_stay_within_every_budget() -> None:
    """The longest entries there may be, so few that nobody counts them, fit where they go."""
    data = CaseStatus.model_validate_json(told_of(worst(FEW)).status).data
    for name, bytes_max in LIST_BYTES_MAX.items():
        rows = [orjson.dumps(getattr(data, name), default=lambda row: row.model_dump())]
        assert bytes_max > len(rows[0])


def test_the_identity_of_an_event_is_told_as_it_came() -> None:
    """`source` and `id` are unchanged on the timeline and in the established facts."""
    change = told_of([event("received", 0, "id/1 ก", source="erp")])
    data = CaseStatus.model_validate_json(change.status).data
    (fact,), (entry,) = data.established, data.timeline
    assert [Key("erp", "id/1 ก")] * 2 == [(fact.source, fact.id), (entry.source, entry.id)]
