"""The identity of a notice: four parts, and nothing else, make two of them one."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from contracts.notice import Channel, RecipientKind
from hypothesis import given
from hypothesis import strategies as st
from notify.identity import bundle_id, correction_id, notice_id
from notify.model import Anchor, FactAnchor, Key, Recipient, TimeAnchor

from tests.unit.notify.telling import ANNA, BOON, entry, paid_line, picture, tell

TEXTS = st.text(max_size=20)
RECIPIENTS = st.builds(Recipient, st.sampled_from(RecipientKind), TEXTS)
FACTS = st.builds(FactAnchor, TEXTS, TEXTS)
TIMES = st.builds(
    TimeAnchor, TEXTS, TEXTS, st.builds(Key, TEXTS, TEXTS), TEXTS, st.integers(0, 99), TEXTS
)
TIME = TimeAnchor("finance-9-days", "finance", Key("erp", "1"), "sla.breached", 0, "2026-11-27")
PARTS = st.tuples(TEXTS, FACTS | TIMES, RECIPIENTS, st.sampled_from(Channel))


def test_an_identity_is_fixed_for_ever() -> None:
    """The bytes that make an identity never change: else an upgrade would tell all again."""
    by_fact = (
        b'{"anchor":{"id":"1","source":"erp"},"channel":"email",'
        b'"recipient":{"id":"anna","kind":"payee"},"rule":"paid"}'
    )
    by_time = (
        b'{"anchor":{"agreement":"finance-9-days","clause":"finance","due":"2026-11-27",'
        b'"kind":"sla.breached","offset":0,"start":{"id":"1","source":"erp"}},"channel":"line",'
        b'"recipient":{"id":"anna","kind":"payee"},"rule":"late"}'
    )
    paid = notice_id("paid", FactAnchor("erp", "1"), ANNA, Channel.EMAIL)
    assert sha256(by_fact).hexdigest() == paid
    assert sha256(by_time).hexdigest() == notice_id("late", TIME, ANNA, Channel.LINE)
    assert sha256(b'{"corrects":"%s"}' % paid.encode()).hexdigest() == correction_id(paid)


@given(PARTS, PARTS)
def test_two_are_one_when_all_four_parts_are(
    one: tuple[str, Anchor, Recipient, Channel], other: tuple[str, Anchor, Recipient, Channel]
) -> None:
    """Rule, anchor, recipient and channel decide, all of them."""
    assert (one == other) == (notice_id(*one) == notice_id(*other))


@pytest.mark.parametrize(
    "changed",
    [
        {"agreement": "x"},
        {"clause": "x"},
        {"start": Key("erp", "2")},
        {"kind": "sla.warned"},
        {"offset": 3},
        {"due": "2026-11-28"},
    ],
)
def test_each_part_of_a_deadline_counts(changed: dict[str, Any]) -> None:
    """Agreement, clause, starting event, kind, offset and due date are the anchor of time."""
    ids = {notice_id("late", one, ANNA, Channel.EMAIL) for one in (TIME, TIME._replace(**changed))}
    assert 2 == len(ids)


def test_case_number_and_version_are_not_in_it() -> None:
    """The same events under another case id and number make the same identities."""
    paid = entry("transferred", 3)
    here = picture(entry("received", 0), paid, lines=[paid_line("1", "anna", paid)])
    there = replace(here, case=replace(here.case, id="8", number="1111-1111-1"))
    assert [one.id for one in tell(here)] == [one.id for one in tell(there)]


@given(st.lists(st.sampled_from(["a" * 64, "b" * 64, "c" * 64]), min_size=1))
def test_a_message_is_its_notices(ids: list[str]) -> None:
    """A bundle's identity depends on which notices it tells, and of one it is that one's."""
    assert bundle_id(ids) == bundle_id(reversed(ids))
    assert (len(set(ids)) == 1) == (bundle_id(ids) == ids[0])


def test_a_correction_is_one_per_notice() -> None:
    """Each notice has one correction, and that has one of its own."""
    first = notice_id("paid", FactAnchor("erp", "1"), BOON, Channel.EMAIL)
    chain = [first, correction_id(first), correction_id(correction_id(first))]
    assert 3 == len(set(chain))
