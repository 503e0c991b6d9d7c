"""Which addresses are left by a change of payees, and what is kept of the letter to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from chassis.sealing import Sealed, SealingKey
from contracts.notice import Channel
from contracts.payees import SEALING
from hypothesis import given
from hypothesis import strategies as st
from notify.changes import Change, Left, change_id, left
from notify.model import State
from notify.people import Kept, People

KEY = SealingKey(bytes(range(32)), SEALING)
ADDRESSES = st.sampled_from([None, "a@example.org", "A@example.org", "b@example.org"])
LINES = st.sampled_from([None, "U1", "U2"])


def kept(name: str, to: str | None = None, gone: bool = False, **contact: Any) -> Kept:
    """A payee as it is kept."""
    said = {key: value for key, value in contact.items() if value is not None}
    return Kept(name, KEY.seal(name, orjson.dumps({"contact": said})), to, gone)


def people(*payees: Kept) -> People:
    """These payees, reached by letter and LINE."""
    return People(KEY, payees, frozenset({Channel.EMAIL, Channel.LINE}), {})


@given(ADDRESSES, ADDRESSES, LINES, LINES)
def test_what_was_reached_and_is_not_any_more(
    mail: str | None, other_mail: str | None, line: str | None, other_line: str | None
) -> None:
    """Each channel by itself: left is an address that was there and is another now, or none."""
    before = people(kept("anna", email=mail, line=line, language="en"))
    after = people(kept("anna", email=other_mail, line=other_line))
    pairs: Mapping[Channel, tuple[str | None, str | None]] = {
        Channel.EMAIL: (mail, other_mail),
        Channel.LINE: (line, other_line),
    }
    expected = [
        Left("anna", channel, "en", old)
        for channel, (old, new) in pairs.items()
        if old is not None and old.lower() != (new or "").lower()
    ]
    assert expected == list(left(["anna"], before, after))


def test_a_joined_payee_leaves_the_address_that_lost() -> None:
    """Of two that are one the first one's contact stays; the other's address is told."""
    anna, boon = kept("anna", email="a@example.org"), kept("boon", email="b@example.org")
    joined = kept("boon", "anna", email="b@example.org")
    found = list(left(["boon"], people(boon), people(anna, joined)))
    assert [Left("boon", Channel.EMAIL, "th", "b@example.org")] == found


def test_an_address_that_was_refused_is_not_written_to_again() -> None:
    """Nobody reads there any more."""
    before = people(kept("anna", gone=True, email="a@example.org"))
    assert [] == list(left(["anna"], before, people(kept("anna", email="b@example.org"))))


def test_a_letter_has_one_identity_for_each_state_and_channel() -> None:
    """The same state makes the same identity; another version or channel another."""
    first = change_id("anna", 2, Channel.EMAIL)
    assert first == change_id("anna", 2, Channel.EMAIL)
    others = {change_id("anna", 3, Channel.EMAIL), change_id("anna", 2, Channel.LINE)}
    assert 3 == len({first, *others})


@pytest.mark.parametrize(
    ("state", "due_us", "stays"),
    [
        (State.REQUESTED, 1, True),
        (State.SENDING, 1, True),
        (State.FAILED_TEMPORARY, 1, True),
        (State.HELD, None, True),
        (State.UNKNOWN, 1, True),
        (State.UNKNOWN, None, False),
        (State.SENT, None, False),
        (State.FAILED_PERMANENT, None, False),
        (State.SUPPRESSED, None, False),
    ],
)
def test_the_address_goes_when_it_is_not_needed(
    state: State, due_us: int | None, stays: bool
) -> None:
    """Only what may still be sent keeps where to."""
    sealed = Sealed("k", b"n", b"s")
    one = Change(
        *("id", "anna", 2, Channel.EMAIL, "th", "disbursement", sealed, 0, State.SENDING, 0),
        due_us=1,
    )
    made = one.became(state, due_us=due_us)
    assert (stays, 2) == (made.sealed is not None, made.version)


def test_what_waits_has_a_time() -> None:
    """Without one it would never be looked at again."""
    one = Change(*("id", "anna", 2, Channel.EMAIL, "th", "p", None, 0, State.HELD, 0))
    with pytest.raises(ValueError, match="never be looked at"):
        one.became(State.REQUESTED)
