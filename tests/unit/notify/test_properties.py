"""Whatever the order, the repetitions and the pauses: each thing is told once, and told right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contracts.notice import Channel
from hypothesis import given, settings
from hypothesis import strategies as st
from notify.case import Picture
from notify.corrections import Changes, agrees, told_last
from notify.model import Notice
from notify.standing import Matter, Standings

from tests.unit.notify.drawn import Event, events, folded
from tests.unit.notify.telling import Store, book, tell

IDS = tuple(range(8))
EVENTS = events(IDS)
ORDERS = EVENTS.flatmap(
    lambda drawn: st.tuples(
        st.just(drawn),
        st.permutations([*drawn, *drawn[:3]]),
        st.lists(st.booleans(), min_size=2 * len(IDS), max_size=2 * len(IDS)),
    )
)
Order = tuple[list[Event], list[Event], list[bool]]


def mails(notices: Iterable[Notice]) -> list[Notice]:
    """The e-mails among *notices*."""
    return [one for one in notices if one.channel is Channel.EMAIL]


def played(arrivals: Sequence[Event], goes_out: Sequence[bool]) -> Store:
    """A store that saw the events come one by one, and sent what was due after some of them."""
    store = Store()
    for place in range(len(arrivals)):
        store.see(folded(arrivals[: place + 1]))
        if goes_out[place]:
            store.deliver()
    return store


def is_empty(made: Changes) -> bool:
    """Was there nothing to do?"""
    rows: Sequence[Sequence[object]] = (
        made.new, made.corrections, made.refreshed, made.revived, made.ended, made.moved
    )  # fmt: skip
    return not any(rows)


def standing(store: Store, seen: Picture) -> dict[Matter, list[Notice]]:
    """By matter, what the readers of e-mails believe now."""
    standings = Standings(seen, book())
    by_id = store.records
    chains: dict[Matter, list[str]] = {}
    for id, record in by_id.items():
        if record.notice.channel is Channel.EMAIL:
            first = by_id[record.notice.first or id].notice
            chains.setdefault(standings.matter(first), []).append(id)
    return {
        matter: [leaf.notice for leaf in told_last([by_id[id] for id in ids])]
        for matter, ids in chains.items()
    }


@given(ORDERS)
def test_told_at_the_end_everything_is_told_once_and_nothing_is_corrected(order: Order) -> None:
    """In any order and with repetitions, what goes out is what is wanted of the whole set."""
    drawn, arrivals, _ = order
    store, seen = Store(), list[Event]()
    for event in arrivals:
        seen.append(event)
        store.see(folded(seen))
    final = [one for one in mails(tell(folded(drawn))) if one.reason is None]
    assert sorted(one.id for one in final) == sorted(one.id for one in mails(store.deliver()))


@settings(max_examples=200)
@given(ORDERS)
def test_whenever_it_is_sent_the_reader_ends_up_with_the_truth(order: Order) -> None:
    """Sent at any moments in between: in the end each reader believes what holds, and only that."""
    drawn, arrivals, pauses = order
    store = played(arrivals, pauses)
    store.deliver()
    last = folded(drawn)
    truth = {Standings(last, book()).matter(one): one for one in mails(tell(last))}
    believed = standing(store, last)
    assert truth.keys() <= believed.keys()
    for matter, notices in believed.items():
        assert all(agrees(one, truth.get(matter)) for one in notices[-1:])


@given(ORDERS)
def test_each_notice_is_corrected_at_most_once(order: Order) -> None:
    """No two letters correct the same one, and no identity goes out twice."""
    store = played(*order[1:])
    store.deliver()
    corrected = [one.corrects for one in store.mail if one.corrects is not None]
    assert len(corrected) == len(set(corrected))
    assert len(store.mail) == len({one.id for one in store.mail})


@given(ORDERS)
def test_seeing_it_again_changes_nothing(order: Order) -> None:
    """A repetition, a rebuild or a redrive of a state that was decided has nothing to do."""
    drawn, arrivals, pauses = order
    store = played(arrivals, pauses)
    for _ in range(2):
        assert is_empty(store.see(folded(drawn)))
        store.deliver()


@given(EVENTS, st.lists(st.lists(st.booleans(), min_size=8, max_size=8), max_size=4), st.data())
def test_regrouping_sends_nothing(
    drawn: list[Event], partings: list[list[bool]], data: st.DataObject
) -> None:
    """Events of single lines wander between two cases: each is told once, and never corrected."""
    lined = [
        one for one in drawn if one.fact in ("transferred", "bounced") and one.retracts is None
    ]
    store = Store()
    store.see(folded(lined, sums=False))
    first = {one.id for one in mails(store.deliver())}
    for parting in partings:
        cases = [
            folded([one for one in lined if parting[one.id] is side], case_id, False)
            for side, case_id in ((True, "7"), (False, "3"))
        ]
        for picture in data.draw(st.permutations(cases)):
            store.see(picture)
    assert [] == mails(store.deliver())
    assert first == {one.id for one in mails(tell(folded(lined, sums=False))) if one.reason is None}


@given(EVENTS)
def test_a_store_that_was_lost_tells_under_the_same_identities(drawn: list[Event]) -> None:
    """Rebuilt from nothing, the same events make the same identities and values."""
    one, other = Store(), Store()
    one.see(folded(drawn))
    other.see(folded(list(reversed(drawn)), "99"))
    assert {id: record.notice.told for id, record in one.records.items()} == {
        id: record.notice.told for id, record in other.records.items()
    }
