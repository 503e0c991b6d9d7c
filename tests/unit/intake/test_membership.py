"""Which case an event belongs to: the same groups in any order of arrival."""

from __future__ import annotations

import random

from contracts.events import Reference
from hypothesis import given, settings
from hypothesis import strategies as st
from intake.decide import partition
from intake.model import Key, Member

from tests.unit.intake.ledger import Journal


def ref(value: str) -> Reference:
    """A joining reference."""
    return Reference("claim", "sci", "", value)


def member(name: str, *values: str, at: int = 0, **more: object) -> Member:
    """An event that names these references."""
    joining = tuple(ref(value) for value in values)
    return Member(Key("s", name), (at, 0, "s", -1, name), joining, **more)  # type: ignore[arg-type]


@st.composite
def events(draw: st.DrawFn) -> list[Member]:
    """
    Up to a dozen events over a few references, with officers' words and retractions among them.
    """
    found = []
    for place in range(draw(st.integers(1, 12))):
        values = draw(st.lists(st.sampled_from("ABCDEF"), min_size=1, max_size=3, unique=True))
        kind = draw(
            st.sampled_from(
                ["opens", "opens", "plain", "plain", "settles", "link", "part", "retract"]
            )
        )
        more: dict[str, object] = {"at": draw(st.integers(0, 5))}
        if kind in ("opens", "settles"):
            more[kind] = True
            more["unit"] = draw(st.sampled_from([None, None, "u1", "u2"]))
        if kind in ("link", "part"):
            values = draw(st.lists(st.sampled_from("ABCDEF"), min_size=2, max_size=2, unique=True))
            more["links" if kind == "link" else "unlinks"] = True
        if kind == "retract":
            values, more["retracts"] = [], Key("s", f"e{draw(st.integers(0, 11))}")
        found.append(member(f"e{place}", *values, **more))  # type: ignore[arg-type]
    return found


@settings(max_examples=600, deadline=None)
@given(events(), st.integers(0, 2**32))
def test_any_order_and_batching_gives_the_same_groups(found: list[Member], seed: int) -> None:
    """
    Events in any order, repeated, in batches of any size, fall into the groups that all at once do.
    """
    expected = {
        frozenset(m.key for m in group.members) for group in partition(found).groups if group.opened
    }
    chance = random.Random(seed)
    stream = found + chance.sample(found, len(found) // 2)
    chance.shuffle(stream)
    journal = Journal()
    while stream:
        size = chance.randint(1, 4)
        journal.take(stream[:size])
        stream = stream[size:]
    assert expected == journal.groups()
    for case_id, (_, to) in journal.cases.items():
        stands = any(m.case_id == case_id for m in journal.members.values())
        assert to is None or not stands


def test_a_late_reference_brings_waiting_facts_into_their_case() -> None:
    """
    A transfer that came before its ERP document waits unmatched and joins when the chain is
    complete.
    """
    journal = Journal()
    journal.take([member("paid", "D", at=3, settles=True)])
    journal.take([member("processed", "R", "D", at=2)])
    assert journal.groups() == set()
    journal.take([member("received", "C", "R", at=1, opens=True)])
    assert journal.groups() == {
        frozenset({Key("s", "paid"), Key("s", "processed"), Key("s", "received")})
    }


def test_a_join_of_two_units_waits_for_an_officer_and_can_be_forced() -> None:
    """
    Two units' claims stay two cases until an officer links them, and part again when he unlinks
    them.
    """
    claims = [
        member("a", "A", at=1, opens=True, unit="u1"),
        member("b", "B", at=2, opens=True, unit="u2"),
        member("both", "A", "B", at=3),
    ]
    journal = Journal()
    journal.take(claims)
    assert len(journal.groups()) == 2
    held = partition(claims).held
    assert [(h.event.id, h.reason) for h in held] == [("both", "two units")]
    journal.take([member("yes", "A", "B", at=4, links=True)])
    assert len(journal.groups()) == 1
    journal.take([member("no", "A", "B", at=5, unlinks=True)])
    assert len(journal.groups()) == 2
    assert {m.case_id for k, m in journal.members.items() if k.id in ("a", "b")} == {1, 2}


def test_an_undone_join_gives_each_case_its_own_number_back() -> None:
    """
    The survivor keeps the id given first; after the join is retracted both stand under their old
    ids.
    """
    journal = Journal()
    journal.take([member("a", "A", at=1, opens=True)])
    journal.take([member("b", "B", at=2, opens=True)])
    journal.take([member("wrong", "A", "B", at=3)])
    assert {m.case_id for m in journal.members.values()} == {1}
    assert journal.cases[2][1] == 1
    journal.take([member("sorry", at=4, retracts=Key("s", "wrong"))])
    assert journal.members[Key("s", "b")].case_id == 2
    assert journal.cases[2][1] is None


def test_more_than_three_cases_or_two_paid_ones_are_not_joined_by_themselves() -> None:
    """
    A number that would join four cases, or two that were paid, joins none: an officer decides.
    """
    four = [member(v, v, at=n, opens=True) for n, v in enumerate("ABCD")]
    assert len(partition([*four, member("all", *"ABCD", at=9)]).groups) == 4
    paid = [
        member("a", "A", at=1, opens=True),
        member("pa", "A", at=2, settles=True),
        member("b", "B", at=3, opens=True),
        member("pb", "B", at=4, settles=True),
        member("both", "A", "B", at=5),
    ]
    assert [h.reason for h in partition(paid).held] == ["both have a paid line"]
