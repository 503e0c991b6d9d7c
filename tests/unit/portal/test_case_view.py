"""A case as its payee sees it: the three answers of every situation, nothing of anybody else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pytest
from contracts.calendar import CalendarRules
from contracts.process import Words
from hypothesis import given
from hypothesis import strategies as st
from portal.views.answers import Situation, Wait
from portal.views.case_view import CaseView

from tests.unit.portal.casework import clock, days, event, line, status, view

SUBMITTED, RECEIVED = event("submitted", 16), event("received", 18)
IN_PROCESS, PAID = event("in-process", 19), event("transferred", 20)
FORECAST = {
    "half_on": "2026-11-25",
    "most_on": "2026-11-30",
    "later_than_most": False,
    "conditional": False,
    "like": "stage",
    "cases": 100,
}
CALENDAR = CalendarRules("c", Words("ก", "c"), "Asia/Bangkok", frozenset({5, 6}))


def bounced(reason: str, day: int = 23) -> dict[str, Any]:
    """The bank sent the money back."""
    return event("bounced", day, reason=reason)


def seen(*args: Any, **more: Any) -> CaseView:
    """The view, which is there."""
    made = view(*args, **more)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("timeline", "lines", "situation", "wait"),
    [
        ([], [line()], Situation.UNSEEN, Wait.UNKNOWN),
        ([event("drafted", 16)], [line()], Situation.DRAFT, Wait.AT_OTHERS),
        ([SUBMITTED], [line()], Situation.AT_UNIT, Wait.AT_OTHERS),
        ([SUBMITTED, RECEIVED], [line()], Situation.RECEIVED, Wait.FORECAST),
        ([SUBMITTED, RECEIVED, IN_PROCESS], [line()], Situation.IN_PROCESS, Wait.FORECAST),
        (
            [RECEIVED, event("returned", 19, reason="wrong-amount")],
            [line()],
            Situation.RETURNED,
            Wait.AT_OTHERS,
        ),
        ([RECEIVED, PAID], [line("anna", "transferred", PAID)], Situation.PAID, Wait.OVER),
        (
            [RECEIVED, PAID, bounced("wrong-account")],
            [line("anna", "bounced", PAID, bounced("wrong-account"))],
            Situation.BOUNCED_YOURS,
            Wait.NEEDS_YOU,
        ),
        (
            [RECEIVED, PAID, bounced("bank-error")],
            [line("anna", "bounced", PAID, bounced("bank-error"))],
            Situation.BOUNCED_OURS,
            Wait.FORECAST,
        ),
        ([SUBMITTED, event("withdrawn", 19)], [line()], Situation.TAKEN_BACK, Wait.OVER),
        ([RECEIVED, event("cancelled", 19)], [line()], Situation.STOPPED, Wait.OVER),
    ],
)
def test_each_situation_has_its_words(
    timeline: list[Mapping[str, Any]], lines: list[Any], situation: Situation, wait: Wait
) -> None:
    """What the payee hears first, and how the days are told, follow from the facts alone."""
    made = seen(status(*timeline), lines, days(clock(), paid_by=FORECAST))
    assert (situation, wait) == (made.situation, made.days.wait)


@pytest.mark.parametrize(
    ("sla", "wait"),
    [
        (None, Wait.RECOMPUTED),
        (days(clock(state="breached", charged=11, remaining=0)), Wait.LATE),
        (days(clock(undetermined=[["erp", None]]), paid_by=FORECAST), Wait.UNDETERMINED),
        (days(clock()), Wait.DUE),
        (days(clock(due=None)), Wait.UNKNOWN),
        (days(clock(), paid_by=FORECAST), Wait.FORECAST),
    ],
)
def test_how_many_more_days(sla: Any, wait: Wait) -> None:
    """Late is said as late; a silent source names no day; a forecast comes before a promise."""
    assert wait == seen(status(SUBMITTED, RECEIVED), [line()], sla).days.wait


def test_days_of_another_state_are_not_shown() -> None:
    """While the SLA has not judged this very state, no day of its is told."""
    made = seen(status(RECEIVED), [line()], days(clock(), paid_by=FORECAST), recomputed=True)
    assert (Wait.RECOMPUTED, None, None) == (made.days.wait, made.days.forecast, made.ledger)


def test_working_days_until_the_likely_date() -> None:
    """From Monday to Wednesday are two working days, to the Monday after five."""
    made = seen(status(RECEIVED), [line()], days(clock(), paid_by=FORECAST), calendar=CALENDAR)
    assert (2, 5) == (made.days.from_days, made.days.until_days)


def test_a_late_claim_says_by_how_much_and_why() -> None:
    """Days past the promise, and the reason where one was given for the own money."""
    delayed = event("delayed", 20, "noted", reason="year-end", stage="received")
    late = days(clock(state="breached", charged=11, remaining=0), paid_by=FORECAST)
    made = seen(status(RECEIVED, delayed), [line("anna", "open", delayed)], late)
    assert (2, "End of the fiscal year") == (made.days.late_days, made.late_words.en)
    other = seen(status(RECEIVED, delayed), [line(), line("bob", "open", delayed)], late)
    assert None is other.late_words


def test_a_return_says_which_papers_are_missing() -> None:
    """In the first answer and in the history, by title; a code nobody has named as it stands."""
    back = event("returned", 19, reason="incomplete-papers", papers=["receipt", "new-paper"])
    made = seen(status(RECEIVED, back), [line()], days())
    assert ["Receipt", "new-paper"] == [one.en for one in made.papers]
    assert [made.papers, []] == [one.papers for one in made.history]
    again = seen(status(RECEIVED, back, event("submitted", 20)), [line()], days())
    assert [] == again.papers, "what was asked for has been sent"


def test_a_cheque_is_to_be_collected_until_it_was() -> None:
    """A cheque that nobody has reported as credited waits at the desk."""
    paid = line("anna", "transferred", PAID)
    cheque = paid.model_copy(
        update={"transfers": [paid.transfers[0].model_copy(update={"method": "cheque"})]}
    )
    timeline = status(RECEIVED, PAID)
    assert Situation.COLLECT == seen(timeline, [cheque], days()).situation
    fetched = cheque.model_copy(update={"credited": True})
    assert Situation.PAID == seen(timeline, [fetched], days()).situation


def test_the_case_of_somebody_else_is_no_case() -> None:
    """Without an own line there is nothing to see."""
    assert None is view(status(RECEIVED), [line("bob")], days())


def test_own_lines_say_where_the_own_money_is() -> None:
    """Who was paid is told so while others wait, and not what became of theirs."""
    back = bounced("wrong-account")
    timeline = status(SUBMITTED, RECEIVED, PAID, back)
    lines = [line("anna", "transferred", PAID), line("bob", "bounced", PAID, back)]
    anna = seen(timeline, lines, days(clock()))
    bob = seen(timeline, lines, days(clock()), payee="bob")
    assert (Situation.PAID, Situation.BOUNCED_YOURS) == (anna.situation, bob.situation)
    assert ["transferred", "received", "submitted"] == facts_of(anna)
    assert ["bounced", "transferred", "received", "submitted"] == facts_of(bob)


def test_anothers_bounce_is_not_seen_by_who_waits() -> None:
    """Who still waits is told of the stage before another's money came back."""
    back = bounced("account-closed")
    sent = {**PAID, "effect": "held", "stage": "in_process"}
    timeline = status(RECEIVED, IN_PROCESS, sent, back)
    lines = [line("anna"), line("bob", "bounced", sent, back)]
    made = seen(timeline, lines, days(clock()))
    assert (Situation.IN_PROCESS, True) == (made.situation, made.days_shared)


def facts_of(made: CaseView) -> list[str]:
    """The facts of the history, newest first, by their English titles."""
    names = {
        "Submitted": "submitted",
        "Received by finance": "received",
        "Money sent": "transferred",
        "Sent back by the bank": "bounced",
    }
    return [names.get(one.title.en, one.title.en) for one in made.history]


OTHERS = ("bob", "INV-bob", "TR-secret", "31337.00", "424242")
STATES = st.sampled_from(["open", "transferred", "bounced", "cancelled"])


@given(mine=STATES, theirs=STATES, reason=st.sampled_from(["wrong-account", "bank-error"]))
def test_nothing_of_another_payee_is_in_the_view(mine: str, theirs: str, reason: str) -> None:
    """Whatever became of whose line: another's name, sum, number and bounce are nowhere."""
    sent, back = event("transferred", 20, id="TR-secret"), bounced(reason)
    other = line("bob", theirs, sent, back, gross="31337.00", net="31337.00")
    own = line("anna", mine, *([PAID] if mine in ("transferred", "bounced") else []))
    made = seen(status(RECEIVED, IN_PROCESS, PAID, sent, back), [own, other], days(clock()))
    said = json.dumps(dataclasses.asdict(dataclasses.replace(made, stage=None)), default=str)
    assert [] == [one for one in OTHERS if one in said]
    assert None is made.title
    assert () == made.references


def test_the_day_ledger_is_a_picture_of_its_days() -> None:
    """Each working day is a piece, in order, and the parts sum to the whole."""
    ledger = {
        "first": "2026-11-16",
        "total": 5,
        "by_party": {"unit": 2, "finance": 3},
        "runs": [
            {"party": "unit", "from_day": "2026-11-17", "until_day": "2026-11-18", "days": 2},
            {"party": "finance", "from_day": "2026-11-19", "until_day": "2026-11-23", "days": 3},
        ],
    }
    picture = seen(status(SUBMITTED, RECEIVED), [line()], days(clock(), ledger=ledger)).ledger
    assert picture is not None
    assert ["unit"] * 2 + ["finance"] * 3 == [piece.party for piece in picture.pieces]
    assert ([("unit", 2), ("finance", 3)], 5) == (picture.by_party, picture.total)
    ends = [piece.x + piece.width for piece in picture.pieces]
    assert all(end <= after.x for end, after in zip(ends, picture.pieces[1:], strict=False))
    assert ends[-1] <= 640


def test_the_days_after_the_own_money_was_sent_are_not_counted() -> None:
    """Who was paid on Friday is told of the days until Friday, though others still wait."""
    run = {"party": "finance", "from_day": "2026-11-19", "until_day": "2026-11-23", "days": 3}
    ledger = {"first": "2026-11-18", "total": 3, "by_party": {"finance": 3}, "runs": [run]}
    lines = [line("anna", "transferred", PAID), line("bob")]
    timeline = status(RECEIVED, {**PAID, "effect": "held", "stage": "received"})
    made = seen(timeline, lines, days(clock(), ledger=ledger), calendar=CALENDAR)
    assert made.ledger is not None
    assert (2, "2026-11-20") == (made.ledger.total, made.ledger.last)
