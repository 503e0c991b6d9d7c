"""
The relay: publishes the outbox of one service to Kafka, in the order of ids, and deletes exactly
what the broker acknowledged.

At most one relay per schema works, by an advisory lock on its own database session; the others
wait. Anything that fails is tried again for ever: rows that were published and not deleted go out
twice, in the same order, and consumers drop them by identity.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import structlog
from aiokafka import AIOKafkaProducer

from chassis.database import backoff_seconds
from chassis.telemetry import BAGGAGE, TRACEPARENT, names_of

if TYPE_CHECKING:
    import asyncpg

    from chassis.metrics import Metrics
    from chassis.telemetry import Hop, Tracing

CHUNK_ROWS = 500
POLL_SECONDS = 0.1
FULL_SCAN_SECONDS = 1.0
TOPIC_WAIT_SECONDS = 5.0

_SELECT = (
    "with sent as (delete from outbox where id = any($4::bigint[]))"
    " select id, topic, key, value, header_names, header_values from outbox"
    " where id > $1 and topic <> all($3::text[]) and id <> all($4::bigint[]) order by id limit $2"
)
"""The acknowledged rows go with the question for the next ones: one round trip, not two."""
_TRY_LOCK = "select pg_try_advisory_lock(hashtextextended(current_schema() || '.relay', 0))"
_OLDEST = (
    "select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8"
    " from (select created_at from outbox order by id limit 1) first"
)


def make_producer(bootstrap: str, client_id: str) -> AIOKafkaProducer:
    """
    Return a producer, not started, that neither loses nor reorders: idempotent, all replicas, big
    batches.
    """
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=client_id,
        enable_idempotence=True,
        acks="all",
        max_batch_size=256 * 1024,
        max_request_size=4 * 1024 * 1024,
    )


class Relay:
    """
    Publishes the outbox of the pool's schema with *producer*; *prefix* goes before every topic.
    """

    def __init__(
        self,
        pool: asyncpg.Pool[Any],
        producer: AIOKafkaProducer,
        prefix: str = "",
        *,
        tracing: Tracing | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._pool = pool
        self._producer = producer
        self._prefix = prefix
        self._tracing = tracing
        self._metrics = metrics
        self._log = structlog.get_logger("chassis.relay")
        self._wake = asyncio.Event()
        self._low = 0
        self._acknowledged: list[int] = []
        self._full_scan_at = 0.0
        self._absent: dict[str, float] = {}
        self._known: set[str] = set()
        self.active = False

    def wake(self) -> None:
        """Say that rows were committed; without it they are found within 100 ms."""
        self._wake.set()

    async def oldest_age_seconds(self) -> float:
        """Return the age of the oldest row, 0 when there is none."""
        return float(await self._pool.fetchval(_OLDEST, timeout=2))

    async def depth(self) -> int:
        """Return how many rows wait."""
        return int(await self._pool.fetchval("select count(*) from outbox", timeout=5))

    async def broker_answers(self) -> bool:
        """Return whether a broker answers now."""
        return bool(await self._producer.client.force_metadata_update())

    async def run(self) -> None:
        """Publish until cancelled, whatever fails."""
        attempt = 0
        while True:
            started = time.monotonic()
            try:
                await self._session()
            except Exception as error:
                if time.monotonic() - started > 10:
                    attempt = 0
                self._failed(error)
            await asyncio.sleep(backoff_seconds(attempt, start=0.1, cap=2.0))
            attempt += 1

    async def flush(self, seconds_max: float) -> bool:
        """Wait until the outbox is empty, at most *seconds_max*; return whether it is."""
        deadline = time.monotonic() + seconds_max
        while time.monotonic() < deadline:
            self.wake()
            with contextlib.suppress(Exception):
                if not await self._pool.fetchval("select exists (select from outbox)", timeout=2):
                    return True
            await asyncio.sleep(0.02)
        return False

    def _failed(self, error: Exception) -> None:
        """Count and say it; the loop goes on."""
        # A topic may have been removed meanwhile: ask again.
        self._known.clear()
        self._log.warning("relay failed, will go on", exc_info=error)
        if self._metrics is not None:
            self._metrics.relay_errors.inc()

    async def _session(self) -> None:
        """Work on one database session until it breaks."""
        async with self._pool.acquire() as connection:
            while True:
                if await connection.fetchval(_TRY_LOCK):
                    break
                await asyncio.sleep(FULL_SCAN_SECONDS)
            self._set_active(True)
            try:
                while True:
                    await self._round(connection)
            finally:
                self._set_active(False)
                # The lock goes with the session: it must not outlive this relay in the pool.
                connection.terminate()

    def _set_active(self, active: bool) -> None:
        """Begin or end being the one relay; the first scan of a session sees every row."""
        self.active = active
        self._low = 0
        if self._metrics is not None:
            self._metrics.relay_active.set(active)

    async def _round(self, connection: Any) -> None:
        """
        Publish one chunk, deleting the one before; wait when there is none, or it was the last.
        """
        self._wake.clear()
        self._forgive_absent()
        asked = (self._low, CHUNK_ROWS, list(self._absent), self._acknowledged)
        rows = await connection.fetch(_SELECT, *asked)
        self._acknowledged = []
        if not rows:
            await self._idle()
            return
        last = len(rows) < CHUNK_ROWS
        rows = await self._of_known_topics(rows)
        await self._publish(rows)
        self._acknowledged = [row["id"] for row in rows]
        if rows:
            self._advance(rows[-1]["id"])
            if self._metrics is not None:
                self._metrics.published.inc(len(rows))
        if last and not self._wake.is_set():
            await self._idle()

    def _advance(self, last: int) -> None:
        """
        Skip dead rows below *last* on the next fetch, but look at everything once a second.

        A row with a lower id may be committed later; a plain cursor would never see it.
        """
        now = time.monotonic()
        if now >= self._full_scan_at:
            self._low, self._full_scan_at = 0, now + FULL_SCAN_SECONDS
        else:
            self._low = last

    async def _idle(self) -> None:
        """Wait for a wake-up or the next poll; an idle relay always looks from the start."""
        self._low = 0
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)

    async def _of_known_topics(self, rows: Sequence[Any]) -> list[Any]:
        """Return the rows whose topic exists; the others wait in the outbox and block nobody."""
        for topic in {row["topic"] for row in rows} - self._known:
            if await self._exists(topic):
                self._known.add(topic)
            else:
                self._absent[topic] = time.monotonic() + TOPIC_WAIT_SECONDS
                self._log.error("topic does not exist, its rows wait", topic=topic)
        return [row for row in rows if row["topic"] not in self._absent]

    async def _exists(self, topic: str) -> bool:
        """Ask the broker for *topic*; an outage is no answer and raises."""
        client = self._producer.client
        name = self._prefix + topic
        await client.add_topic(name)
        for _ in range(3):
            if not await client.force_metadata_update():
                raise ConnectionError("no broker answers")
            if client.cluster.partitions_for_topic(name):
                return True
            await asyncio.sleep(0.1)
        return False

    def _forgive_absent(self) -> None:
        """Ask again for missing topics after a while."""
        now = time.monotonic()
        for topic in [topic for topic, until in self._absent.items() if until <= now]:
            del self._absent[topic]

    async def _publish(self, rows: Sequence[Any]) -> None:
        """Send all *rows* in order and wait for every acknowledgement; any failure raises."""
        hops: list[Hop] = []
        traced = self._tracing is not None and self._tracing.enabled
        futures = []
        for row in rows:
            headers = list(zip(row["header_names"], row["header_values"], strict=True))
            if traced and headers:
                headers = self._hopped(row["topic"], headers, hops)
            futures.append(
                await self._producer.send(
                    self._prefix + row["topic"], row["value"], key=row["key"], headers=headers
                )
            )
        try:
            # Every future is awaited, so that no failure is left behind unseen.
            for outcome in await asyncio.gather(*futures, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
        finally:
            for hop in hops:
                hop.end()

    def _hopped(
        self, topic: str, headers: list[tuple[str, bytes]], hops: list[Hop]
    ) -> list[tuple[str, bytes]]:
        """
        Give a traced row a span for each trace it belongs to, and let the message carry them on.

        A `baggage` right behind its `traceparent` names that span.
        """
        assert self._tracing is not None
        for place, (name, value) in enumerate(headers):
            if name == TRACEPARENT and value is not None:
                after, baggage = headers[place + 1] if place + 1 < len(headers) else ("", None)
                names = names_of(baggage) if after == BAGGAGE and baggage is not None else {}
                traceparent = value.decode("ascii", "replace")
                hop = self._tracing.hop("relay", traceparent, {"topic": topic, **names})
                if hop is not None:
                    hops.append(hop)
                    headers[place] = (TRACEPARENT, hop.traceparent.encode())
        return headers
