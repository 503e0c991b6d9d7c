"""What moves between cases, comes again or grows old tells nothing."""

from __future__ import annotations

from dataclasses import replace

from contracts.notice import Channel, RecipientKind
from notify.case import Effect
from notify.model import Preference, Reason, Recipient, State

from tests.unit.notify.telling import (
    ANNA,
    DAY_US,
    MAIL_ONLY,
    NOW_US,
    SCIENCE,
    Store,
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


def test_a_line_that_was_never_the_payees_is_taken_back() -> None:
    """The unit named the wrong payee: that one hears so, and who is meant hears the news."""
    store = Store()
    store.see(SEEN)
    store.deliver()
    store.see(picture(RECEIVED, lines=[line("1", "boon")]))
    assert [("received", "anna", True, False), ("received", "boon", False, True)] == sorted(
        letters(store.deliver())
    )


def test_lines_that_are_older_than_the_case_take_nothing_back() -> None:
    """While the lines at hand are not those of the case, nobody is told that they lost theirs."""
    store = Store()
    store.see(SEEN)
    store.deliver()
    store.see(picture(RECEIVED, lines_settled=False))
    assert [] == store.deliver()
    unsure = replace(paid_line("1", "anna", PAID), reached_by=frozenset(), whole=False)
    store.see(picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID)]))
    store.deliver()
    assert [] == store.see(picture(RECEIVED, PAID, lines=[unsure])).corrections


def test_a_claim_that_moved_to_another_unit_is_told_to_both() -> None:
    """The office that was told wrongly hears so once, and the right one is told."""
    store, returned = Store(), entry("returned", 2)
    people = {SCIENCE: MAIL_ONLY, Recipient(RecipientKind.UNIT_OFFICE, "arts"): MAIL_ONLY}
    store.see(picture(returned), people)
    store.deliver()
    store.see(picture(returned, case_={"unit": "arts"}), people)
    assert [("returned", "arts", False, True), ("returned", "science", True, False)] == sorted(
        letters(store.deliver())
    )


def test_joining_cases_moves_what_was_told_and_tells_nothing() -> None:
    """Whichever message comes first, the survivor's or the absorbed one's."""
    survivor = picture(RECEIVED, lines=ONE_LINE, case_={"id": "3"})
    absorbed = picture(case_={"redirect_to": "3"})
    for order in ((survivor, absorbed), (absorbed, survivor)):
        store = Store()
        store.see(SEEN)
        store.deliver()
        made = [store.see(given) for given in order]
        assert [] == store.deliver()
        assert {"3"} == {record.notice.case for record in store.records.values()}
        assert 2 == sum(len(one.moved) for one in made)


def test_two_receipts_told_for_two_cases_stay_told_when_they_are_joined() -> None:
    """Each case had a receipt of its own date; in one case the later repeats the earlier."""
    store, later = Store(), entry("received", 1)
    store.see(SEEN)
    store.see(picture(later, lines=ONE_LINE, case_={"id": "3"}))
    store.deliver()
    held = later._replace(effect=Effect.HELD)
    store.see(picture(RECEIVED, held, lines=ONE_LINE, case_={"id": "3"}))
    assert [] == store.deliver()


def test_parting_cases_again_tells_nothing() -> None:
    """An event gone from the timeline went to another case: it was not taken back."""
    store = Store()
    joined = picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID)], case_={"id": "3"})
    store.see(joined)
    store.deliver()
    store.see(picture(entry("received", 2), lines=[line("9", "boon")], case_={"id": "3"}))
    store.see(picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID)]))
    assert [("received", "boon", False, True)] == letters(store.deliver())
    assert {"7", "3"} == {record.notice.case for record in store.records.values()}


def test_an_event_cut_off_from_a_long_timeline_is_not_taken_back() -> None:
    """A message keeps the newest entries; the older ones still stand."""
    store = Store()
    store.see(SEEN)
    store.deliver()
    store.see(picture(PAID, lines=[paid_line("1", "anna", PAID)], case_={"omitted": True}))
    assert ["paid"] == [one[0] for one in letters(store.deliver())]


def test_payees_found_to_be_one_are_told_nothing_again() -> None:
    """What was told to one name of a person was told to the person, and is corrected there."""
    store = Store()
    store.see(SEEN)
    store.deliver()
    joined = {"same_payee": {"anna": "boon"}}
    store.see(picture(RECEIVED, lines=[line("1", "boon")], **joined))
    assert [] == store.deliver()
    taken = RECEIVED._replace(effect=Effect.RETRACTED)
    store.see(picture(taken, lines=[line("1", "boon")], **joined))
    assert [("received", "boon", True, False)] == letters(store.deliver())


def test_a_replayed_fact_stays_unsent_when_a_live_one_comes() -> None:
    """A replay sends nothing; a live event after it does, and only that one is sent."""
    store = Store()
    store.see(picture(RECEIVED._replace(replay=True), lines=ONE_LINE, case_={"replay": True}))
    store.see(picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID)]))
    assert [("paid", "anna", False, True)] == letters(store.deliver())


def test_a_replay_neither_cancels_nor_corrects() -> None:
    """A live notice on its way goes out although the case is replayed; told ones stay as told."""
    store = Store()
    store.see(SEEN)
    store.see(picture(RECEIVED._replace(replay=True), lines=ONE_LINE, case_={"replay": True}))
    assert [NEWS] == letters(store.deliver())
    taken = RECEIVED._replace(effect=Effect.RETRACTED)
    store.see(picture(taken, lines=ONE_LINE, case_={"replay": True}))
    assert [] == store.deliver()
    assert [] == store.see(TAKEN_BACK).to_send


def test_old_news_is_never_corrected() -> None:
    """What was recorded as too old was never told, so there is nothing to correct."""
    store = Store()
    later = NOW_US + 60 * DAY_US
    store.see(SEEN, now_us=later)
    store.see(TAKEN_BACK, now_us=later)
    assert [] == store.deliver()
    assert Reason.TOO_OLD == store.reasons()["received anna email"]


def test_a_correction_has_no_age() -> None:
    """What was told in time is corrected however long ago that was."""
    store = Store()
    store.see(SEEN)
    store.deliver()
    store.see(TAKEN_BACK, now_us=NOW_US + 300 * DAY_US)
    assert [("received", "anna", True, False)] == letters(store.deliver())


def test_news_that_grew_old_while_it_waited_expires() -> None:
    """A held notice whose days are over is not sent after all."""
    store = Store()
    store.see(SEEN)
    made = store.see(SEEN, now_us=RECEIVED.at_us + 8 * DAY_US)
    assert {(State.EXPIRED, Reason.TOO_OLD)} == {(one.state, one.reason) for one in made.ended}
    assert [] == store.deliver()


def test_a_new_channel_does_not_tell_old_news_again() -> None:
    """Who was told by e-mail and then gives a LINE name hears only what comes after."""
    store = Store()
    store.see(SEEN)
    store.deliver()
    both = Preference(reachable=frozenset({Channel.LINE, Channel.EMAIL}))
    store.see(SEEN, {ANNA: both})
    assert [] == store.deliver()


def test_a_clock_that_went_to_another_case_takes_nothing_back() -> None:
    """Cases are parted: the clock's first event left, so the breach runs on where that went."""
    store = Store()
    store.see(picture(RECEIVED, lines=ONE_LINE, sla=(breach(),)))
    store.deliver()
    rest = picture(entry("received", 1), lines=ONE_LINE, sla=(breach(2, holds=False),))
    store.see(rest)
    assert [("received", "anna", False, True)] == letters(store.deliver())
