"""
Consuming: batches of raw records from Kafka into a handler, at least once, each partition in its
order.

The offset is committed last, and only past what a handler has finished. An error never skips a
record: the batch is tried again with growing pauses, in place first and then from Kafka, until it
succeeds. While one batch is being handled the next is already fetched and, if the consumption has a
`prepare`, decoded: the processor works while the database does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import structlog
from aiokafka.errors import CommitFailedError
from faststream.exceptions import NackMessage

from chassis.committing import Committer
from chassis.database import backoff_seconds, is_transient
from chassis.deadletters import CURRENT_GATE, FloodGate
from chassis.errors import DeadLetterFlood
from chassis.progress import Progress
from chassis.subscription import Offsets, Subscription, offsets_after

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

    from chassis.metrics import Metrics
    from chassis.settings import ServiceSettings

SESSION_SECONDS = 30
REBALANCE_SECONDS = 60
ATTEMPTS_SECONDS = 20.0
"""How long a batch is retried in place; well below the time that a rebalance waits for us."""
SMALL = 50
"""A transaction for one record costs nearly what one for so many costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumption:
    """
    What to consume, and who handles it.

    Give `topics` or one regular expression `pattern`, and `group`, all without the installation's
    prefix. `handle` gets a batch of records of all assigned partitions, those of one partition in
    their order. It must be safe to repeat: after a crash the batch comes again. With `prepare`, a
    pure function, `handle` gets what it made of the records instead. Use the assignor `range` for
    keyed topics that go together, `roundrobin` for many small ones. A small batch waits until
    `pace_seconds` after the one before began, and takes along what came; a lone record never waits.
    """

    name: str
    group: str
    handle: Callable[[Any], Awaitable[None]]
    topics: tuple[str, ...] = ()
    pattern: str | None = None
    prepare: Callable[[Sequence[ConsumerRecord]], Any] | None = None
    records_max: int = 500
    pace_seconds: float = 0.01
    assignor: Literal["range", "roundrobin"] = "range"
    session_seconds: int = SESSION_SECONDS
    rebalance_seconds: int = REBALANCE_SECONDS

    def __post_init__(self) -> None:
        if bool(self.topics) == bool(self.pattern):
            raise ValueError(f"consumption {self.name}: give either topics or a pattern")
        if self.rebalance_seconds <= ATTEMPTS_SECONDS:
            raise ValueError(f"consumption {self.name}: a rebalance must outlast the retries")


@dataclass(slots=True)
class _Batch:
    """A batch in hand. `prepared` is None until it was made."""

    records: Sequence[ConsumerRecord]
    prepared: Any = None


class Consumer:
    """One consumption at work in this process."""

    def __init__(
        self, consumption: Consumption, settings: ServiceSettings, metrics: Metrics
    ) -> None:
        self.consumption = consumption
        self.progress = Progress()
        self.gate = FloodGate()
        self.metrics = metrics
        self.log = structlog.get_logger("chassis.consuming").bind(consumption=consumption.name)
        self.subscription = Subscription(self, settings)
        self._committer = Committer(self._commit)
        self._begun = 0.0
        self._yield = asyncio.Event()
        self._in_hand: list[_Batch] = []

    async def start(self) -> None:
        """Join the group; tries until Kafka answers."""
        attempt = 0
        self._yield.clear()
        while True:
            try:
                await self.subscription.start()
                return
            except Exception as error:
                self.log.warning("cannot start consuming, will try again", exc_info=error)
            await asyncio.sleep(backoff_seconds(attempt, cap=3.0))
            attempt += 1

    async def stop(self) -> None:
        """
        Finish and commit the batch in hand, then leave; a commit without an answer is given up
        after 10 s, the batch after 15 s: both come again.
        """
        self._yield.set()
        await self._committer.flush()
        await self.subscription.stop()
        await self._committer.give_up()

    async def drain(self, seconds_max: float) -> None:
        """Before partitions go to another process: finish the batch in hand and take no other."""
        self._yield.set()
        try:
            await self.subscription.wait_idle(seconds_max)
            await self._committer.flush()
        finally:
            self._yield.clear()

    def resume(self) -> bool:
        """
        Go on after a flood of dead letters, letting them through; return whether it had stopped.
        """
        stopped = self.progress.flood is not None
        self.progress.flood = None
        self.gate.lift()
        self.subscription.unpause()
        return stopped

    async def on_batch(self, records: Sequence[ConsumerRecord]) -> None:
        """
        Handle *records* and whatever is fetched meanwhile. Raises `NackMessage` after a rewind is
        due.
        """
        batch = _Batch(records)
        self._in_hand = [batch]
        if self.progress.flood is not None:
            self.subscription.pause()
            raise NackMessage
        try:
            await self._pipeline(batch)
        finally:
            self.progress.busy_since = None

    def unfinished(self) -> list[Sequence[ConsumerRecord]]:
        """Return what was fetched and not finished: the client has moved its position past it."""
        return [batch.records for batch in self._in_hand]

    async def _pipeline(self, batch: _Batch | None) -> None:
        """Handle batch after batch; each is fetched and prepared during the one before it."""
        try:
            while batch is not None:
                await self._fill(batch)
                self.progress.busy_since = self._begun = time.monotonic()
                ahead = asyncio.create_task(self._fetch_ahead())
                try:
                    await self._settle(batch)
                finally:
                    following = await ahead
                self._in_hand = [following] if following else []
                self._committer.finished(offsets_after(batch.records))
                if following and self._yield.is_set():
                    raise NackMessage
                batch = following
        finally:
            if self._yield.is_set():
                await self._committer.flush()

    async def _fill(self, batch: _Batch) -> None:
        """Let a small batch that follows close on another grow for a moment."""
        pause = self._begun + self.consumption.pace_seconds - time.monotonic()
        if len(batch.records) >= SMALL or pause <= 0 or await self._interrupted(pause):
            return
        room = self.consumption.records_max - len(batch.records)
        more = await self.subscription.take_ready(room)
        batch.records = [*batch.records, *more]

    async def _fetch_ahead(self) -> _Batch | None:
        """Take the next records if some are already here, and prepare them."""
        # First let the handler reach the database; then the processor is free.
        await asyncio.sleep(0.001)
        if self._yield.is_set() or self.progress.failures:
            return None
        records = await self.subscription.take_ready(self.consumption.records_max)
        if not records:
            return None
        batch = _Batch(records)
        self._in_hand.append(batch)
        # A small one may still grow, and is prepared when it is whole.
        if self.consumption.prepare is not None and len(records) >= SMALL:
            try:
                batch.prepared = self.consumption.prepare(records)
            except Exception:
                # It will fail again in its own turn, and be told and retried there.
                batch.prepared = None
        return batch

    async def _settle(self, batch: _Batch) -> None:
        """
        Try *batch* until it succeeds; give it back to Kafka after a while or when asked to yield.
        """
        deadline = time.monotonic() + ATTEMPTS_SECONDS
        started = time.monotonic()
        while True:
            try:
                await self._attempt(batch)
                break
            except DeadLetterFlood as flood:
                self._halt(flood)
                raise NackMessage from flood
            except Exception as error:
                self._failed(error)
            pause = backoff_seconds(self.progress.failures - 1)
            if await self._interrupted(pause) or time.monotonic() > deadline:
                raise NackMessage
        self._succeeded(len(batch.records), time.monotonic() - started)

    async def _attempt(self, batch: _Batch) -> None:
        """Run the handler once, with the gate of dead letters around it."""
        self.gate.begin(len(batch.records))
        token = CURRENT_GATE.set(self.gate)
        try:
            if self.consumption.prepare is None:
                await self.consumption.handle(batch.records)
            else:
                if batch.prepared is None:
                    batch.prepared = self.consumption.prepare(batch.records)
                await self.consumption.handle(batch.prepared)
        finally:
            CURRENT_GATE.reset(token)

    async def _interrupted(self, seconds: float) -> bool:
        """Pause; return True at once when the partitions are wanted elsewhere or we stop."""
        try:
            await asyncio.wait_for(self._yield.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _commit(self, offsets: Offsets) -> None:
        """Commit; a failure is no loss, the records come again and are known."""
        try:
            await self.subscription.commit(offsets)
        except Exception as error:
            if isinstance(error, CommitFailedError):
                self.progress.refused_at.append(time.monotonic())
            if self.progress.commit_failing_since is None:
                self.progress.commit_failing_since = time.monotonic()
            self.log.warning("commit failed", exc_info=error)
        else:
            self.progress.commit_failing_since = None

    def _succeeded(self, records: int, seconds: float) -> None:
        """Note a finished batch."""
        name, progress = self.consumption.name, self.progress
        self.gate.commit()
        for reason in self.gate.pending:
            self.metrics.dead_letters.labels(name, reason).inc()
        if progress.failures:
            self.log.info("batch succeeded", after_failures=progress.failures)
        progress.failures, progress.failing_since, progress.error = 0, None, None
        progress.last_batch_at = time.monotonic()
        self.metrics.records.labels(name).inc(records)
        self.metrics.batches.labels(name).inc()
        self.metrics.batch_seconds.labels(name).observe(seconds)

    def _failed(self, error: Exception) -> None:
        """Note and say one failed attempt."""
        progress = self.progress
        progress.failures += 1
        progress.failing_since = progress.failing_since or time.monotonic()
        kind = "transient" if is_transient(error) else "unknown"
        progress.error = f"{kind}: {type(error).__name__}"
        self.metrics.retries.labels(self.consumption.name, kind).inc()
        said = {"kind": kind, "failures": progress.failures}
        self.log.error("batch failed, will be tried again", **said, exc_info=error)

    def _halt(self, flood: DeadLetterFlood) -> None:
        """Stop at a flood, until an operator resumes or the process starts again."""
        self.progress.flood = flood
        self.metrics.floods.labels(self.consumption.name).inc()
        self.subscription.pause()
        self.log.error("consuming stopped: too many dead letters", exc_info=flood)
