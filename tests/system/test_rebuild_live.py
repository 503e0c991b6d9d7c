"""`rebuild` beside live traffic: the same cases as without it, and nothing is told twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import orjson
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer
from contracts.mapping import load_mapping
from contracts.plan import Plan
from contracts.planning import plan_log
from contracts.process_file import load_process
from ground.throwaway import Servers, throwaway
from tidtam.proving.answer import Answer
from tidtam.proving.chain import Chain, await_topics, register_sources
from tidtam.proving.chain import start_chain as start_services
from tidtam.proving.disturb import Disturbances, clocks_us, deliveries
from tidtam.proving.rules import rules_of

from tests.system.chains import PROCESS, answered, publish
from tests.system.proving import Known, prove, stand_in

COPIES = 6
CHUNK_EVENTS = 250
FORGOTTEN = 3


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """The generated log."""
    return stand_in(tmp_path_factory.mktemp("rebuild"), COPIES)


@pytest.fixture(scope="module")
def plan(known: Known) -> Plan:
    """What is played: the generated log, so that its answers are known."""
    process = load_process(PROCESS)
    return plan_log(known.path, load_mapping(known.mapping, process), process)


@pytest.fixture(scope="module")
def own_servers() -> Iterator[Servers]:
    """Kafka and PostgreSQL of this module."""
    with throwaway() as own:
        yield own


@pytest_asyncio.fixture(scope="module")
async def chain(own_servers: Servers, plan: Plan) -> AsyncIterator[Chain]:
    """The chain with the plan's sources."""
    sent = deliveries(plan, Disturbances())
    rules = rules_of(load_process(PROCESS), plan)
    chain = await start_services(own_servers, rules, clocks_us(plan, sent))
    await register_sources(chain, plan)
    await await_topics(chain, len(plan.sources))
    yield chain


@pytest_asyncio.fixture(scope="module")
async def rebuilt(chain: Chain, plan: Plan) -> tuple[Answer, list[dict[str, Any]]]:
    """
    Play the plan, shuffled, with one rebuild after the other meanwhile; for some cases status is
    made to forget what it told, so that the rebuilds have something to say too.
    """
    sent = deliveries(plan, Disturbances(shuffle=True))
    done = asyncio.Event()
    rebuilding = asyncio.create_task(rebuild_until(chain, done))
    for start in range(0, len(sent), CHUNK_EVENTS):
        await publish(chain, [one.planned.event for one in sent[start : start + CHUNK_EVENTS]])
        await forget(chain, FORGOTTEN)
    await answered(chain, len(sent))
    done.set()
    told = await rebuilding
    # The last word: whatever was forgotten after the last look.
    told.append(await rebuild(chain))
    return await answered(chain, len(sent)), told


async def rebuild(chain: Chain) -> dict[str, Any]:
    """Ask for a rebuild as an operator who has seen the list."""
    async with chain.http("status") as http:
        return dict((await http.post("/ops/rebuild?approve=1")).raise_for_status().json())


async def rebuild_until(chain: Chain, done: asyncio.Event) -> list[dict[str, Any]]:
    """One rebuild after the other, at least one."""
    told = [await rebuild(chain)]
    while not done.is_set():
        told.append(await rebuild(chain))
    return told


async def forget(chain: Chain, count: int) -> None:
    """Make status forget what it told of some cases: a rebuild must tell them again."""
    connection = await asyncpg.connect(chain.database_url)
    try:
        await connection.execute(
            "update status.followed_case set visible_sha256 = '' where case_id in"
            " (select case_id from status.followed_case order by random() limit $1)",
            count,
        )
    finally:
        await connection.close()


async def told_messages(kafka: str) -> list[dict[str, Any]]:
    """Every message `case-status` ever had, in the order of each case."""
    consumer = AIOKafkaConsumer(
        "case-status", bootstrap_servers=kafka, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        assert ends
        told = []
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                told += [orjson.loads(record.value)["data"] for record in records]
        return told
    finally:
        await consumer.stop()


async def test_the_same_cases_as_without_a_rebuild(
    rebuilt: tuple[Answer, list[dict[str, Any]]], known: Known
) -> None:
    """With rebuilds running all the time the state hash is that of a run without any."""
    answer, _ = rebuilt
    undisturbed = await asyncio.to_thread(prove, known)
    assert answer.stages() == known.stages
    assert answer.state_hash() == undisturbed.result["state_hash"]


async def test_rebuilds_ran_and_said_only_what_had_changed(
    rebuilt: tuple[Answer, list[dict[str, Any]]], chain: Chain, known: Known
) -> None:
    """Several ran beside the traffic; one more on a quiet system sees all cases, changes none."""
    _, told = rebuilt
    assert len(told) > 2
    assert sum(len(one["changed"]) for one in told) > 0
    quiet = await rebuild(chain)
    assert (quiet["cases"], quiet["changed"], quiet["published"]) == (known.cases, [], False)


async def test_nothing_is_published_twice(
    rebuilt: tuple[Answer, list[dict[str, Any]]], chain: Chain
) -> None:
    """Each version of a case was told once, without a gap; what a rebuild told says so."""
    told = await told_messages(chain.servers.kafka)
    versions = Counter((one["case"], one["epoch"], one["version"]) for one in told)
    assert [version for version, count in versions.items() if count > 1] == []
    newest = {case: data["version"] for case, data in rebuilt[0].cases.items()}
    assert len(told) == sum(newest.values())
    marked = sum(bool(one.get("rebuilt")) for one in told)
    assert 0 < marked <= sum(len(one["changed"]) for one in rebuilt[1])


async def test_many_changes_wait_for_an_operator(
    rebuilt: tuple[Answer, list[dict[str, Any]]], chain: Chain
) -> None:
    """A rebuild that would tell more than fifty cases publishes none until it is approved."""
    assert rebuilt
    before = len(await told_messages(chain.servers.kafka))
    await forget(chain, 60)
    async with chain.http("status") as http:
        held = (await http.post("/ops/rebuild")).json()
    assert (len(held["changed"]), held["published"]) == (60, False)
    assert held["waits_for_approval"]
    assert len(await told_messages(chain.servers.kafka)) == before
    approved = await rebuild(chain)
    assert (len(approved["changed"]), approved["published"]) == (60, True)
