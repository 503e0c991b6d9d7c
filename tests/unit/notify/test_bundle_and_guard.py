"""Several news in one message, and the guard that holds a flood back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contracts.notice import Channel
from hypothesis import given
from hypothesis import strategies as st
from notify.bundle import NEWS_PER_MESSAGE_MAX, bundles
from notify.case import Effect
from notify.guard import admitted, hour_limit
from notify.identity import bundle_id, notice_id
from notify.model import FactAnchor, Notice

from tests.unit.notify.telling import ANNA, BOON, entry, line, paid_line, picture, tell


def notice(number: int, **more: object) -> Notice:
    """News number so-and-so for Anna by e-mail."""
    told = Notice(
        id=notice_id("paid", FactAnchor("erp", str(number)), ANNA, Channel.EMAIL),
        rule="paid",
        anchor=FactAnchor("erp", str(number)),
        recipient=ANNA,
        channel=Channel.EMAIL,
        case=str(number % 3),
        told={},
        language="th",
        at_us=number,
    )
    return replace(told, **more)  # type: ignore[arg-type]


def test_several_news_of_one_recipient_are_one_message() -> None:
    """Receipt and payment of one claim, due in one window, are one e-mail; the inbox lists both."""
    paid = entry("transferred", 3, Effect.NOTED)
    lines = [paid_line("1", "anna", paid), line("2", "boon")]
    told = [one for one in tell(picture(entry("received", 0), paid, lines=lines)) if not one.reason]
    made = [(one.channel, one.recipient, [n.rule for n in one.notices]) for one in bundles(told)]
    assert [
        (Channel.EMAIL, ANNA, ["received", "paid"]),
        (Channel.INBOX, ANNA, ["received"]),
        (Channel.INBOX, ANNA, ["paid"]),
        (Channel.EMAIL, BOON, ["received"]),
        (Channel.INBOX, BOON, ["received"]),
    ] == made


@given(st.permutations([notice(number) for number in range(6)]))
def test_a_message_is_the_same_whatever_order_it_was_found_in(found: list[Notice]) -> None:
    """Composition, order and identity depend on the notices alone."""
    (made,) = bundles(found)
    assert [0, 1, 2, 3, 4, 5] == [one.at_us for one in made.notices]
    assert ("0", "1", "2") == made.cases
    assert bundle_id(one.id for one in found) == made.id


@pytest.mark.parametrize(
    "changed", [{"recipient": BOON}, {"channel": Channel.LINE}, {"language": "en"}]
)
def test_what_differs_goes_apart(changed: dict[str, object]) -> None:
    """Recipients, channels and languages never share a message."""
    assert [1, 1] == [len(one.notices) for one in bundles([notice(1), notice(2, **changed)])]


def test_an_office_that_stands_for_several_has_one_message() -> None:
    """Who is told in another's message goes with it, oldest news first; each has its own notice."""
    found = [notice(2), notice(1, recipient=BOON), notice(3)]
    (made,) = bundles(found, lambda _one: ANNA)
    assert [(BOON, 1), (ANNA, 2), (ANNA, 3)] == [(n.recipient, n.at_us) for n in made.notices]
    assert ANNA == made.recipient


def test_a_long_day_is_several_messages() -> None:
    """A message has at most a hundred pieces of news; none is left out."""
    made = bundles(notice(number) for number in range(250))
    assert [NEWS_PER_MESSAGE_MAX, NEWS_PER_MESSAGE_MAX, 50] == [len(one.notices) for one in made]
    assert 3 == len({one.id for one in made})


@pytest.mark.parametrize(
    ("same_hours", "limit"), [([], 150), ([0] * 28, 150), ([49, 50], 150), ([10, 51], 153)]
)
def test_the_limit_of_an_hour(same_hours: list[int], limit: int) -> None:
    """Three times the largest of the same hours of 28 days, which counts as 50 at least."""
    assert limit == hour_limit(same_hours)


@given(st.lists(st.integers()), st.integers(0, 20), st.integers(0, 20))
def test_what_is_over_the_limit_is_held(asked: list[int], gone: int, limit: int) -> None:
    """No more go than there is room for, in order, and the rest is held, not lost."""
    go, held = admitted(asked, gone, limit)
    assert asked == [*go, *held]
    assert len(go) == min(len(asked), max(0, limit - gone))
