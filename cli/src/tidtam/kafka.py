"""The command's Kafka side: publish to inbound topics, and read what came of it."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from tidtam.events_file import Item
from tidtam.publishing import Advance, Sent, slug_of, traced
from tidtam.trouble import Trouble, unreachable
from tidtam.whereabouts import Whereabouts

INTAKE_GROUP = "intake"
WAIT_SECONDS_MAX = 60.0
# After intake has read past an event, its reject is this far away at most: outbox, relay, broker.
QUIET_SECONDS = 1.0
POLL_SECONDS = 0.1
IN_FLIGHT_MAX = 2000

logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def send_kafka(
    items: Sequence[Item], given: str | None, at: Whereabouts, advance: Advance, wait: bool
) -> list[Sent]:
    """
    Publish *items*, each to its source's topic, in their order.

    With *wait* the verdicts of intake are read back. Raises `Trouble`.
    """
    return asyncio.run(_send(items, given, at, advance, wait))


async def _send(
    items: Sequence[Item], given: str | None, at: Whereabouts, advance: Advance, wait: bool
) -> list[Sent]:
    slugs = sorted({slug_of(item, given) for item in items})
    before = await _ends(at, [f"inbound-rejected.{slug}" for slug in slugs]) if wait else {}
    async with producing(at) as producer:
        await _require_topics(producer, slugs, at)
        sent = list[Sent]()
        for start in range(0, len(items), IN_FLIGHT_MAX):
            sent += await send_part(producer, items[start : start + IN_FLIGHT_MAX], given, at)
            advance(min(IN_FLIGHT_MAX, len(items) - start))
    return await _verdicts(sent, before, at) if wait else sent


async def send_part(
    producer: AIOKafkaProducer, items: Sequence[Item], given: str | None, at: Whereabouts
) -> list[Sent]:
    """Publish *items* in their order and wait for the broker's word on each. Raises `Trouble`."""
    waiting = []
    for item in items:
        slug = slug_of(item, given)
        topic = at.topic(f"inbound.{slug}")
        try:
            acknowledged = await producer.send(topic, traced(item))
        except KafkaError as error:
            raise _not_sent(slug, error) from None
        waiting.append((item, slug, acknowledged))
    sent = []
    for item, slug, acknowledged in waiting:
        try:
            at_ = await acknowledged
        except KafkaError as error:
            raise _not_sent(slug, error) from None
        position = f"inbound.{slug}/{at_.partition}/{at_.offset}"
        sent.append(Sent(item, slug, "published", position))
    return sent


async def _require_topics(
    producer: AIOKafkaProducer, slugs: Sequence[str], at: Whereabouts
) -> None:
    # Asked beforehand: a send to a topic that is missing hangs for 40 seconds.
    known = (await producer.client.fetch_all_metadata()).topics()
    for slug in slugs:
        if at.topic(f"inbound.{slug}") not in known:
            raise Trouble(
                f"There is no topic inbound.{slug}: nobody registered the source {slug}.",
                "See `tidtam source list`; `tidtam source add` registers it and makes its topics.",
            )


def _not_sent(slug: str, error: KafkaError) -> Trouble:
    return Trouble(f"Kafka did not take an event of {slug}: {type(error).__name__}.")


async def _verdicts(
    sent: Sequence[Sent], before: dict[TopicPartition, int], at: Whereabouts
) -> list[Sent]:
    """Wait until intake has read past all that was sent, then take the rejects as they come."""
    await await_group(at, INTAKE_GROUP, _ends_of(sent, at))
    refused = await _rejects(before, at)
    told = []
    for one in sent:
        why = refused.get(one.position or "")
        verdict = "accepted" if why is None else ("altered" if why["altered"] else "rejected")
        findings = tuple(why["findings"]) if why else ()
        told.append(Sent(one.item, one.slug, verdict, one.position, findings))
    return told


def _ends_of(sent: Iterable[Sent], at: Whereabouts) -> dict[TopicPartition, int]:
    ends: dict[TopicPartition, int] = {}
    for one in sent:
        topic, partition, offset = (one.position or "").rsplit("/", 2)
        where = TopicPartition(at.topic(topic), int(partition))
        ends[where] = max(ends.get(where, 0), int(offset) + 1)
    return ends


async def await_group(at: Whereabouts, group: str, ends: dict[TopicPartition, int]) -> None:
    """Wait until *group* has committed *ends*. Raises `Trouble` after a minute."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    async with _admin(at) as admin:
        while True:
            done = await admin.list_consumer_group_offsets(at.topic(group))
            behind = [p for p, end in ends.items() if p not in done or done[p].offset < end]
            if not behind:
                return
            if time.monotonic() > deadline:
                raise Trouble(
                    f"{group} has not read {behind[0].topic} to its end after"
                    f" {WAIT_SECONDS_MAX:.0f} s.",
                    "Your events are safe on Kafka. `make status` says whether it runs.",
                )
            await asyncio.sleep(POLL_SECONDS)


async def _rejects(before: dict[TopicPartition, int], at: Whereabouts) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    async with _consumer(at) as consumer:
        consumer.assign(list(before))
        for where, offset in before.items():
            consumer.seek(where, offset)
        while records := await consumer.getmany(timeout_ms=int(QUIET_SECONDS * 1000)):
            for record in (one for many in records.values() for one in many):
                data = json.loads(record.value)["data"]
                found[str(data["position"])] = data
    return found


async def _ends(at: Whereabouts, topics: Sequence[str]) -> dict[TopicPartition, int]:
    async with _consumer(at) as consumer:
        wanted = list[TopicPartition]()
        for topic in map(at.topic, topics):
            partitions = consumer.partitions_for_topic(topic) or ()
            wanted += [TopicPartition(topic, partition) for partition in partitions]
        ends: dict[TopicPartition, int] = await consumer.end_offsets(wanted) if wanted else {}
        return ends


@asynccontextmanager
async def producing(at: Whereabouts) -> AsyncIterator[AIOKafkaProducer]:
    """Give a started producer that loses and repeats nothing. Raises `Trouble`."""
    producer = AIOKafkaProducer(
        bootstrap_servers=at.need("KAFKA"),
        enable_idempotence=True,
        acks="all",
        max_batch_size=262_144,
        linger_ms=5,
        max_request_size=8_000_000,
    )
    async with _started(producer, at) as started:
        yield started


@asynccontextmanager
async def _consumer(at: Whereabouts) -> AsyncIterator[AIOKafkaConsumer]:
    async with _started(AIOKafkaConsumer(bootstrap_servers=at.need("KAFKA")), at) as started:
        await started._client.force_metadata_update()
        yield started


@asynccontextmanager
async def _admin(at: Whereabouts) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=at.need("KAFKA"))
    try:
        await admin.start()
        yield admin
    except KafkaError as error:
        raise unreachable("Kafka", at.need("KAFKA"), type(error).__name__) from None
    finally:
        await admin.close()


@asynccontextmanager
async def _started(client: Any, at: Whereabouts) -> AsyncIterator[Any]:
    try:
        await client.start()
    except (KafkaError, OSError) as error:
        await client.stop()
        raise unreachable("Kafka", at.need("KAFKA"), type(error).__name__) from None
    try:
        yield client
    finally:
        await client.stop()
