"""The order of the fold, by hand: instant, role, rank reached, source, sequence, rank, id."""

from __future__ import annotations

from itertools import permutations

import pytest
from status.model import Event
from status.order import in_fold_order, retracted_keys

from tests.unit.status.cases import by_date, case, disbursement, event


def names(*events: Event) -> list[str]:
    """The ids in fold order, from every order of arrival the same."""
    found = {
        tuple(e.key.id for e in in_fold_order(disbursement(), some))
        for some in permutations(events)
    }
    (only,) = found
    return list(only)


def test_instant_outweighs_role() -> None:
    """What finance said an hour earlier comes before what the unit said."""
    assert names(event("submitted", 2), event("received", 1)) == ["received-1", "submitted-2"]


def test_roles_stand_in_their_order_at_one_instant() -> None:
    """At one instant the unit speaks first, then finance, bank, payee and officer."""
    roles = ["unit", "finance", "bank", "payee", "officer"]
    told = [event("delayed", 1, role, role=role) for role in reversed(roles)]
    assert names(*told) == roles


def test_a_source_keeps_its_own_sequence_against_the_path() -> None:
    """A return numbered after the receipt stays after it, though its rank is lower."""
    events = (
        by_date("received", 3, 1, name="a"),
        by_date("returned", 3, 2, name="b"),
        by_date("received", 3, 3, name="c"),
    )
    assert names(*events) == ["a", "b", "c"]
    assert [span.stage for span in case(*events).spans] == ["received", "returned", "received"]


def test_across_sources_the_path_decides() -> None:
    """Of two finance sources of one day the one that got less far comes first, by no sequence."""
    events = (
        by_date("transferred", 3, 1, name="paid", source="a-bank-desk"),
        by_date("received", 3, 900, name="got", source="z-front-desk"),
        by_date("in-process", 3, 901, name="made", source="z-front-desk"),
    )
    assert names(*events) == ["got", "made", "paid"]


def test_what_follows_a_high_rank_in_its_source_sorts_behind_it() -> None:
    """A return after a transfer counts as far along as the transfer when sources are compared."""
    events = (
        by_date("in-process", 3, 1, name="other", source="erp-2"),
        by_date("transferred", 3, 1, name="paid", source="erp-1"),
        by_date("returned", 3, 2, name="back", source="erp-1"),
    )
    assert names(*events) == ["other", "paid", "back"]


def test_sequences_compare_as_numbers() -> None:
    """Sequence 9 comes before 10, and 2**63 - 1 is the last."""
    last = 2**63 - 1
    told = [by_date("delayed", 1, n, name=str(n)) for n in (10, last, 9)]
    assert names(*told) == ["9", "10", str(last)]


def test_no_sequence_comes_before_every_sequence() -> None:
    """Of one source at one instant, an event without a sequence comes first."""
    told = (event("delayed", 1, "numbered", sequence=0), event("delayed", 1, "plain"))
    assert names(*told) == ["plain", "numbered"]


def test_rank_then_id_decide_without_sequence() -> None:
    """Of one source at one instant the path decides, no rank first, then the id bytewise."""
    told = (
        event("received", 1, "a"),
        event("delayed", 1, "y"),
        event("delayed", 1, "x"),
        event("in-process", 1, "0"),
    )
    assert names(*told) == ["x", "y", "a", "0"]


def test_sources_break_the_last_tie() -> None:
    """Two sources of one role, one instant and one rank stand by their names."""
    told = (event("delayed", 1, "1", source="b"), event("delayed", 1, "2", source="a"))
    assert names(*told) == ["2", "1"]


RETRACTIONS = [
    ({"r": "e"}, {"e"}),
    ({"r": "e", "s": "r"}, {"r"}),
    ({"r": "e", "s": "r", "t": "s"}, {"s", "e"}),
    ({"r": "e", "s": "e"}, {"e"}),
    ({"r": "e", "s": "e", "t": "r"}, {"r", "e"}),
    ({"r": "nobody"}, {"nobody"}),
    ({"r": "r"}, set()),
    ({"r": "s", "s": "r"}, {"r"}),
    ({"r": "s", "s": "r", "t": "s"}, {"s"}),
    ({"r": "s", "s": "t", "t": "r"}, {"r"}),
]


@pytest.mark.parametrize(("names_of", "dropped"), RETRACTIONS)
def test_retractions_of_retractions(names_of: dict[str, str], dropped: set[str]) -> None:
    """A retraction that is taken back takes nothing back; in a ring the last one holds."""
    told = [event("received", 0, "e")]
    for hour, (name, target) in enumerate(names_of.items(), 1):
        key = event("x", 0, target).key
        told.append(event("retracted", hour, name, retracts=key))
    ordered = in_fold_order(disbursement(), told)
    assert {key.id for key in retracted_keys(ordered)} == dropped


def test_a_retraction_may_sort_before_what_it_takes_back() -> None:
    """
    An officer's word at noon takes back a date-only retraction, which sorts at the day's end.
    """
    received = event("received", 1)
    wrong = by_date("retracted", 0, 5, retracts=received.key)
    officer = event("retracted", 12, "undo", role="officer", retracts=wrong.key)
    assert case(received, wrong, officer).stage == "received"
