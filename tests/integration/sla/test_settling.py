"""A source's word is judged by only after what it covers has come by way of status."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from chassis.database import locked
from sla.settling import RELAY_SECONDS, Settling
from sla.store import GROUNDS_LOCK

from tests.integration.sla.bed import Bed, source, status

RECEIVED = ("received", "finance", "2026-01-06T03")
PAID = ("paid", "nobody", "2026-01-08T03")
COMPLETE = "2026-01-31T00:00:00Z"


@dataclass(slots=True)
class Broker:
    """How far topics reach and are read, as the test sets it; and seconds that it lets pass."""

    reach: dict[str, dict[int, int]] = field(default_factory=dict)
    done: dict[str, dict[int, int]] = field(default_factory=dict)
    seconds: float = 0.0

    async def ends(self, topic: str) -> dict[int, int]:
        """How far a topic reaches."""
        return self.reach[topic]

    async def read(self, group: str, topic: str) -> dict[int, int]:
        """How far a group has read the one topic it is asked for."""
        return self.done.get(group, {}) if topic in self.reach else {}


async def test_a_word_waits_for_the_facts_it_covers(bed: Bed) -> None:
    """
    The nightly batch is complete, but a payment of it is still with status: the breach that the
    word would allow is not said, and when the payment has come there is none.
    """
    broker = Broker({"case-event": {0: 5, 1: 0}, "case-status": {0: 7}}, {"status": {0: 4}})
    settling = Settling(bed.handlers, broker, lambda: broker.seconds)
    await bed.say(status([RECEIVED]))
    await bed.overhear(source("finance", COMPLETE))
    steps = [await settling.step()]
    told = await bed.at("2026-01-12T00:00:00")
    assert [("warned", 0), ("breached", 0)] == [
        (kind, sum(kind == said for said, _ in told.kinds)) for kind in ("warned", "breached")
    ]
    broker.done["status"] = {0: 5}
    steps.append(await settling.step())
    broker.seconds += RELAY_SECONDS
    steps.append(await settling.step())
    await bed.say(status([RECEIVED, PAID], 2))
    broker.done["sla"] = {0: 7}
    steps.append(await settling.step())
    told = await bed.at("2026-01-12T00:00:01")
    clock = (await bed.case())["clocks"][0]
    assert ([False, False, False, True], "met", []) == (steps, clock["state"], told.moments)


async def test_a_word_that_comes_meanwhile_waits_its_own_turn(bed: Bed) -> None:
    """Only what was heard before the look settles with it; the newer word settles next."""
    broker = Broker({"case-event": {}, "case-status": {}})
    settling = Settling(bed.handlers, broker, lambda: broker.seconds)
    await bed.overhear(source("finance", "2026-01-06T00:00:00Z"))
    await settling.step()
    await bed.overhear(source("finance", COMPLETE, 2))
    broker.seconds += RELAY_SECONDS
    assert await settling.step()
    (left,) = await bed.handlers.unsettled()
    assert ("finance", 2) == (left.source, left.version)
    await settling.step()
    broker.seconds += RELAY_SECONDS
    assert await settling.step()
    assert [] == await bed.handlers.unsettled()


async def test_a_source_that_was_only_just_heard_of_is_silent(bed: Bed) -> None:
    """A new source could say otherwise: until its word has settled nothing is said of a breach."""
    await bed.hear(source("finance", COMPLETE))
    await bed.overhear(source("bank", COMPLETE))
    await bed.say(status([RECEIVED]))
    told = await bed.at("2026-01-12T00:00:00")
    assert ([["bank", None]], []) == (
        told.states["1"]["clocks"][0]["undetermined"],
        [kind for kind, _ in told.kinds if kind == "breached"],
    )


async def test_nobody_waits_for_the_word_of_people(bed: Bed) -> None:
    """Officers and payees send no heartbeats; a breach is said without their word."""
    await bed.hear(source("finance", COMPLETE), source("officer", None, role="officer"))
    await bed.say(status([RECEIVED]))
    told = await bed.at("2026-01-12T00:00:00")
    assert "breached" in [kind for kind, _ in told.kinds]


async def test_a_word_reaches_a_case_that_is_being_judged(bed: Bed) -> None:
    """
    While a case is judged on old grounds, a word of its source waits; then the case is looked at
    again, though it was due already when the word came.
    """
    await bed.hear(source("finance", "2026-01-06T00:00:00Z"))
    await bed.say(status([RECEIVED]))
    await bed.at("2026-01-12T00:00:00")
    await bed.overhear(source("finance", COMPLETE, 2))
    words = await bed.handlers.unsettled()
    pool = bed.base.pool
    async with pool.acquire() as other, locked(other, GROUNDS_LOCK, shared=True):
        await other.execute("update followed_case set next_check_at = $1", bed.clock.at)
        settling = asyncio.create_task(bed.handlers.settle(words))
        waiting = "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
        while not await pool.fetchval(waiting):
            await asyncio.sleep(0.01)
        await other.execute("update followed_case set next_check_at = '2026-01-12T17:00:00Z'")
    await settling
    told = await bed.at("2026-01-12T00:00:01")
    assert "breached" in [kind for kind, _ in told.kinds]
