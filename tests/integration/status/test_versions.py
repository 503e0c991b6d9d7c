"""What status tells: each visible change once, with the next version, and no repetition."""

from __future__ import annotations

import pytest
from chassis.deadletters import count_dead_letters, list_dead_letters

from tests.integration.status.bed import Bed, fact, moved

SUBMITTED = fact(1, "s", "submitted", 0, unit="arts", text={"title": "ค่าเดินทางไปราชการ"})
RECEIVED = fact(1, "r", "received", 1)
PAID = fact(1, "p", "transferred", 2)


async def test_versions_follow_without_gap(bed: Bed) -> None:
    """Three facts in three batches make versions 1, 2 and 3 of the case."""
    told = [*await bed.say(SUBMITTED), *await bed.say(RECEIVED), *await bed.say(PAID)]
    assert [(1, "at_unit"), (2, "received"), (3, "paid")] == [
        (state["version"], state["stage"]) for state in told
    ]
    assert ["ค่าเดินทางไปราชการ"] * 3 == [state["title"] for state in told]


async def test_a_batch_makes_one_version_of_a_case(bed: Bed) -> None:
    """Facts that come together are told together."""
    (told,) = await bed.say(SUBMITTED, RECEIVED, PAID)
    assert (1, "paid", ["s", "r", "p"]) == (
        told["version"],
        told["stage"],
        [established["id"] for established in told["established"]],
    )


async def test_redelivery_tells_nothing(bed: Bed) -> None:
    """The same batch again changes neither tables nor outbox, in whatever parts it comes."""
    await bed.say(SUBMITTED, RECEIVED, PAID)
    before = await bed.states(without=())
    again = [await bed.say(SUBMITTED, RECEIVED, PAID), await bed.say(PAID), await bed.say(RECEIVED)]
    assert [[], [], []] == again
    assert before == await bed.states(without=())


async def test_what_no_longer_holds_is_withdrawn(bed: Bed) -> None:
    """A retraction establishes itself and withdraws the fact it takes back."""
    await bed.say(RECEIVED, PAID)
    (told,) = await bed.say(fact(1, "x", "retracted", 3, retracts=("finance", "p")))
    assert ("received", ["x"], ["p"]) == (
        told["stage"],
        [one["id"] for one in told["established"]],
        [one["id"] for one in told["withdrawn"]],
    )


async def test_a_republished_case_is_marked(bed: Bed) -> None:
    """What intake says again is marked `replay`; a batch that brings news of the case is not."""
    (told,) = await bed.say(fact(1, "s", "submitted", 0, replay=True))
    assert (True, False) == (told["replay"], told.get("rebuilt", False))
    (told,) = await bed.say(fact(1, "r", "received", 1, replay=True), PAID)
    assert False is told.get("replay", False)


UNREADABLE = [
    (None, "Invalid JSON"),
    (b"\xff\x00", "Invalid JSON"),
    (b"{}", "id: Field required"),
    (RECEIVED.replace(b'"correlationid":"1"', b'"correlationid":"one"'), "correlationid"),
    (RECEIVED.replace(b'"correlationid":"1"', b'"correlationid":"-1"'), "correlationid"),
    (RECEIVED.replace(b'"correlationid":"1"', b'"correlationid":"9999999999999999999"'), "above"),
    (RECEIVED.replace(b'"specversion"', b'"sequence":"x","specversion"'), "sequence"),
    (RECEIVED.replace(b'"membership":1', b'"membership":9223372036854775808'), "membership"),
    (RECEIVED.replace(b'"said":{}', b'"said":{"n":99999999999999999999}'), "64 bits"),
    (RECEIVED.replace(b'"instant_us":', b'"instant_us":9999'), "instant_us"),
    (RECEIVED.replace(b'"id":"r"', b'"id":"r\\u0000"'), "null character"),
    (RECEIVED.replace(b'"kind":"fact"', b'"kind":"guess"'), "data"),
    (moved(1, 2, to=2).replace(b'"redirect_to":"2"', b'"redirect_to":"two"'), "redirect_to"),
]


@pytest.mark.parametrize(("value", "said"), UNREADABLE)
async def test_what_can_never_be_read_is_a_dead_letter(
    bed: Bed, value: bytes | None, said: str
) -> None:
    """A message no retry can mend is kept with its reason; those around it have their effect."""
    (told,) = await bed.say(SUBMITTED, value, PAID)
    assert ("paid", ["s", "p"]) == (told["stage"], [e["id"] for e in told["timeline"]])
    async with bed.base.pool.acquire() as connection:
        assert {"invalid-message": 1} == await count_dead_letters(connection)
        (letter,) = await list_dead_letters(connection)
    assert said in letter["detail"]


async def test_lines_travel_in_chunks_of_200_and_leave_tombstones(bed: Bed) -> None:
    """450 lines are three chunks; when the case goes over to another, its chunks are taken away."""
    lines = [{"id": f"{n:03}", "gross": "1.00"} for n in range(450)]
    parts = [fact(1, f"s{n}", "submitted", n, lines=lines[n : n + 150]) for n in (0, 150, 300)]
    await bed.deliver(parts)
    rows = [(k, v["data"]) for topic, k, v in await bed.outbox() if topic == "line-status"]
    assert [("1/0", 200, 3), ("1/1", 200, 3), ("1/2", 50, 3)] == [
        (key, len(data["lines"]), data["chunks"]) for key, data in rows
    ]
    gone = [("unit", f"s{n}") for n in (150, 300)]
    await bed.deliver([moved(2, 5, ins=gone), moved(1, 5, outs=[(key, 2) for key in gone])])
    rows = [(k, v and len(v["data"]["lines"])) for t, k, v in await bed.outbox() if t[0] == "l"]
    assert [("1/0", 150), ("1/1", None), ("1/2", None), ("2/0", 200), ("2/1", 100)] == rows


async def test_no_case_grows_past_a_message(bed: Bed) -> None:
    """A case of 6,000 facts is told: its newest entries, and how many were left out."""
    name = "ก" * 120
    facts = [fact(1, f"{name}{n:05}", "approved", n, step="head") for n in range(6_000)]
    await bed.deliver(facts)
    rows = await bed.outbox()
    ((_, _, told),) = [row for row in rows if row[0] == "case-status"]
    data = told["data"]
    for listed in ("timeline", "established"):
        assert 6_000 == len(data[listed]) + data["omitted"][listed]
        assert f"{name}05999" == data[listed][-1]["id"]
    (later,) = await bed.say(fact(1, "r", "received", 9_000))
    assert (2, "received", ["r"]) == (
        later["version"],
        later["stage"],
        [one["id"] for one in later["established"]],
    )
