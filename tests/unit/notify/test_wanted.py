"""What ought to be told of a case: which rule, to whom, over what, and what is only recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contracts.notice import Channel
from notify.case import Effect, Entry, SlaFact
from notify.decide import clocks_over, newest, total
from notify.model import Key, Notice, Preference, Reason

from tests.unit.notify.telling import (
    ALL_CHANNELS,
    ANNA,
    DAY_US,
    at_us,
    breach,
    entry,
    line,
    paid_line,
    picture,
    sent,
    tell,
)

RECEIVED = entry("received", 0)
PAID = entry("transferred", 3)


def found(notices: tuple[Notice, ...], rule: str, channel: Channel = Channel.EMAIL) -> list[Notice]:
    """The notices of one rule over one channel."""
    return [one for one in notices if (one.rule, one.channel) == (rule, channel)]


def test_a_payee_hears_of_the_own_line_only() -> None:
    """Of two payees in one claim the one whose line was paid is told so, with the own sum."""
    given = picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID), line("2", "boon")])
    told = found(tell(given), "paid")
    assert [ANNA] == [one.recipient for one in told]
    assert {
        "amount": "1000.00",
        "reference": "T1",
        "paid_on": "2026-11-19",
        "method": "transfer",
    } == told[0].told


def test_the_whole_case_concerns_every_payee() -> None:
    """That finance has received the claim is news for all its payees."""
    given = picture(RECEIVED, lines=[line("1", "anna"), line("2", "boon"), line("3", None)])
    assert [("received", "anna", "email"), ("received", "boon", "email")] == sent(tell(given))


def test_submitting_is_not_told() -> None:
    """What the unit does before finance has the claim is nobody's news."""
    given = picture(
        entry("submitted", 0), entry("approved", 1, Effect.NOTED), lines=[line("1", "a")]
    )
    assert () == tell(given)


def test_a_payees_several_lines_are_one_sum() -> None:
    """One transfer of three own lines is told once, with its whole net sum and its references."""
    lines = [
        paid_line("1", "anna", PAID),
        paid_line("2", "anna", PAID, net=None, gross="0.50"),
        paid_line("3", "anna", PAID, reference="T2"),
    ]
    (told,) = found(tell(picture(RECEIVED, PAID, lines=lines)), "paid")
    assert ("2000.50", "T1, T2") == (told.told["amount"], told.told["reference"])


def test_a_transfer_told_twice_is_told_once() -> None:
    """The bank repeats what finance said of one transfer: the same reference on the same line."""
    again = entry("transferred", 3.5, Effect.NOTED, key=Key("bank", "1"))
    paid = paid_line("1", "anna", PAID)
    both = (paid.transfers[0], paid.transfers[0]._replace(anchor=again.key))
    paid = replace(paid, transfers=both, reached_by=frozenset({PAID.key, again.key}))
    told = found(tell(picture(RECEIVED, PAID, again, lines=[paid])), "paid")
    assert ["transferred-3"] == [one.anchor[1] for one in told]


def test_the_stand_in_for_a_reference_is_not_told() -> None:
    """Where the bank gave no reference the event's identity stands for it: not for people."""
    own = paid_line("1", "anna", PAID, reference=" ".join(PAID.key))
    (told,) = found(tell(picture(RECEIVED, PAID, lines=[own])), "paid")
    assert "reference" not in told.told


@pytest.mark.parametrize(
    ("reason", "rule"), [("account-closed", "bounced"), ("bank-error", "bounced-at-bank")]
)
def test_who_must_act_on_a_bounce_depends_on_its_reason(reason: str, rule: str) -> None:
    """A closed account is the payee's to mend; what the bank broke is finance's."""
    bounced = entry("bounced", 3, reason=reason)
    own = line("1", "anna", "bounced", reached_by=frozenset({bounced.key}))
    other = line("2", "boon")
    given = picture(RECEIVED, bounced, lines=[own, other])
    assert [(rule, "anna", "email")] == [one for one in sent(tell(given)) if one[0] != "received"]


def test_a_second_return_is_told() -> None:
    """A claim returned while it is back already is news of its own; a second receipt is not."""
    first, second = entry("returned", 1), entry("returned", 2, Effect.HELD, reason="wrong-budget")
    repeated = entry("received", 0.5, Effect.HELD)
    told = tell(picture(RECEIVED, repeated, first, second))
    keys = [(one.rule, one.anchor[1]) for one in told if one.channel is Channel.EMAIL]
    assert [("returned", "returned-1"), ("returned", "returned-2")] == keys


@pytest.mark.parametrize("effect", [Effect.CONTRADICTS, Effect.RETRACTED])
def test_what_does_not_stand_is_not_told(effect: Effect) -> None:
    """A fact that contradicts or was taken back is no news."""
    assert [] == sent(tell(picture(RECEIVED._replace(effect=effect), lines=[line("1", "anna")])))


def test_old_news_is_recorded_and_not_sent() -> None:
    """After the rule's days a fact is recorded with its reason, to the microsecond."""
    given = picture(RECEIVED, lines=[line("1", "anna")])
    edge = RECEIVED.at_us + 7 * DAY_US
    assert [None, Reason.TOO_OLD] == [
        found(tell(given, now_us=now), "received")[0].reason for now in (edge, edge + 1)
    ]


def test_a_replay_is_recorded_and_not_sent() -> None:
    """A fact that came marked as a replay goes to nobody, not even into the inbox."""
    given = picture(RECEIVED._replace(replay=True), lines=[line("1", "anna")])
    assert {Reason.REPLAY} == {one.reason for one in tell(given)}


def test_each_channel_says_why_it_is_not_used() -> None:
    """A channel that is off and one without an address have their reasons; the inbox needs none."""
    people = {ANNA: Preference("en", frozenset({Channel.EMAIL}), frozenset({Channel.LINE}))}
    told = tell(picture(RECEIVED, lines=[line("1", "anna")]), people)
    assert {
        Channel.EMAIL: Reason.CHANNEL_OFF,
        Channel.LINE: None,
        Channel.WEBHOOK: Reason.NO_ADDRESS,
        Channel.INBOX: None,
    } == {one.channel: one.reason for one in told}
    assert {"en"} == {one.language for one in told}


def test_the_unit_and_the_officer_are_told_of_theirs() -> None:
    """A return goes to the unit's office, a breach to the officer of who promised the days."""
    given = picture(
        RECEIVED,
        entry("returned", 2),
        lines=[line("1", None)],
        sla=(breach(), breach(agreement="unit-step", clause="unit", party="unit")),
    )
    assert {("returned", "science"), ("overdue", "finance"), ("overdue", "unit:science")} == {
        (one.rule, one.recipient.id) for one in tell(given)
    }


def test_a_promise_of_everyone_is_told_to_who_had_the_case() -> None:
    """Where all promised together, the officer is that of who had the case when it was passed."""
    everyone = breach(agreement="joint-end-to-end", clause="everyone", party="everyone")
    given = picture(RECEIVED, entry("returned", 2), sla=(everyone,))
    assert ["unit:science"] == [
        one.recipient.id for one in tell(given) if one.rule == "overdue" and one.channel == "email"
    ]


def test_a_late_payment_is_told_to_who_waits() -> None:
    """A payee who waits is told the date that passed; one who was paid is not."""
    lines = [line("1", "anna"), paid_line("2", "boon", PAID)]
    told = found(tell(picture(RECEIVED, PAID, lines=lines, sla=(breach(),))), "late")
    assert [(ANNA, {"due": "2026-11-27"})] == [(one.recipient, one.told) for one in told]


@pytest.mark.parametrize(
    ("offset", "desks"), [(0, []), (3, ["finance-head"]), (5, ["finance-director"])]
)
def test_reminders_climb(offset: int, desks: list[str]) -> None:
    """Each later offset is told one level higher; on the breach itself the officer knows."""
    reminder = breach(kind="sla.reminder-due", offset=offset)
    told = tell(picture(RECEIVED, sla=(reminder,)))
    assert desks == [one.recipient.id for one in told if one.channel is Channel.INBOX]


@pytest.mark.parametrize("end", ["sla.met", "sla.missed", "sla.voided"])
def test_reminders_stop_when_the_obligation_ends(end: str) -> None:
    """Once the clock has ended, what it passed is recorded only."""
    facts = (breach(), breach(2, kind=end))
    told = tell(picture(RECEIVED, lines=[line("1", "anna")], sla=facts))
    assert {Reason.SUPERSEDED} == {one.reason for one in told if one.rule in ("late", "overdue")}


def test_a_superseded_verdict_is_not_told() -> None:
    """What the SLA took back is not told, whichever of its words came first."""
    facts = (breach(2, holds=False), breach(1))
    assert [] == [one for one in tell(picture(RECEIVED, sla=facts)) if one.rule == "overdue"]


def test_a_clock_that_runs_again_is_not_over() -> None:
    """Leaving a void end takes the void back: the last word counts, in any order."""
    voided, again = breach(2, kind="sla.voided"), breach(3, kind="sla.started")
    clock = {("finance-9-days", "finance")}
    assert clock == clocks_over([breach(1), voided])
    assert set() == clocks_over([again, breach(1), voided])
    assert set() == clocks_over([breach(1), replace(voided, holds=False)])


def test_an_end_that_was_taken_back_is_none() -> None:
    """A payment that proves wrong leaves the clock running, past its budget."""
    taken_back = breach(3, kind="sla.met", holds=False, due=None)
    assert set() == clocks_over([breach(1), breach(2, kind="sla.met"), taken_back])


def test_a_reminder_falls_with_its_breach() -> None:
    """What reminds of a breach that never was does not hold, until there is a breach again."""
    reminder = breach(1, kind="sla.reminder-due", offset=3)
    gone = breach(2, holds=False, due=None)
    again = [breach(3), replace(reminder, version=3)]
    assert [False, False] == [one.holds for one in newest([breach(1), reminder, gone])]
    assert [True, True] == [one.holds for one in newest([breach(1), reminder, gone, *again])]


def test_of_each_passed_moment_the_newest_word_counts() -> None:
    """Two due dates of one breach: the later word holds, and of one version what holds."""
    moved = breach(2, due="2026-11-30")
    taken_back = breach(2, holds=False)
    assert [moved] == newest([taken_back, moved, breach(1)])


def test_nothing_is_told_from_lines_that_are_older_than_the_case() -> None:
    """While lines and case are of different versions, payees wait; offices do not."""
    given = picture(RECEIVED, entry("returned", 2), lines=[line("1", "anna")], lines_settled=False)
    assert {"returned"} == {one.rule for one in tell(given)}


def test_an_absorbed_case_tells_nothing() -> None:
    """What happened to it is told by the case that took it in."""
    given = picture(RECEIVED, lines=[line("1", "anna")], case_={"redirect_to": "8"})
    assert () == tell(given)


def test_a_fact_of_a_later_version_of_the_process_is_passed_over() -> None:
    """A fact this version does not know tells nothing and breaks nothing."""
    odd = Entry(Key("erp", "1"), "teleported", at_us(1), False, Effect.NOTED, None, None)
    assert [] == sent(tell(picture(odd, lines=[line("1", "anna")])))


def test_a_sum_is_told_only_when_every_part_of_it_is_known() -> None:
    """A net, else a gross; a line with neither leaves the sum out rather than wrong."""
    known, unknown = line("1", "anna"), line("2", "anna", net=None)
    assert ["1000.00", None, None] == [total([known]), total([known, unknown]), total([])]


def test_reminding_facts_of_other_clauses_are_not_told_to_payees() -> None:
    """A payee hears of the promise made to payees, not of the unit's own step."""
    facts: tuple[SlaFact, ...] = (breach(agreement="unit-step", clause="unit", party="unit"),)
    given = picture(RECEIVED, lines=[line("1", "anna")], sla=facts)
    assert [] == found(tell(given), "late")


def test_whoever_is_not_listed_has_no_address() -> None:
    """A recipient of whom nothing is known is recorded as without an address, never dropped."""
    told = tell(picture(RECEIVED, lines=[line("1", "carl")]))
    assert {Reason.NO_ADDRESS} == {one.reason for one in told if one.channel in ALL_CHANNELS}
