"""
The seam to FastStream and aiokafka: one batch subscriber that loses nothing.

What is set here replaces defaults that lose or stall: the parser never reads a header, the decoder
passes the raw records on, commits name their offsets, nothing is created, history is not skipped,
partitions are drained before they go, and a rebalance waits longer than a batch can take.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import IllegalStateError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage

if TYPE_CHECKING:
    from chassis.consuming import Consumer
    from chassis.settings import ServiceSettings

GRACE_SECONDS = 15.0
DRAIN_SECONDS = 30.0
METADATA_AGE_MS = 5_000
IDLE_POLL_MS = 20

Offsets = dict[TopicPartition, int]

_ASSIGNORS = {"range": RangePartitionAssignor, "roundrobin": RoundRobinPartitionAssignor}


def offsets_after(records: Sequence[ConsumerRecord]) -> Offsets:
    """Return for each partition the offset behind the last of *records*."""
    after: dict[tuple[str, int], int] = {}
    for record in records:
        after[record.topic, record.partition] = record.offset + 1
    return {TopicPartition(*place): offset for place, offset in after.items()}


def offsets_of(batches: Sequence[Sequence[ConsumerRecord]]) -> Offsets:
    """Return for each partition the lowest offset in *batches*."""
    first: Offsets = {}
    for record in [record for batch in batches for record in batch]:
        place = TopicPartition(record.topic, record.partition)
        first[place] = min(record.offset, first.get(place, record.offset))
    return first


class RawBatch(KafkaMessage):
    """
    A batch as the framework carries it.

    The consumer commits each batch itself, by offset; the framework's own `ack` would commit
    whatever was fetched since. `nack` goes back to everything that is not finished.
    """

    owner: Consumer

    async def ack(self) -> None:
        """Do nothing: what is finished is committed."""

    async def reject(self) -> None:
        """Do nothing, as `ack`: no record is ever skipped here."""

    async def nack(self) -> None:
        """Go back to the first record that was not finished, in each partition."""
        self.owner.subscription.rewind(self.owner.unfinished())


class Drain(ConsumerRebalanceListener):  # type: ignore[misc]
    """
    Finishes the batch in hand before partitions go; without it two processes run the same records.
    """

    def __init__(self, owner: Consumer) -> None:
        self._owner = owner

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Called before the group shares out its partitions anew."""
        if revoked:
            await self._owner.drain(DRAIN_SECONDS)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Called when this process has its partitions."""
        owner = self._owner
        name = owner.consumption.name
        owner.metrics.rebalances.labels(name).inc()
        owner.metrics.assigned.labels(name).set(len(assigned))
        owner.progress.assigned_at.append(time.monotonic())
        owner.log.info("partitions assigned", count=len(assigned))
        if owner.progress.flood is not None:
            owner.subscription.pause()


class Subscription:
    """The subscriber of one consumer, made anew for each start."""

    def __init__(self, owner: Consumer, settings: ServiceSettings) -> None:
        self._owner = owner
        self._settings = settings
        self._broker: KafkaBroker | None = None
        self._subscriber: Any = None

    @property
    def consumer(self) -> Any:
        """The aiokafka consumer, None while stopped."""
        return None if self._subscriber is None else self._subscriber.consumer

    async def start(self) -> None:
        """Join the group. Raises what the client raises when no broker answers."""
        self._broker = self._make_broker()
        self._subscriber = self._make_subscriber(self._broker)
        try:
            await self._broker.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """
        Take no more, wait up to 15 s for the batch in hand, leave, and leave nothing open.

        While the broker is away the client's own stop lets a fetch that it cancelled escape, and
        its connections stay.
        """
        broker, self._broker = self._broker, None
        consumer = self.consumer
        if broker is None:
            return
        try:
            with contextlib.suppress(IllegalStateError):
                await broker.stop()
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
        finally:
            if consumer is not None:
                await consumer._client.close()

    async def wait_idle(self, seconds_max: float) -> None:
        """Wait until no batch is in hand, handler and commit included."""
        if self._subscriber is not None:
            await self._subscriber.lock.wait_release(seconds_max)

    async def take_ready(self, records_max: int) -> list[ConsumerRecord]:
        """
        Return records that are already fetched, none when none are; never waits for the broker.
        """
        consumer = self.consumer
        if consumer is None or not self._subscriber.running:
            return []
        ready = await consumer.getmany(timeout_ms=0, max_records=records_max)
        return [record for records in ready.values() for record in records]

    async def commit(self, offsets: Offsets) -> None:
        """Commit exactly *offsets*."""
        consumer = self.consumer
        if consumer is not None:
            await consumer.commit(offsets)

    def rewind(self, batches: Sequence[Sequence[ConsumerRecord]]) -> None:
        """Read *batches* again; partitions that are gone are read by whoever has them now."""
        consumer = self.consumer
        if consumer is None:
            return
        for place, offset in offsets_of(batches).items():
            # Without any assignment the client asserts, with another one it raises.
            with contextlib.suppress(IllegalStateError, AssertionError):
                consumer.seek(place, offset)

    def pause(self) -> None:
        """Fetch nothing more, but stay in the group."""
        if self.consumer is not None:
            self.consumer.pause(*self.consumer.assignment())

    def unpause(self) -> None:
        """Fetch again."""
        if self.consumer is not None:
            self.consumer.resume(*self.consumer.paused())

    def assigned(self) -> int:
        """Return how many partitions this process reads."""
        return 0 if self.consumer is None else len(self.consumer.assignment())

    def alive(self) -> bool:
        """Return whether the loop that polls is running."""
        tasks = [] if self._subscriber is None else self._subscriber.tasks
        return any(not task.done() for task in tasks)

    def joined(self) -> bool:
        """Return whether the group knows this process as a living member."""
        coordinator = getattr(self.consumer, "_coordinator", None)
        heartbeat = getattr(coordinator, "_heartbeat_task", None)
        return heartbeat is not None and not heartbeat.done()

    def absent_topics(self) -> list[str]:
        """Return the topics that the broker does not have."""
        consumer = self.consumer
        if consumer is None:
            return []
        topics = map(self._settings.prefixed, self._owner.consumption.topics)
        return [topic for topic in topics if not consumer.partitions_for_topic(topic)]

    def poll_age_seconds(self) -> float | None:
        """Return how long ago the broker last answered a fetch; None before the first answer."""
        consumer = self.consumer
        if consumer is None:
            return None
        stamps = [consumer.last_poll_timestamp(place) for place in consumer.assignment()]
        known = [stamp for stamp in stamps if stamp]
        return max(0.0, time.time() - max(known) / 1000) if known else None

    def _make_broker(self) -> KafkaBroker:
        """Return a broker object that can only consume and makes no topics."""
        settings = self._settings
        return KafkaBroker(
            settings.kafka,
            client_id=f"{settings.service}-{settings.instance}",
            consumer_only=True,
            allow_auto_create_topics=False,
            metadata_max_age_ms=METADATA_AGE_MS,
            graceful_timeout=GRACE_SECONDS,
            apply_types=False,
            # Its own logger writes coloured text to stderr; ours goes where all lines go.
            logger=logging.getLogger("chassis.framework"),
            log_level=logging.DEBUG,
        )

    def _make_subscriber(self, broker: KafkaBroker) -> Any:
        """Declare the one subscriber of this consumption."""
        consumption = self._owner.consumption
        prefixed = self._settings.prefixed
        where: dict[str, Any] = {}
        if consumption.pattern is not None:
            where["pattern"] = "^" + re.escape(self._settings.topic_prefix) + consumption.pattern
        subscriber = broker.subscriber(
            *map(prefixed, consumption.topics),
            **where,
            batch=True,
            group_id=prefixed(consumption.group),
            group_instance_id=self._settings.instance,
            max_records=consumption.records_max,
            batch_timeout_ms=IDLE_POLL_MS,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            parser=self._parse,
            decoder=_pass_on,
            listener=Drain(self._owner),
            session_timeout_ms=consumption.session_seconds * 1000,
            rebalance_timeout_ms=consumption.rebalance_seconds * 1000,
            partition_assignment_strategy=(_ASSIGNORS[consumption.assignor],),
            title=consumption.name,
        )
        subscriber(self._owner.on_batch)
        return subscriber

    # Two parameters: the framework passes its own parser only to functions that take one.
    async def _parse(self, records: Any, _original: Any) -> RawBatch:
        """Wrap *records* without reading them: a null header or body would lose the whole batch."""
        first = records[0]
        batch = RawBatch(
            body=b"",
            headers={},
            raw_message=records,
            message_id=f"{first.topic}:{first.partition}:{first.offset}",
            correlation_id="-",
            consumer=self.consumer,
        )
        batch.owner = self._owner
        return batch


def _is_cancelled() -> bool:
    """Was this task itself asked to end?"""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _pass_on(message: RawBatch) -> Any:
    """Give the handler the raw records."""
    return message.raw_message
