"""Who waits for the same party, who came before, and who came later and left first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sla.queues import (
    Holding,
    Left,
    Overtaking,
    Place,
    Queues,
    agreements_of,
    holding_of,
    holdings_of,
)

from tests.unit.sla.saying import STAGES, at, case

ON = 739_000
FINANCE = Holding("finance", 100, None)


def test_a_holding_lasts_over_stages_of_one_party() -> None:
    """From received on finance has it without a break; drafts stand in no queue."""
    told = case("draft 01-02", "at_unit 01-05", "received 01-06", "in_process 01-08", unit="arts")
    assert Holding("finance", at("01-06"), None) == holding_of(told, STAGES)
    assert [
        Holding("unit/arts", at("01-05"), at("01-06")),
        Holding("finance", at("01-06"), None),
    ] == holdings_of(told, STAGES)


def test_who_gets_it_back_begins_anew() -> None:
    """Returned and received again: finance has it since the second receipt."""
    told = case("received 01-05", "returned 01-06", "received 01-07")
    assert Holding("finance", at("01-07"), None) == holding_of(told, STAGES)
    assert ["finance", "unit", "finance"] == [one.queue for one in holdings_of(told, STAGES)]


def test_an_ended_case_and_one_with_its_payee_stand_in_no_queue() -> None:
    """Nobody works them off."""
    paid, payee = case("received 01-05", "paid 01-06"), case("bounced 01-05 payee")
    assert [None, None, None] == [holding_of(one, STAGES) for one in (paid, payee, case())]


def queues(*entered: int) -> Queues:
    """Finance's queue for one agreement, with cases that came at these instants."""
    made = Queues(ON)
    for one in entered:
        made.stands("disbursement", ["promise"], Holding("finance", one, None))
    return made


def left(entered: int, priority: str | None = None, fund: str | None = None) -> Left:
    """A case that came to finance at *entered* and left."""
    return Left("disbursement", ("promise",), Holding("finance", entered, 900), priority, fund)


def place(made: Queues, holding: Holding = FINANCE, **fields: object) -> Place | None:
    """The place in the one queue."""
    stand = made.sort().stand("disbursement", ["promise", "unheard-of"], holding, fields)
    return None if stand is None else stand.places[0]


def test_the_position_counts_who_came_before() -> None:
    """Two came earlier, one at the same instant, one later: the third of five, whoever asks."""
    assert Place("promise", 3, 5, ()) == place(queues(300, 100, 20, 100, 10))


def test_a_case_that_was_not_seen_waiting_has_no_place() -> None:
    """What came after the look has a place from the next one on."""
    assert place(queues(10, 20)) is None


def test_other_parties_units_and_processes_have_their_own_queues() -> None:
    """The queue of one unit is not that of another."""
    made = queues(100)
    made.stands("disbursement", ["promise"], Holding("unit/arts", 50, None))
    made.stands("petition", ["promise"], Holding("finance", 50, None))
    told = place(made)
    assert told is not None
    assert (1, 1) == (told.position, told.waiting)


def test_who_came_later_and_left_first_has_overtaken() -> None:
    """Their priority tells why, else their fund; who came before only took its turn."""
    made = queues(100)
    for one in (
        left(50, "urgent"),
        left(150, "urgent", "grant"),
        left(160, "normal", "grant"),
        left(170, "normal"),
        left(180),
        left(190, "urgent"),
    ):
        made.left(one)
    told = place(made, priority="normal", fund="budget")
    assert told is not None
    assert {
        Overtaking("priority", "urgent", 2),
        Overtaking("fund", "grant", 1),
        Overtaking("not-stated", None, 2),
    } == set(told.overtaken)


def test_a_case_that_is_itself_delayed_says_so() -> None:
    """The reason is its own delay, if that was said while this party has it."""
    made = queues(100)
    made.left(left(150, "urgent"))
    told = place(made, delayed=(120, "awaiting-papers"))
    earlier = place(made, delayed=(90, "awaiting-papers"))
    assert told is not None
    assert earlier is not None
    assert (Overtaking("delayed", "awaiting-papers", 1),) == told.overtaken
    assert (Overtaking("priority", "urgent", 1),) == earlier.overtaken


def test_agreements_are_named_once_and_in_order() -> None:
    """Clauses and versions of one agreement are one queue."""
    assert ("a", "b") == agreements_of(["b@1#x", "a@2#y", "b@2#z"])


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.lists(st.integers(0, 30)))
def test_positions_and_overtakings_are_counted_plainly(waiting: list[int], gone: list[int]) -> None:
    """One by one: who entered earlier and waits; who entered later and is gone."""
    made = queues(*waiting)
    for one in gone:
        made.left(left(one))
    made.sort()
    for entered in waiting:
        stand = made.stand("disbursement", ["promise"], Holding("finance", entered, None), {})
        assert stand is not None
        (told,) = stand.places
        assert sum(one < entered for one in waiting) + 1 == told.position
        assert sum(one > entered for one in gone) == sum(one.cases for one in told.overtaken)
