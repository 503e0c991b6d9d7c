"""What a recipient may know: nothing of another payee, whatever happened to that one."""

from __future__ import annotations

from contracts.notice import RecipientKind
from hypothesis import given
from notify.case import Effect, Forecast
from notify.model import Recipient
from notify.seen import View, view_of

from tests.unit.notify.drawn import PAYEES, STAGE_FACTS, Event, events, folded
from tests.unit.notify.telling import (
    ANNA,
    BOON,
    FINANCE,
    SCIENCE,
    at_us,
    book,
    entry,
    line,
    paid_line,
    picture,
)

RECEIVED, IN_PROCESS = entry("received", 0), entry("in-process", 1)
PAID = entry("transferred", 2, Effect.NOTED)


def seen(view: View) -> tuple[str | None, int | None, str | None]:
    """Stage, since when, and holder of a view."""
    return None if view.stage is None else view.stage.code, view.since_us, view.holder


def test_who_was_paid_sees_paid_while_the_case_waits_for_others() -> None:
    """A claim with two payees, one of them paid: each sees where the own money stands."""
    given = picture(
        RECEIVED, IN_PROCESS, PAID, lines=[paid_line("1", "anna", PAID), line("2", "boon")]
    )
    assert ("paid", at_us(2), "nobody") == seen(view_of(given, ANNA, book()))
    assert ("in_process", at_us(1), "finance") == seen(view_of(given, BOON, book()))
    assert [True, False] == [view_of(given, one, book()).ended for one in (ANNA, BOON)]


def test_another_payees_bounce_does_not_show() -> None:
    """The case stands in `bounced` for Boon's account; Anna's money is on its way as before."""
    bounced = entry("bounced", 3, reason="account-closed")
    lines = [line("1", "anna"), line("2", "boon", "bounced", reached_by=frozenset({bounced.key}))]
    given = picture(RECEIVED, IN_PROCESS, bounced, lines=lines)
    anna, boon = (view_of(given, one, book()) for one in (ANNA, BOON))
    assert ("in_process", at_us(1), "finance") == seen(anna)
    assert ("bounced", at_us(3), "payee") == seen(boon)
    assert (False, True) == (anna.must_act, boon.must_act)
    assert anna.contact is not None
    assert "งานเบิกจ่าย กองคลัง" == anna.contact.desk.th


def test_only_the_only_payee_sees_the_title() -> None:
    """A title may name the other one; so may a line of which nobody has said whose it is."""
    alone = picture(RECEIVED, lines=[line("1", "anna"), line("2", "anna")])
    shared = picture(RECEIVED, lines=[line("1", "anna"), line("2", None)])
    titles = [view_of(given, ANNA, book()).title for given in (alone, shared)]
    assert ["ค่าวัสดุวิทยาศาสตร์", None] == titles


def test_a_stranger_sees_the_number_and_no_more() -> None:
    """Who was told by mistake, and a unit that lost the claim, see nothing of where it stands."""
    given = picture(RECEIVED, lines=[line("1", "anna")], forecast=Forecast(due="2026-11-27"))
    arts = Recipient(RecipientKind.UNIT_OFFICE, "arts")
    nothing = View("4821-7735-6")
    assert [nothing, nothing] == [view_of(given, one, book()) for one in (BOON, arts)]


def test_an_office_sees_the_whole_case() -> None:
    """Unit, total and number of payees, and whether it is its turn."""
    given = picture(RECEIVED, lines=[line("1", "anna"), line("2", "boon")])
    finance, unit = view_of(given, FINANCE, book()), view_of(given, SCIENCE, book())
    assert ("science", "2000.00", 2) == (finance.unit, finance.total, finance.payees)
    assert (True, False) == (finance.must_act, unit.must_act)


def test_a_payee_who_was_joined_to_another_sees_the_same() -> None:
    """An id that leads to the one that stayed sees what that one sees."""
    given = picture(RECEIVED, lines=[line("1", "boon")], same_payee={"anna": "boon"})
    assert view_of(given, BOON, book()) == view_of(given, ANNA, book())


@given(events(tuple(range(8))))
def test_nothing_that_happens_to_another_changes_a_payees_view(drawn: list[Event]) -> None:
    """Leave out all events of Boon's line: Anna sees the very same."""
    without = [
        one
        for one in drawn
        if one.retracts is not None or one.fact in STAGE_FACTS or one.line == PAYEES.index("anna")
    ]
    whole, less = folded(drawn), folded(without)
    assert view_of(whole, ANNA, book()) == view_of(less, ANNA, book())
