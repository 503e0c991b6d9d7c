"""What was told is corrected once; what was not yet told is changed."""

from __future__ import annotations

from dataclasses import replace

from contracts.notice import Channel
from notify.case import Effect
from notify.corrections import Ended
from notify.identity import correction_id
from notify.model import Key, Reason, State

from tests.unit.notify.telling import (
    Store,
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


def test_nothing_is_told_twice() -> None:
    """A repetition of the same state adds nothing."""
    store = Store()
    store.see(SEEN)
    assert [NEWS] == letters(store.deliver())
    store.see(SEEN)
    assert [] == store.deliver()


def test_a_fact_taken_back_is_corrected_once() -> None:
    """A told fact that is retracted is one correction, linked to the notice that told it."""
    store = Store()
    store.see(SEEN)
    store.deliver()
    for _ in range(3):
        store.see(TAKEN_BACK)
        store.deliver()
    first, correction = (one for one in store.mail if one.channel is Channel.EMAIL)
    assert ("received", "anna", True, False) == letters([correction])[0]
    assert (first.id, first.id, correction_id(first.id)) == (
        correction.corrects,
        correction.first,
        correction.id,
    )


def test_a_fact_taken_back_before_it_was_told_is_never_told() -> None:
    """The unsent original is not sent, and there is nothing to correct."""
    store = Store()
    store.see(SEEN)
    store.see(TAKEN_BACK)
    assert [] == store.deliver()
    assert Reason.SUPERSEDED == store.reasons()["received anna email"]


def test_an_unsent_correction_and_its_cause_cancel_out() -> None:
    """A told fact taken back and restored before the correction went out: nothing goes."""
    store = Store()
    store.see(SEEN)
    store.deliver()
    store.see(TAKEN_BACK)
    store.see(SEEN)
    assert [] == store.deliver()


def test_every_change_of_mind_that_was_read_is_corrected() -> None:
    """Told, taken back, restored, taken back: each step is one message, each corrects the last."""
    store = Store()
    for given in (SEEN, TAKEN_BACK, SEEN, TAKEN_BACK):
        store.see(given)
        store.deliver()
    mails = [one for one in store.mail if one.channel is Channel.EMAIL]
    assert [True, False, True, False] == [one.holds for one in mails]
    assert [None, *(one.id for one in mails[:-1])] == [one.corrects for one in mails]
    assert {None, mails[0].id} == {one.first for one in mails}


def test_other_values_of_the_same_fact_are_one_correction() -> None:
    """The amount of a told payment changes: one correction with the new sum."""
    store = Store()
    store.see(picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID)]))
    store.deliver()
    right = picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID, net="999.00")])
    for _ in range(2):
        store.see(right)
        store.deliver()
    told = [one for one in store.mail if (one.rule, one.channel) == ("paid", Channel.EMAIL)]
    assert ["1000.00", "999.00"] == [one.told["amount"] for one in told]
    assert told[0].id == told[1].corrects


def test_other_values_before_it_was_told_are_simply_told() -> None:
    """The latest values go out under the first identity."""
    store = Store()
    store.see(picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID)]))
    store.see(picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID, net="999.00")]))
    paid = [one for one in store.deliver() if (one.rule, one.channel) == ("paid", Channel.EMAIL)]
    assert [("999.00", None)] == [(one.told["amount"], one.corrects) for one in paid]


def test_a_value_that_was_not_known_contradicts_nothing() -> None:
    """The sum was unknown when the payment was told; knowing it later is no mistake of then."""
    store = Store()
    store.see(picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID, net=None)]))
    store.deliver()
    store.see(picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID)]))
    assert [] == store.deliver()


def test_an_earlier_event_that_comes_late_corrects_the_date() -> None:
    """Two sources report one receipt, the earlier one late: the payee hears of the other date."""
    store = Store()
    late, early = entry("received", 1), entry("received", 0, key=Key("unit", "9"))
    store.see(picture(late, lines=ONE_LINE))
    store.deliver()
    both = picture(early, late._replace(effect=Effect.HELD), lines=ONE_LINE)
    store.see(both)
    store.see(both)
    assert [("received", "anna", True, True)] == letters(store.deliver())
    store.see(picture(early._replace(effect=Effect.RETRACTED), late, lines=ONE_LINE))
    assert [("received", "anna", True, True)] == letters(store.deliver())
    assert [] == store.see(picture(late, lines=ONE_LINE)).to_send


def test_an_earlier_event_of_the_same_date_is_no_news() -> None:
    """Where the date told stays right, another event behind it is nobody's business."""
    store = Store()
    late, early = entry("received", 0.1), entry("received", 0, key=Key("unit", "9"))
    store.see(picture(late, lines=ONE_LINE))
    store.deliver()
    store.see(picture(early, late._replace(effect=Effect.HELD), lines=ONE_LINE))
    assert [] == store.deliver()


def test_a_rule_that_is_gone_takes_nothing_back() -> None:
    """Another version of the rules changes what is told from now on, and no word of before."""
    store = Store()
    store.see(SEEN)
    store.deliver()
    ids = [*store.records]
    for id, record in store.records.items():
        notice = replace(record.notice, rule="retired")
        store.records[id] = replace(record, notice=notice)
    made = store.see(TAKEN_BACK)
    assert ([], [], []) == (made.new, made.corrections, made.ended)
    for id in ids:
        store.records[id] = replace(store.records[id], state=State.REQUESTED)
    made = store.see(TAKEN_BACK)
    assert [Ended(id, State.SUPPRESSED, Reason.SUPERSEDED) for id in ids] == made.ended
