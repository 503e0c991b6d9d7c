"""Kafka away, Postgres away, two intake processes: nothing is lost and nothing happens twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from ground.throwaway import Servers

from tests.integration.intake.bed import Chain, make_chain
from tests.integration.intake.words import until

AWAY_SECONDS = 6.0
ANSWER_SECONDS_MAX = 20.0


async def test_http_answers_while_kafka_is_away_and_status_hears_later(
    killable_chain: Chain,
) -> None:
    """202 means committed: the event reaches status once the broker is back."""
    chain = killable_chain
    unit = await chain.register()
    await asyncio.to_thread(chain.servers.kill, "kafka", AWAY_SECONDS)
    event = unit.event("submitted", "a-1")
    answer = await unit.post(event)
    assert not chain.servers.is_up("kafka")
    assert 202 == answer.status_code
    assert 200 == (await unit.post(event)).status_code
    case = await chain.case_of("a-1")
    await asyncio.to_thread(chain.servers.await_up, "kafka")
    await chain.stage(case, "at_unit")


async def test_http_says_try_again_while_postgres_is_away(killable_chain: Chain) -> None:
    """503 with Retry-After and soon, never a lie; afterwards all of it is accepted once."""
    chain = killable_chain
    unit = await chain.register()
    events = [unit.event("submitted", "a-2", id=f"e{n}") for n in range(20)]
    assert 202 == (await unit.post(events[0])).status_code
    await asyncio.to_thread(chain.servers.kill, "postgres", AWAY_SECONDS)
    begun = asyncio.get_running_loop().time()
    answer = await unit.post(events[1])
    assert asyncio.get_running_loop().time() - begun < ANSWER_SECONDS_MAX
    assert 503 == answer.status_code, answer.text
    assert int(answer.headers["retry-after"]) > 0
    await unit.publish(*events[10:])
    await asyncio.to_thread(chain.servers.await_up, "postgres")

    async def back() -> bool:
        return (await unit.post(events[1])).status_code == 202

    await until(back, 60)
    answers = [await unit.post(event) for event in events[:10]]
    assert [200, 200, *[202] * 8] == [answer.status_code for answer in answers]

    async def all_there() -> bool:
        return (await unit.counts())["accepted"] == 20

    await until(all_there, 60)
    case = await chain.case_of("a-2")
    assert 20 == len((await until(lambda: _whole(chain, case)))["timeline"])


async def _whole(chain: Chain, case_id: int) -> dict[str, list[object]] | None:
    case = await chain.case(case_id)
    return case if case is not None and len(case["timeline"]) == 20 else None


@pytest.fixture
async def pair(servers: Servers) -> AsyncIterator[Chain]:
    """A chain with two intake processes."""
    chain = await make_chain(servers)
    chain.start("intake", "1")
    await chain.up("intake", "1")
    yield chain
    await chain.close()


async def test_two_intake_processes_have_one_effect(pair: Chain) -> None:
    """The same new numbers through both at once are one case each; later joins hold everywhere."""
    unit = await pair.register()
    claims = [unit.event("submitted", f"w-{n % 30}", id=f"e{n}") for n in range(90)]

    async def crowd(service: str) -> list[httpx.Response]:
        return [await unit.post(event, service=service) for event in claims]

    answers = await asyncio.gather(crowd("intake"), crowd("intake-1"))
    codes = [{a.status_code, b.status_code} for a, b in zip(*answers, strict=True)]
    assert [{200, 202}] * 90 == codes
    rows = await pair.rows(
        "select count(distinct case_id) as cases, count(*) as events from intake.journal"
    )
    assert [{"cases": 30, "events": 90}] == rows


async def test_a_later_decision_of_another_process_wins(pair: Chain) -> None:
    """Two cases joined by one process, parted by the other and joined again stay as said last."""
    unit = await pair.register()
    officer = await pair.register("officer", issuers=["*"])
    links = [{"scheme": "claim", "value": v, "issuer": unit.slug} for v in ("w-a", "w-b")]
    first = unit.event("submitted", "w-a", id="a")
    second = unit.event("submitted", "w-b", id="b")
    assert 202 == (await unit.post(first, service="intake-1")).status_code
    assert 202 == (await unit.post(second, service="intake")).status_code
    one, two = await pair.case_of("w-a"), await pair.case_of("w-b")
    assert one < two, "the case given first has the smaller id, whoever gave it"
    for n in range(6):
        said = officer.event("linked", data={"link": links}, time=f"2026-01-13T10:1{n}:00+07:00")
        if n % 2:
            said["type"] = said["type"].replace("linked", "unlinked")
        answer = await officer.post(said, service="intake-1" if n % 2 else "intake")
        assert 202 == answer.status_code
        wanted = None if n % 2 else str(one)

        async def follows(wanted: str | None = wanted) -> bool:
            case = await pair.case(two)
            return case is not None and case["redirect_to"] == wanted

        await until(follows)
