"""
A whole service on the chassis, as a process: it starts in any order, tells the truth, and loses
nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ground.throwaway import Servers

    from tests.integration.chassis.conftest import Shoe

Until = Callable[..., Awaitable[None]]

TOKEN = {"authorization": "Bearer operator-1"}


async def test_it_tells_who_it_is(shoe: Shoe, wait_until: Until) -> None:
    """A ready service names every check, shows its metrics, and guards what is the operator's."""
    await wait_until(shoe.ready)
    _, seen = await shoe.get("/readyz")
    metrics = (await shoe.http.get("/metrics")).text
    assert seen["ready"] is True
    assert sorted(seen["checks"]) == ["consumption orders", "database", "outbox", "start"]
    assert seen["consumptions"]["orders"]["assigned_partitions"] == 4
    assert 'assigned_partitions{consumption="orders"} 4.0' in metrics
    assert (await shoe.get("/livez")) == (200, {"alive": True})
    assert (await shoe.get("/ops/dead-letters"))[0] == 401
    assert (await shoe.get("/ops/dead-letters", authorization="Bearer wrong"))[0] == 401
    assert (await shoe.get("/ops", authorization="Basic operator-1"))[0] == 401
    assert (await shoe.get("/ops/dead-letters", **TOKEN))[0] == 200


async def test_an_operator_redrives_over_http(shoe: Shoe, wait_until: Until) -> None:
    """
    Dead letters are listed with age and class, shown, and sent again once however often asked.
    """
    await wait_until(shoe.ready)
    await shoe.bed.send("order", [b"bad", b"good"])
    await wait_until(lambda: _is(shoe.count(), 1))
    _, listed = await shoe.get("/ops/dead-letters", **TOKEN)
    (letter,) = listed["dead_letters"]
    at = f"/ops/dead-letters/{letter['id']}"
    _, shown = await shoe.get(at, **TOKEN)
    first, second = (
        await shoe.post(at + "/redrive", **TOKEN),
        await shoe.post(at + "/redrive", **TOKEN),
    )
    await wait_until(lambda: _letters(shoe, 2))
    assert (listed["open"], letter["reason"], shown["value"]) == (
        {"unreadable": 1},
        "unreadable",
        "bad",
    )
    assert 0 <= letter["age_seconds"] < 60
    assert (first[1]["redriven"], second[1]["redriven"], second[0]) == (True, False, 200)
    assert (await shoe.post("/ops/dead-letters/99/redrive", **TOKEN))[0] == 404
    assert await shoe.post("/ops/dead-letters/resume", **TOKEN) == (200, {"resumed": []})


async def test_a_flood_shows_in_readiness_until_resumed(shoe: Shoe, wait_until: Until) -> None:
    """A flood of dead letters makes the service unready and says what to do; resume mends it."""
    await shoe.bed.send("order", [b"bad"] * 150)
    await wait_until(lambda: _told(shoe, "consumption orders", "150 of 150 records"))
    told = await shoe.problem("consumption orders")
    assert told.endswith("mend the cause, then POST /ops/dead-letters/resume")
    resumed = await shoe.post("/ops/dead-letters/resume", **TOKEN)
    await wait_until(shoe.ready)
    await wait_until(lambda: _letters(shoe, 150))
    assert resumed == (200, {"resumed": ["orders"]})


async def test_it_starts_while_kafka_is_away(
    killable: Servers, shoe: Shoe, wait_until: Until
) -> None:
    """
    Killed and started with the broker away, it lives, says what it waits for, and is ready
    afterwards.
    """
    await wait_until(shoe.ready)
    killable.kill("kafka", away_seconds=3)
    killable.kill(shoe.name)
    await wait_until(lambda: _told(shoe, "start", "waiting for Kafka"))
    alive = await shoe.get("/livez")
    early = await shoe.get("/v1/count")
    await wait_until(shoe.ready, 40)
    assert (alive[0], early) == (200, (503, {"error": "starting; see /readyz"}))


async def test_readiness_names_kafka_when_it_is_gone(
    killable: Servers, shoe: Shoe, wait_until: Until
) -> None:
    """
    With the broker dead the consumption is unready, with a since; when it is back, ready by itself.
    """
    await wait_until(shoe.ready)
    await shoe.bed.send("order", [b"1"])
    await wait_until(lambda: _is(shoe.count(), 1))
    killable.kill("kafka", away_seconds=8)
    await wait_until(lambda: shoe.problem("consumption orders"), 15)
    _, seen = await shoe.get("/readyz")
    await asyncio.to_thread(killable.await_up, "kafka")
    await wait_until(shoe.ready, 30)
    await shoe.bed.send("order", [b"2"])
    await wait_until(lambda: _is(shoe.count(), 2))
    check = seen["checks"]["consumption orders"]
    assert check["reason"].startswith(("Kafka has not answered", "not a member"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+\+00:00", check["since"])


async def test_readiness_names_postgres_when_it_is_gone(
    killable: Servers, shoe: Shoe, wait_until: Until
) -> None:
    """
    With the database dead the check says so; when it is back, orders sent meanwhile are counted
    once.
    """
    await wait_until(shoe.ready)
    killable.kill("postgres", away_seconds=3)
    await wait_until(lambda: _told(shoe, "database", "does not answer"))
    alive = await shoe.get("/livez")
    await shoe.bed.send("order", [b"%d" % n for n in range(50)])
    await wait_until(shoe.ready, 30)
    await wait_until(lambda: _is(shoe.count(), 50))
    assert alive[0] == 200


async def test_kills_under_load_lose_and_double_nothing(
    killable: Servers, shoe: Shoe, wait_until: Until
) -> None:
    """
    Service, broker and database killed under load: every order counted once, each key in its order.
    """
    await wait_until(shoe.ready)
    orders = 6000
    load = asyncio.create_task(_load(shoe, orders))
    for victim in (shoe.name, "postgres", shoe.name, "kafka"):
        before = await shoe.count()
        await wait_until(lambda before=before: _more(shoe, before), 60)
        killable.kill(victim, away_seconds=0.2)
    await load
    await wait_until(lambda: _is(shoe.count(), orders), 60)
    await wait_until(lambda: _drained(shoe), 30)
    records = await shoe.bed.read("order-status", orders, 30)
    keys: dict[bytes, list[int]] = {}
    for record in records:
        keys.setdefault(record.key, []).append(int(record.value))
    firsts = {key: list(dict.fromkeys(found)) for key, found in keys.items()}
    assert firsts == {b"k%d" % k: list(range(k, orders, 20)) for k in range(20)}


async def test_a_term_signal_leaves_nothing_behind(shoe: Shoe, wait_until: Until) -> None:
    """SIGTERM under load ends with 0: what was counted is committed and published."""
    await wait_until(shoe.ready)
    load = asyncio.create_task(_load(shoe, 4000))
    await wait_until(lambda: _more(shoe, 0))
    started = time.monotonic()
    code = await asyncio.to_thread(shoe.servers.stop, shoe.name)
    seconds = time.monotonic() - started
    await load
    counted = await shoe.bed.pool.fetchval("select count(*) from seen")
    left = await shoe.bed.pool.fetchval("select count(*) from outbox")
    committed = [await shoe.bed.committed("shoe", "order", n) or 0 for n in range(4)]
    assert (code, left, sum(committed)) == (0, 0, counted)
    assert seconds < 10


async def test_a_task_that_ends_ends_the_process(shoe: Shoe, wait_until: Until) -> None:
    """A service one of whose tasks has ended does not linger: it exits with 70 and says which."""
    await wait_until(shoe.ready)
    await asyncio.to_thread(shoe.servers.stop, shoe.name)
    env = {**os.environ, **shoe.env, "TIDTAM_ENDS": "1"}
    process = await asyncio.create_subprocess_exec(
        *shoe.argv, env=env, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 20)
    last = json.loads(out.splitlines()[-1])
    assert (process.returncode, last["reason"]) == (70, "_ends has ended")


async def test_its_log_is_json_without_content(shoe: Shoe, wait_until: Until) -> None:
    """Every line of the log is one JSON object with level and time."""
    await wait_until(shoe.ready)
    await asyncio.to_thread(shoe.servers.stop, shoe.name)
    lines = shoe.servers.log(shoe.name).read_text().splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    assert {"event", "level", "timestamp", "service"} <= set(told[0])
    assert [line for line in lines if not line.startswith("{")] == []
    assert told[-1]["event"] == "stopped"


async def _load(shoe: Shoe, orders: int) -> None:
    """Publish numbered orders over 20 keys, in chunks, through any outage."""
    for start in range(0, orders, 200):
        sent = [
            await shoe.bed.producer.send(shoe.bed.name("order"), b"%d" % n, key=b"k%d" % (n % 20))
            for n in range(start, start + 200)
        ]
        await asyncio.gather(*sent)
        await asyncio.sleep(0.05)


async def _is(found: Awaitable[object], expected: object) -> bool:
    """Return whether *found* gives *expected*."""
    return bool(await found == expected)


async def _more(shoe: Shoe, before: int) -> bool:
    """Return whether orders were counted since."""
    return await shoe.count() > max(before, 0)


async def _told(shoe: Shoe, check: str, words: str) -> bool:
    """Return whether the reason of *check* has *words*."""
    return words in await shoe.problem(check)


async def _letters(shoe: Shoe, count: int) -> bool:
    """Return whether so many dead letters are kept."""
    return bool(await shoe.bed.pool.fetchval("select count(*) from dead_letter") == count)


async def _drained(shoe: Shoe) -> bool:
    """Return whether the outbox is empty."""
    return bool(await shoe.bed.pool.fetchval("select count(*) from outbox") == 0)
