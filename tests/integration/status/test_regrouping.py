"""Events that change their case: the highest membership holds, whatever came first."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.integration.status.bed import Bed, fact, moved

S = ("unit", "s")
R = ("finance", "r")
SUBMITTED = fact(1, "s", "submitted", 0, unit="arts")
RECEIVED = fact(2, "r", "received", 1)
# The two cases turn out to be one: 2 gives its event to 1 and leads there.
INTO_1 = moved(1, 3, ins=[R])
OUT_OF_2 = moved(2, 3, outs=[(R, 1)], to=1)
# The join is undone: 2 has its event back and stands for itself.
OUT_OF_1 = moved(1, 7, outs=[(R, 2)])
INTO_2 = moved(2, 7, ins=[R])


def standing(told: dict[int, dict[str, Any]]) -> dict[int, tuple[Any, Any]]:
    """Stage and redirect of each case."""
    return {case: (row["stage"], row["redirect_to"]) for case, row in told.items()}


ORDERS = list(permutations([SUBMITTED, RECEIVED, INTO_1, OUT_OF_2]))


@pytest.mark.parametrize("order", ORDERS, ids=[str(n) for n in range(len(ORDERS))])
async def test_a_join_in_any_order(bed: Bed, order: tuple[bytes, ...]) -> None:
    """However facts and regroupings arrive, case 1 has both events and case 2 leads to it."""
    for message in order:
        await bed.deliver([message])
    assert {1: ("received", None), 2: (None, 1)} == standing(await bed.states())
    last = {state["case"]: state for state in await bed.cases()}
    assert ["s", "r"] == [entry["id"] for entry in last["1"]["timeline"]]
    assert ("1", []) == (last["2"]["redirect_to"], last["2"]["timeline"])


async def test_a_join_in_one_batch(bed: Bed) -> None:
    """All of it in one batch: the survivor has both events, the absorbed case leads to it."""
    told = await bed.say(*reversed([SUBMITTED, RECEIVED, INTO_1, OUT_OF_2]))
    last = {state["case"]: state for state in told}
    assert ("received", None) == (last["1"]["stage"], last["1"]["redirect_to"])
    assert (None, "1") == (last["2"]["stage"], last["2"]["redirect_to"])


async def test_a_regrouping_before_its_events(bed: Bed) -> None:
    """A regrouping that names events not seen yet tells nothing of the case they came to."""
    assert [] == await bed.say(INTO_1)
    (told,) = await bed.say(RECEIVED)
    assert ("1", "received") == (told["case"], told["stage"])


async def test_a_redirect_gives_its_events_back_when_it_is_undone(bed: Bed) -> None:
    """After link and unlink both cases stand as before, each told of what it gained and lost."""
    await bed.say(SUBMITTED, RECEIVED)
    before = standing(await bed.states())
    await bed.say(INTO_1, OUT_OF_2)
    one, two = await bed.say(OUT_OF_1, INTO_2)
    assert before == standing(await bed.states())
    assert (["r"], ["r"]) == (
        [gone["id"] for gone in one["withdrawn"]],
        [back["id"] for back in two["established"]],
    )
    assert (None, 3) == (two["redirect_to"], two["version"])


@pytest.mark.parametrize("late", [INTO_1, OUT_OF_2, RECEIVED])
async def test_an_older_membership_changes_nothing(bed: Bed, late: bytes) -> None:
    """After the join was undone, a message of before it is no news."""
    await bed.deliver([SUBMITTED, RECEIVED, INTO_1, OUT_OF_2, OUT_OF_1, INTO_2])
    await bed.cases()
    assert [] == await bed.say(late)


async def test_the_undoing_may_come_before_the_join(bed: Bed) -> None:
    """Membership 7 arrives before membership 3: the cases stand apart."""
    for message in (OUT_OF_1, INTO_2, OUT_OF_2, INTO_1, RECEIVED, SUBMITTED):
        await bed.deliver([message])
    assert {1: ("at_unit", None), 2: ("received", None)} == standing(await bed.states())


async def test_an_event_without_a_case_leaves_its_case(bed: Bed) -> None:
    """An event that is unmatched again is in no case."""
    await bed.say(SUBMITTED, fact(1, "r", "received", 1))
    (told,) = await bed.say(moved(1, 4, outs=[(R, None)]))
    assert ("at_unit", ["r"]) == (told["stage"], [gone["id"] for gone in told["withdrawn"]])


async def test_the_cases_process_version_is_pinned_at_its_first_fact(bed: Bed) -> None:
    """Rules applied later do not change a case that stands."""
    (told,) = await bed.say(SUBMITTED)
    await bed.execute(
        "insert into process_version (name, version, body, sha256, applied_at)"
        " select name, 2, body, 'other', applied_at from process_version"
    )
    later, new = await bed.say(fact(1, "p", "in-process", 5), fact(9, "n", "received", 6))
    assert (1, 1, 2) == tuple(state["process_version"] for state in (told, later, new))
