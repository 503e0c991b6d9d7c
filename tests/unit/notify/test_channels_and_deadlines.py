"""Channels that come and go, and deadlines that prove wrong."""

from __future__ import annotations

from dataclasses import replace

from contracts.notice import Channel
from notify.case import Effect
from notify.model import Preference, Reason, State

from tests.unit.notify.telling import (
    ANNA,
    MAIL_ONLY,
    Store,
    at_us,
    breach,
    entry,
    letters,
    line,
    paid_line,
    picture,
)

RECEIVED = entry("received", 0)
PAID = entry("transferred", 3)
ONE_LINE = [line("1", "anna")]
SEEN = picture(RECEIVED, lines=ONE_LINE)
TAKEN_BACK = picture(RECEIVED._replace(effect=Effect.RETRACTED), lines=ONE_LINE)
NEWS = ("received", "anna", False, True)


def test_a_payee_without_address_is_listed_and_told_later() -> None:
    """One record without an address for the officer's list; when there is one, it goes out."""
    store = Store()
    store.see(SEEN, {})
    assert {
        "received anna email": Reason.NO_ADDRESS,
        "received anna inbox": None,
    } == store.reasons()
    store.see(SEEN)
    assert [NEWS] == letters(store.deliver())


def test_another_channel_takes_a_payee_off_the_list() -> None:
    """Reached over LINE at last, the payee is no longer looked for, nor told again by e-mail."""
    store = Store()
    store.see(SEEN, {})
    store.see(SEEN, {ANNA: Preference(reachable=frozenset({Channel.LINE}))})
    both = Preference(reachable=frozenset({Channel.LINE, Channel.EMAIL}))
    store.see(SEEN, {ANNA: both})
    assert ["inbox", "line"] == sorted(str(one.channel) for one in store.deliver())
    assert Reason.SUPERSEDED == store.reasons()["received anna email"]


def test_a_channel_switched_off_takes_what_waits_with_it() -> None:
    """Neither news nor corrections go over a channel that is off; both say so."""
    store, off = Store(), {ANNA: replace(MAIL_ONLY, off=frozenset({Channel.EMAIL}))}
    store.see(SEEN)
    store.see(SEEN, off)
    assert [] == letters(store.deliver())
    assert Reason.CHANNEL_OFF == store.reasons()["received anna email"]
    store = Store()
    store.see(SEEN)
    store.deliver()
    store.see(TAKEN_BACK, off)
    assert [] == letters(store.deliver())


def test_another_language_is_taken_up_before_sending() -> None:
    """Who asks for English while a notice waits gets it in English."""
    store = Store()
    store.see(SEEN)
    store.see(SEEN, {ANNA: replace(MAIL_ONLY, language="en")})
    assert {"en"} == {one.language for one in store.deliver()}


def test_a_breach_of_what_was_paid_meanwhile_is_not_sent() -> None:
    """The claim was paid before the morning's message: the payee hears of the money only."""
    store = Store()
    store.see(picture(RECEIVED, lines=ONE_LINE, sla=(breach(),)))
    ended = (breach(), breach(2, kind="sla.missed"))
    store.see(picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID)], sla=ended))
    rules = [one[0] for one in letters(store.deliver()) if one[1] == "anna"]
    assert ["received", "paid"] == rules


def test_a_verdict_taken_back_is_corrected_once() -> None:
    """A holiday is declared late and there is no breach any more: one correction each."""
    store = Store()
    store.see(picture(RECEIVED, lines=ONE_LINE, sla=(breach(),)))
    store.deliver()
    gone = picture(RECEIVED, lines=ONE_LINE, sla=(breach(), breach(2, holds=False)))
    store.see(gone)
    store.see(gone)
    assert [("late", "anna", True, False), ("overdue", "finance", True, False)] == sorted(
        letters(store.deliver())
    )


def test_a_due_date_that_moved_is_corrected_once() -> None:
    """The breach stands with another due date: that is a correction, not a second breach."""
    store = Store()
    store.see(picture(RECEIVED, lines=ONE_LINE, sla=(breach(),)))
    store.deliver()
    moved = (breach(), breach(2, holds=False), breach(3, due="2026-11-30", at_us=at_us(4)))
    given = picture(RECEIVED, lines=ONE_LINE, sla=moved)
    store.see(given)
    store.see(given)
    mails = [one for one in store.deliver() if one.channel is Channel.EMAIL]
    assert [("late", "2026-11-30"), ("overdue", "2026-11-30")] == sorted(
        (one.rule, one.told["due"]) for one in mails
    )
    assert all(one.corrects for one in mails)


def test_a_breach_after_one_was_taken_back_is_news() -> None:
    """The earlier breach was taken back; the one of the new due date is told for itself."""
    store = Store()
    first, gone = breach(), breach(2, holds=False)
    for sla in ((first,), (first, gone)):
        store.see(picture(RECEIVED, lines=ONE_LINE, sla=sla))
        store.deliver()
    anew = breach(3, due="2026-11-30", at_us=at_us(4))
    store.see(picture(RECEIVED, lines=ONE_LINE, sla=(first, gone, anew)))
    assert [("late", "anna", False, True), ("overdue", "finance", False, True)] == sorted(
        letters(store.deliver())
    )


def test_what_may_have_been_read_is_corrected() -> None:
    """After an unknown outcome nobody knows whether it was read, so it counts as read."""
    store = Store()
    store.see(SEEN)
    for id, record in store.records.items():
        store.records[id] = replace(record, state=State.FAILED_TEMPORARY, maybe_told=True)
    store.see(TAKEN_BACK)
    assert [("received", "anna", True, False)] == letters(store.deliver())


def test_what_never_arrived_is_not_corrected() -> None:
    """An address that refused for good has read nothing."""
    store = Store()
    store.see(SEEN)
    for id, record in store.records.items():
        store.records[id] = replace(record, state=State.FAILED_PERMANENT)
    store.see(TAKEN_BACK)
    assert [] == store.deliver()
