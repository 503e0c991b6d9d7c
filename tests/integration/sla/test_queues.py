"""Where a case stands in the queue of who has it: asked for now, told at each midnight."""

from __future__ import annotations

from typing import Any

from tests.integration.sla.bed import Bed, status

PAID = ("paid", "nobody", "2026-01-06T05")


def received(hour: int, day: int = 5) -> tuple[str, str, str]:
    """Finance has the case since that hour (UTC) of a day in January."""
    return "received", "finance", f"2026-01-{day:02}T{hour:02}"


def of(told: dict[str, Any]) -> Any:
    """The one place of a case in a queue: position, how many wait, who overtook it."""
    if told["queue"] is None:
        return None
    (place,) = told["queue"]["places"]
    overtaken = [(one["reason"], one["value"], one["cases"]) for one in place["overtaken"]]
    return place["position"], place["waiting"], overtaken


async def test_who_asks_is_told_the_place_of_this_moment(bed: Bed) -> None:
    """Each move of another case moves it up; who came later and was paid first has overtaken it."""
    await bed.say(*[status([received(hour)], case=hour) for hour in (1, 2, 3, 4)])
    assert [(2, 4, []), (4, 4, [])] == [of(await bed.case(2)), of(await bed.case(4))]
    bed.clock.at = bed.clock.at.replace(day=6)
    await bed.say(
        status([received(1), PAID], 2, case=1),
        status([received(3), PAID], 2, case=3, priority="urgent"),
        status([received(1, 6)], case=5),
    )
    assert (1, 3, [("priority", "urgent", 1)]) == of(await bed.case(2))
    assert [(2, 3, []), (3, 3, [])] == [of(await bed.case(4)), of(await bed.case(5))]
    assert of(await bed.case(1)) is None


async def test_the_place_is_told_at_midnight_and_moves_with_the_next(bed: Bed) -> None:
    """
    On the day it came nothing is told. At midnight all that wait are told their place; that another
    was paid is told to them at the midnight after, and no message goes out for it before.
    """
    told = await bed.say(*[status([received(hour)], case=hour) for hour in (1, 2, 3)])
    assert [None, None, None] == [of(told.states[case]) for case in "123"]
    told = await bed.at("2026-01-05T17:00:00")
    assert [(1, 3, []), (2, 3, []), (3, 3, [])] == [of(told.states[case]) for case in "123"]
    assert ("finance", "2026-01-05T02:00:00.000000Z", "2026-01-06") == tuple(
        told.states["2"]["queue"][name] for name in ("party", "since", "as_of_date")
    )
    told = await bed.say(status([received(1), ("paid", "nobody", "2026-01-05T18")], 2))
    assert {"1"} == told.states.keys()
    told = await bed.at("2026-01-06T17:00:00")
    assert [(1, 2, []), (2, 2, [])] == [of(told.states[case]) for case in "23"]


async def test_each_unit_has_its_own_queue(bed: Bed) -> None:
    """A case with its unit waits among those of that unit alone; with its payee among nobody."""
    first, second = ("at_unit", "unit", "2026-01-05T01"), ("at_unit", "unit", "2026-01-05T02")
    returned = ("returned", "unit", "2026-01-05T03")
    await bed.say(
        status([received(0), returned], case=1),
        status([received(0), first, returned], case=2, unit="science"),
        status([received(0), second], case=3),
        status([("bounced", "payee", "2026-01-05T03")], case=4),
    )
    assert [(2, 2, []), (1, 1, []), (1, 2, []), None] == [
        of(await bed.case(number)) for number in (1, 2, 3, 4)
    ]


async def test_a_restart_tells_the_same_place(bed: Bed) -> None:
    """The places of a day are made of what is kept: nothing is told again after a restart."""
    await bed.say(*[status([received(hour)], case=hour) for hour in (1, 2)])
    await bed.at("2026-01-05T17:00:00")
    bed.rules.past.forget()
    await bed.base.pool.execute("update followed_case set next_check_at = $1", bed.clock.at)
    told = await bed.at("2026-01-05T17:00:01")
    assert {} == told.states
