"""What intake and status say of themselves while what they stand on breaks, and afterwards."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from ground.throwaway import Servers, throwaway
from prometheus_client.parser import text_string_to_metric_families
from tidtam.proving.answer import Answer, read_answer
from tidtam.proving.chain import SERVICES, Chain
from tidtam.proving.flight import unread

from tests.system.chains import (
    UNIT,
    answered,
    event,
    path_to_payment,
    producing,
    publish,
    start_again,
    start_chain,
    stop,
    until,
)

AWAY_SECONDS = 8.0
UNREADABLE = 200
CONSUMING = "consumption inbound"
Seen = tuple[int, dict[str, Any]]


@pytest.fixture(scope="module")
def own_servers() -> Iterator[Servers]:
    """Kafka and PostgreSQL of this module, to be killed."""
    with throwaway(fsync=True) as own:
        yield own


@pytest_asyncio.fixture(scope="module")
async def chain(own_servers: Servers) -> AsyncIterator[Chain]:
    """The chain without traces."""
    yield await start_chain(own_servers)


@pytest_asyncio.fixture(scope="module")
async def token(chain: Chain) -> str:
    """The unit's token for HTTP."""
    async with chain.http("intake") as http:
        return str((await http.post(f"/ops/sources/{UNIT}/tokens")).json()["token"])


async def ready(chain: Chain, service: str) -> Seen:
    """The answer of `/readyz`: its status and what it says."""
    async with chain.http(service) as http:
        answer = await http.get("/readyz")
        return answer.status_code, answer.json()


async def metrics(chain: Chain, service: str) -> dict[str, float]:
    """Every sample of `/metrics` by its name, with the check or consumption it is about."""
    async with chain.http(service) as http:
        text = (await http.get("/metrics")).text
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def becomes_ready(chain: Chain, *services: str) -> None:
    """Wait until these services say that all their checks hold, in `/metrics` too."""
    for service in services:
        await until(partial(ready, chain, service), lambda seen: seen[0] == 200, 60)
        told = await metrics(chain, service)
        assert (service, told["ready"]) == (service, 1)
        assert [n for n, v in told.items() if n.startswith("check_ok") and v != 1] == []


def _fails(check: str, seen: Seen) -> bool:
    return check in failing(seen)


def failing(seen: Seen) -> dict[str, str]:
    """The checks that fail, with what they say."""
    return {name: one["reason"] for name, one in seen[1]["checks"].items() if not one["ok"]}


async def post(chain: Chain, token: str, told: dict[str, Any]) -> httpx.Response:
    """Send one event over HTTP as the unit does."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/cloudevents+json"}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        url = f"{chain.urls['intake']}/v1/events"
        return await http.post(url, content=orjson.dumps(told), headers=headers)


async def inputs(chain: Chain) -> int:
    """How many inputs intake has answered so far."""
    async with chain.http("intake") as http:
        told = (await http.get("/ops/totals")).json()
    return int(told["accepted"] + told["resent"] + told["rejected"])


def claim() -> str:
    """A claim number nobody has used."""
    return f"H-{uuid.uuid4().hex[:8]}"


def stages_of(answer: Answer, number: str) -> list[str]:
    """Where the cases stand that began with the first event about a claim."""
    first = f"{number}/1"
    return [one["stage"] for one in answer.standing() if one["timeline"][0]["id"] == first]


async def test_all_is_well(chain: Chain) -> None:
    """With everything there both services are ready, read their partitions, and owe nothing."""
    await publish(chain, path_to_payment(claim()))
    await answered(chain, 4)
    await becomes_ready(chain, *SERVICES)
    for service, name in (("intake", "inbound"), ("status", "case-event")):
        told = await metrics(chain, service)
        assert told[f"assigned_partitions {name}"] > 0
        assert (told["outbox_depth_rows"], told["outbox_oldest_age_seconds"]) == (0, 0)
        assert told[f"consumed_records_total {name}"] >= 4


async def test_without_kafka(chain: Chain, token: str) -> None:
    """
    While Kafka is away: events are still accepted over HTTP, the oldest outbox row grows older, and
    both services say which consumption gets no answer. Once it is back everything is told.
    """
    before = await inputs(chain)
    await asyncio.to_thread(chain.servers.kill, "kafka", AWAY_SECONDS)
    number = claim()
    assert (await post(chain, token, event("submitted", number, 1))).status_code == 202
    young = await until(lambda: metrics(chain, "intake"), lambda m: m["outbox_depth_rows"] >= 1)
    for service, name in (("intake", "inbound"), ("status", "case-event")):
        check = f"consumption {name}"
        seen = await until(partial(ready, chain, service), partial(_fails, check))
        assert seen[0] == 503
        assert "Kafka has not answered a fetch" in failing(seen)[check]
    old = await metrics(chain, "intake")
    assert old["outbox_oldest_age_seconds"] > young["outbox_oldest_age_seconds"] + 1
    assert (old["ready"], old[f"check_ok {CONSUMING}"], old["check_ok database"]) == (0, 0, 1)
    await asyncio.to_thread(chain.servers.await_up, "kafka")
    await becomes_ready(chain, *SERVICES)
    answer = await answered(chain, before + 1)
    assert stages_of(answer, number) == ["at_unit"]
    assert (await metrics(chain, "intake"))["outbox_oldest_age_seconds"] == 0


async def test_without_postgres(chain: Chain, token: str) -> None:
    """
    While Postgres is away: both services are alive and not ready and say why, a sender over HTTP is
    told to come again, and what is on Kafka waits. Once it is back it is accepted.
    """
    before = await inputs(chain)
    number = claim()
    await asyncio.to_thread(chain.servers.kill, "postgres", AWAY_SECONDS)
    await publish(chain, [event("submitted", number, 1)])
    for service in SERVICES:
        seen = await until(partial(ready, chain, service), lambda s: s[0] == 503)
        assert failing(seen)["database"].startswith("does not answer")
        told = await metrics(chain, service)
        assert (told["ready"], told["check_ok database"]) == (0, 0)
        async with chain.http(service) as http:
            assert (await http.get("/livez")).status_code == 200
    refused = await post(chain, token, event("submitted", claim(), 1))
    assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
    seen = await until(lambda: ready(chain, "intake"), lambda s: CONSUMING in failing(s))
    assert "a batch fails since" in failing(seen)[CONSUMING]
    await asyncio.to_thread(chain.servers.await_up, "postgres")
    await becomes_ready(chain, *SERVICES)
    answer = await answered(chain, before + 1)
    assert stages_of(answer, number) == ["at_unit"]


async def test_with_status_stopped(chain: Chain) -> None:
    """Intake stays ready and tells on; what status has not read is seen, and read afterwards."""
    before = await inputs(chain)
    stop(chain, "status")
    with pytest.raises(httpx.ConnectError):
        await ready(chain, "status")
    told = path_to_payment(claim())
    await publish(chain, told)
    await until(lambda: inputs(chain), lambda count: count == before + len(told))
    waiting = await until(lambda: unread(chain), lambda count: count == len(told))
    assert waiting == len(told)
    assert (await ready(chain, "intake"))[0] == 200
    await start_again(chain, "status")
    await becomes_ready(chain, "status")
    answer = await answered(chain, before + len(told))
    assert answer.stages()["paid"] == 2


async def test_a_few_unreadable_messages_stop_nobody(chain: Chain) -> None:
    """They become dead letters with reason and age; what lies behind them is followed."""
    before = await inputs(chain)
    await spoil(chain, 3)
    await publish(chain, [event("submitted", claim(), 1)])
    await answered(chain, before + 1)
    assert (await ready(chain, "status"))[0] == 200
    listed = await letters(chain)
    assert listed["open"] == {"invalid-message": 3}
    assert [one["topic"] for one in listed["dead_letters"]] == ["case-event"] * 3
    assert all(one["age_seconds"] >= 0 for one in listed["dead_letters"])
    told = await metrics(chain, "status")
    assert told["dead_letters_total case-event invalid-message"] == 3


async def test_a_flood_stops_the_consumer_until_an_operator_speaks(chain: Chain) -> None:
    """
    Too many at once look like a fault of ours: status stops, says so, and writes none of them.

    Intake is not concerned. After the operator's word all become dead letters and status goes on.
    """
    before = await inputs(chain)
    await spoil(chain, UNREADABLE)
    seen = await until(lambda: ready(chain, "status"), lambda s: s[0] == 503)
    assert "POST /ops/dead-letters/resume" in failing(seen)["consumption case-event"]
    told = await metrics(chain, "status")
    assert told["dead_letter_floods_total case-event"] >= 1
    assert (told["ready"], told["check_ok consumption case-event"]) == (0, 0)
    assert (await letters(chain))["open"] == {"invalid-message": 3}
    assert (await ready(chain, "intake"))[0] == 200
    async with chain.http("status") as http:
        resumed = await http.post("/ops/dead-letters/resume")
    assert resumed.json() == {"resumed": ["case-event"]}
    await publish(chain, [event("submitted", claim(), 1)])
    await answered(chain, before + 1)
    await becomes_ready(chain, "status")
    assert (await letters(chain))["open"] == {"invalid-message": 3 + UNREADABLE}


async def test_a_dead_letter_is_shown_and_sent_again_once(chain: Chain) -> None:
    """Shown with its bytes; redriven twice it goes out once, and those bytes land here again."""
    before = (await letters(chain))["dead_letters"]
    first, last = before[0]["id"], before[-1]["id"]
    async with chain.http("status") as http:
        shown = (await http.get(f"/ops/dead-letters/{first}")).json()
        once = (await http.post(f"/ops/dead-letters/{first}/redrive")).json()
        twice = (await http.post(f"/ops/dead-letters/{first}/redrive")).json()
        missing = await http.get("/ops/dead-letters/999999")
        assert (once["redriven"], twice["redriven"], twice["already"]) == (True, False, True)
        assert missing.status_code == 404
        listed = await until(lambda: letters(chain), lambda it: it["dead_letters"][-1]["id"] > last)
        newest = listed["dead_letters"][-1]["id"]
        again = (await http.get(f"/ops/dead-letters/{newest}")).json()
    assert (shown["reason"], again["value"]) == ("invalid-message", shown["value"])
    assert shown["value"].startswith("no event ")
    ids = [one["id"] for one in listed["dead_letters"]]
    assert (first in ids, len(ids)) == (False, len(before))


async def test_what_broke_left_no_mark(chain: Chain) -> None:
    """After all of it every case has its state once: versions follow each other without a gap."""
    answer = await read_answer(chain.servers.kafka)
    assert answer.contradictions() == 0
    assert sorted(answer.stages()) == ["at_unit", "paid"]


async def spoil(chain: Chain, count: int) -> None:
    """Put messages on `case-event` that nobody can read."""
    async with producing(chain.servers.kafka) as producer:
        sent = [await producer.send("case-event", f"no event {n}".encode()) for n in range(count)]
        await asyncio.gather(*sent)


async def letters(chain: Chain) -> dict[str, Any]:
    """The open dead letters of status."""
    async with chain.http("status") as http:
        return dict((await http.get("/ops/dead-letters?limit=1000")).json())
