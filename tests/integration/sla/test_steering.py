"""A clock moved from outside: midnights are looked at in turn, and nothing is judged early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sla.handlers import Handlers
from sla.steering import SteeredClock, Steering, Stop
from starlette.applications import Starlette

from tests.integration.sla.bed import Bed, Told, source, status

BEGINS = datetime(2026, 1, 6, 4, tzinfo=UTC)
RECEIVED = ("received", "finance", "2026-01-06T03")
PAID = ("paid", "nobody", "2026-01-09T03")
# Two working days after Tuesday: Friday is one too many, from its first moment in Bangkok on.
THURSDAY, FRIDAY = "2026-01-07T17:00:00Z", "2026-01-08T17:00:00Z"
SAID = "2026-01-08T17:15:00Z"
COMPLETE = "2026-01-08T17:00:00Z"


class Steered:
    """Sla on a bed with a clock that is moved."""

    def __init__(self, bed: Bed, file: Path) -> None:
        self.clock = SteeredClock(BEGINS, file)
        base = replace(bed.base, clock=self.clock)
        self.bed = replace(bed, base=base, handlers=Handlers(base, bed.rules))
        self.steering = Steering(base, self.bed.handlers, self.clock)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[httpx.AsyncClient]:
        """Its task beside the test, and a client of its routes."""
        await self.steering.resume()
        moving = asyncio.create_task(self.steering.run())
        transport = httpx.ASGITransport(app=Starlette(routes=self.steering.routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
            yield client
        moving.cancel()
        await asyncio.wait({moving})

    async def arrive(self, *messages: bytes) -> None:
        """A batch of `case-status`, as the consumer hands it over."""
        batch = self.bed.handlers.read([self.bed.record("case-status", one) for one in messages])
        await self.steering.held(self.bed.handlers.on_case_status)(batch)


@pytest.fixture
def steered(bed: Bed, tmp_path: Path) -> Steered:
    """A clock that begins an hour after the receipt."""
    return Steered(bed, tmp_path / "sla.clock")


def stops(*given: str, settled: bool = False) -> dict[str, Any]:
    """A request to go to these instants, the last one with the words that were heard."""
    rows: list[dict[str, Any]] = [{"at": at} for at in given]
    rows[-1]["settled"] = settled
    return {"stops": rows}


def kinds(told: Told) -> list[str]:
    """The moments that were told, in order."""
    return [kind for kind, _ in told.kinds]


async def test_each_midnight_is_looked_at_and_a_breach_is_said_at_its_time(
    steered: Steered,
) -> None:
    """The breach is told when the clock stands where its sources are complete, not at the end."""
    async with steered.running() as http:
        await steered.arrive(status([RECEIVED]))
        await steered.bed.overhear(source("finance", COMPLETE))
        await http.put("/ops/clock", json=stops(THURSDAY, FRIDAY))
        await http.get("/ops/clock")
        before = await steered.bed.told()
        await http.put("/ops/clock", json=stops(SAID, "2026-01-08T18:00:00Z", settled=True))
        await http.put("/ops/clock", json=stops("2026-01-08T18:30:00Z"))
        at = (await http.get("/ops/clock")).json()["at"]
    (state,) = before.states.values()
    assert ("open", 3) == (state["clocks"][0]["state"], state["clocks"][0]["charged"])
    assert "breached" not in kinds(before)
    told = await steered.bed.told()
    assert ["breached"] == [kind for kind in kinds(told) if kind == "breached"]
    assert "2026-01-08T18:00:00.000000Z" == told.moments[-1]["detected_at"]
    assert datetime(2026, 1, 8, 18, 30, tzinfo=UTC) == datetime.fromisoformat(at)


async def test_what_comes_while_the_clock_moves_is_judged_when_it_is_there(
    steered: Steered,
) -> None:
    """A payment of the next day is here; the breach of the midnight before is said first."""
    async with steered.running() as http:
        await steered.arrive(status([RECEIVED]))
        await steered.bed.overhear(source("finance", COMPLETE))
        await http.put("/ops/clock", json=stops(FRIDAY, SAID, settled=True))
        await steered.arrive(status([RECEIVED, PAID], 2))
    told = kinds(await steered.bed.told())
    assert ["breached", "missed"] == [kind for kind in told if kind in ("breached", "missed")]


async def test_a_word_heard_on_the_way_waits_for_the_next_way(steered: Steered) -> None:
    """It may cover what has not come yet: only what was heard before is judged by."""
    async with steered.running() as http:
        await steered.arrive(status([RECEIVED]))
        await http.put("/ops/clock", json=stops(FRIDAY, SAID, settled=True))
        await steered.bed.overhear(source("finance", COMPLETE))
        await http.get("/ops/clock")
        (left,) = await steered.bed.handlers.unsettled()
        assert "finance" == left.source
        await http.put("/ops/clock", json=stops(SAID, settled=True))
        await http.get("/ops/clock")
    assert [] == await steered.bed.handlers.unsettled()


async def test_a_process_killed_on_its_way_goes_it_once_more(
    steered: Steered, bed: Bed, tmp_path: Path
) -> None:
    """The file knows the way and the words; nothing is judged before, and nothing said twice."""
    await steered.arrive(status([RECEIVED]))
    await steered.bed.overhear(source("finance", COMPLETE))
    words = await steered.bed.handlers.unsettled()
    friday, said = datetime.fromisoformat(FRIDAY), datetime.fromisoformat(SAID)
    steered.clock.plan([Stop(at=friday), Stop(at=said, settled=True)], words)
    told: list[str] = []
    for _ in ("killed before the first stop", "killed at the last one"):
        again = Steered(bed, tmp_path / "sla.clock")
        assert (BEGINS, 2, words) == (
            again.clock.now(),
            len(again.clock.ahead),
            [*again.clock.words],
        )
        async with again.running() as http:
            await again.arrive(status([RECEIVED, PAID], 2))
            await http.get("/ops/clock")
        told += kinds(await again.bed.told())
    assert ["breached", "missed"] == [kind for kind in told if kind in ("breached", "missed")]


async def test_the_clock_never_goes_back(steered: Steered) -> None:
    """A stop it has passed is left out, so a request that is sent again does nothing."""
    async with steered.running() as http:
        await http.put("/ops/clock", json=stops(THURSDAY, FRIDAY))
        await http.put("/ops/clock", json=stops(THURSDAY))
        assert datetime.fromisoformat(FRIDAY) == datetime.fromisoformat(
            (await http.get("/ops/clock")).json()["at"]
        )
        refused = await http.put("/ops/clock", json={"stops": [{"at": "Friday"}]})
        assert 422 == refused.status_code
