"""What must not shake a verdict: clocks that jump, two processes, silence that ends all at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, date, datetime

import asyncpg
import pytest
from ground.databases import Database

from tests.integration.sla.bed import Bed, Told, ask, close_bed, make_bed, source, status
from tests.integration.sla.rules import calendar_json

RECEIVED = ("received", "finance", "2026-01-06T03")
COMPLETE = "2026-01-31T00:00:00Z"


def paid(day: int) -> tuple[str, str, str]:
    """Paid on that day of January."""
    return "paid", "nobody", f"2026-01-{day:02}T03"


async def test_a_clock_that_was_set_back_takes_nothing_back(bed: Bed) -> None:
    """
    A breach is told on Monday. The clock goes back to the week before and a state comes: the breach
    stands, and when the clock is right again nothing is told twice.
    """
    await bed.hear(source("finance", COMPLETE))
    await bed.say(status([RECEIVED]))
    await bed.at("2026-01-12T00:00:00")
    bed.clock.at = datetime(2026, 1, 7, 12, tzinfo=UTC)
    back = await bed.say(status([RECEIVED], 2, title="another"))
    assert ("breached", []) == (back.states["1"]["clocks"][0]["state"], back.moments)
    forth = await bed.at("2026-01-12T00:00:01")
    assert [] == forth.moments
    assert [("breached", None)] == [
        (v["kind"], v["superseded_at"]) for v in (await bed.case())["verdicts"]
    ]


async def test_a_clock_that_jumps_ahead_breaches_nothing(bed: Bed) -> None:
    """
    Nobody has told what will be by June, so nothing is said of it; back in January the clock runs
    as before.
    """
    await bed.hear(source("finance", "2026-01-07T00:00:00Z"))
    await bed.say(status([RECEIVED]))
    ahead = await bed.at("2026-06-01T00:00:00")
    assert "breached" not in [kind for kind, _ in ahead.kinds]
    bed.clock.at = datetime(2026, 1, 8, 3, tzinfo=UTC)
    back = await bed.say(status([RECEIVED, paid(8)], 2))
    assert ("met", 2) == tuple(back.states["1"]["clocks"][0][k] for k in ("state", "charged"))
    assert [("met", "two-days")] == back.kinds


async def test_a_week_of_silence_that_ends_all_at_once(bed: Bed) -> None:
    """
    Finance says nothing for a week. Then come its payments and the word that this was all: in time
    is met, late is missed at its true instant, and only what nobody paid is breached.
    """
    await bed.hear(source("finance", "2026-01-06T12:00:00Z"))
    await bed.say(*[status([RECEIVED], case=case) for case in (1, 2, 3)])
    silent = await bed.at("2026-01-14T00:00:00")
    assert {("open", "finance")} == {
        (one["clocks"][0]["state"], one["clocks"][0]["undetermined"][0][0])
        for one in silent.states.values()
    }
    await bed.overhear(source("finance", "2026-01-13T23:59:59Z", 2))
    told = await bed.say(
        status([RECEIVED, paid(8)], 2, case=1), status([RECEIVED, paid(12)], 2, case=2)
    )
    await bed.handlers.settle(await bed.handlers.unsettled())
    late = await bed.at("2026-01-14T00:00:01")
    assert [("1", "met"), ("2", "missed")] == [(m["case"], m["kind"]) for m in told.moments]
    breached = [m for m in late.moments if m["kind"] == "breached"]
    assert [("3", "2026-01-08T17:00:00.000000Z")] == [(m["case"], m["at"]) for m in breached]
    assert "superseded" not in [kind for kind, _ in told.kinds + late.kinds]


async def test_only_who_waits_for_a_source_is_looked_at_when_it_speaks(bed: Bed) -> None:
    """The word of another source moves nobody who does not wait for it."""
    await bed.hear(source("finance", "2026-01-06T00:00:00Z"), source("bank", COMPLETE))
    await bed.say(status([RECEIVED]))
    await bed.at("2026-01-12T00:00:00")
    before = await bed.base.pool.fetchval("select next_check_at from followed_case")
    await bed.hear(source("bank", COMPLETE, 2))
    assert before == await bed.base.pool.fetchval("select next_check_at from followed_case")
    await bed.hear(source("finance", COMPLETE, 2))
    assert bed.clock.at == await bed.base.pool.fetchval("select next_check_at from followed_case")


async def test_a_day_off_declared_late_keeps_both_verdicts(bed: Bed) -> None:
    """
    Missed by a day, told; then the day turns out to have been a day off. Met stands, missed stays
    beside it with the reason, and the month counts the clock once, as met.
    """
    await bed.hear(source("finance", COMPLETE))
    bed.clock.at = bed.clock.at.replace(month=2, day=9)
    await bed.say(status([RECEIVED, paid(9)]))
    await bed.apply(calendars=[calendar_json(date(2026, 1, 7))])
    told = await bed.at("2026-02-09T12:00:01")
    assert Counter({"superseded": 1, "met": 1}) == Counter(kind for kind, _ in told.kinds)
    verdicts = (await bed.case())["verdicts"]
    assert [("missed", "rules"), ("met", None)] == [(v["kind"], v["reason"]) for v in verdicts]
    (row,) = (await ask(bed, "GET", "/ops/attainment"))["rows"]
    assert ("2026-01", 1, 1, 0) == tuple(
        row[k] for k in ("month", "n", "met", "missed_or_breached")
    )


@pytest.fixture
async def second(bed: Bed, database: Database) -> Bed:
    """Another process of sla on the same database."""
    assert bed
    made = await make_bed(database, applied=False)
    yield made
    await close_bed(made)


async def test_two_processes_share_the_due_cases(bed: Bed, second: Bed) -> None:
    """At midnight each case is judged by one of them and told once."""
    await bed.hear(source("finance", COMPLETE))
    await bed.say(*[status([RECEIVED], case=case) for case in range(1, 301)])
    at = datetime(2026, 1, 12, tzinfo=UTC)
    bed.clock.at = second.clock.at = at

    async def all_due(one: Bed) -> int:
        done = 0
        while found := await one.handlers.tick():
            done += found
        return done

    shares = await asyncio.gather(all_due(bed), all_due(second))
    told = await bed.told()
    kinds = Counter((m["case"], m["kind"], m["offset"]) for m in told.moments)
    assert (300, 300, {1}) == (sum(shares), len(told.states), set(kinds.values()))


async def test_two_processes_that_take_in_one_case_tell_it_once(bed: Bed, second: Bed) -> None:
    """
    While partitions change hands both read the same message: the later of them fails on the row the
    first has made, comes again, and finds nothing to do.
    """
    messages = [status([RECEIVED], case=case) for case in range(1, 201)]
    records = [bed.record("case-status", value) for value in messages]

    async def take(one: Bed) -> int:
        failures = 0
        while True:
            try:
                await one.handlers.on_case_status(one.handlers.read(records))
                return failures
            except asyncpg.UniqueViolationError:
                failures += 1

    await asyncio.gather(take(bed), take(second))
    told: Told = await bed.told()
    assert (200, {"started"}) == (len(told.moments), {kind for kind, _ in told.kinds})
    assert 200 == await bed.base.pool.fetchval("select count(*) from followed_case")


async def test_what_time_brings_of_a_past_played_again_is_nobodys_news(bed: Bed) -> None:
    """
    Two cases are played again on the 14th: what the 9th breached is told as a replay once finance
    has spoken, and what the 16th breaches, after the play, is news like any other.
    """
    bed.clock.at = datetime(2026, 1, 14, 3, tzinfo=UTC)
    late, open_ = ("received", "finance", "2026-01-06T03"), ("received", "finance", "2026-01-13T03")
    await bed.hear(source("finance", "2026-01-07T00:00:00Z"))
    played = await bed.say(
        status([late], case=1, replay=True), status([open_], case=2, replay=True)
    )
    assert "breached" not in [kind for kind, _ in played.kinds]
    await bed.hear(source("finance", COMPLETE, 2))
    told = await bed.at("2026-01-14T04:00:00")
    assert [("1", True)] == [
        (m["case"], m["replay"]) for m in told.moments if m["kind"] == "breached"
    ]
    later = await bed.at("2026-01-16T04:00:00")
    assert [("2", False)] == [
        (m["case"], m["replay"]) for m in later.moments if m["kind"] == "breached"
    ]
