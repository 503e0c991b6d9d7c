"""
Health that tells the truth: `/livez`, `/readyz` and `/metrics`.

Alive means that the event loop answers. Ready means that each thing the service stands on works
now; a check that fails says why and since when.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.consuming import SESSION_SECONDS, Consumer
from chassis.logs import told

if TYPE_CHECKING:
    import asyncpg

    from chassis.metrics import Metrics
    from chassis.relay import Relay

OUTBOX_AGE_SECONDS_MAX = 30.0
POLL_AGE_SECONDS_MAX = 6.0
BATCH_SECONDS_MAX = 60.0
ANSWER_SECONDS_MAX = 2.0
UNJOINED_SECONDS_MAX = 2.0 * SESSION_SECONDS


@dataclass(slots=True)
class Health:
    """
    What `/readyz` looks at. Parts are added as the service starts; until `started`, it is not
    ready.
    """

    metrics: Metrics
    pool: asyncpg.Pool[Any] | None = None
    relay: Relay | None = None
    consumers: Sequence[Consumer] = ()
    starting: str | None = "starting"
    _since: dict[str, tuple[float, str]] = field(default_factory=dict)

    async def report(self) -> tuple[bool, dict[str, Any]]:
        """Run every check now; return whether all hold, and what was seen."""
        outbox, failing = await self._database()
        for consumer in self.consumers:
            failing[f"consumption {consumer.consumption.name}"] = consumer_problem(consumer)
        failing["start"] = self.starting
        ready = not any(failing.values())
        self.metrics.ready.set(ready)
        return ready, {
            "ready": ready,
            "checks": {name: self._told(name, reason) for name, reason in failing.items()},
            "outbox": outbox,
            "consumptions": {one.consumption.name: consumer_state(one) for one in self.consumers},
        }

    async def _database(self) -> tuple[dict[str, Any], dict[str, str | None]]:
        """Check that Postgres answers and that the outbox empties."""
        if self.pool is None or self.relay is None:
            return {}, {"database": "not connected yet"}
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                age, depth = await self.relay.oldest_age_seconds(), await self.relay.depth()
        except Exception as error:
            return {}, {"database": f"does not answer: {told(error)}"}
        self.metrics.outbox_age.set(age)
        self.metrics.outbox_depth.set(depth)
        stuck = f"oldest row waits {age:.0f} s" if age > OUTBOX_AGE_SECONDS_MAX else None
        seen = {"oldest_age_seconds": age, "depth_rows": depth, "relay_here": self.relay.active}
        return seen, {"database": None, "outbox": stuck}

    def _told(self, name: str, reason: str | None) -> dict[str, Any]:
        """Return one check for the answer, with the moment since when it fails."""
        self.metrics.check.labels(name).set(reason is None)
        if reason is None:
            self._since.pop(name, None)
            return {"ok": True}
        _, since = self._since.setdefault(name, (time.monotonic(), _now()))
        return {"ok": False, "reason": reason, "since": since}


def consumer_problem(consumer: Consumer) -> str | None:
    """Return why *consumer* does not do its work, None when it does."""
    progress, subscription, now = consumer.progress, consumer.subscription, time.monotonic()
    if progress.flood is not None:
        return f"stopped: {progress.flood}; mend the cause, then POST /ops/dead-letters/resume"
    if progress.failing_since is not None:
        seconds = now - progress.failing_since
        return f"a batch fails since {seconds:.0f} s ({progress.failures} times): {progress.error}"
    if progress.busy_since is not None and now - progress.busy_since > BATCH_SECONDS_MAX:
        return f"a batch is under way since {now - progress.busy_since:.0f} s"
    absent = subscription.absent_topics()
    if absent:
        return f"sees no topic {', '.join(absent)}; does it exist?"
    if not subscription.alive():
        return "its task is not running"
    if not subscription.joined():
        return "not a member of its group"
    return _silence(consumer)


def _silence(consumer: Consumer) -> str | None:
    """Return whether the broker has stopped answering the fetches of *consumer*."""
    age = consumer.subscription.poll_age_seconds()
    last = consumer.progress.last_batch_at
    # While batches are handled out of the buffer no fetch is needed.
    quiet = last is None or time.monotonic() - last > POLL_AGE_SECONDS_MAX
    if age is not None and age > POLL_AGE_SECONDS_MAX and quiet:
        return f"Kafka has not answered a fetch for {age:.0f} s"
    return None


def consumer_state(consumer: Consumer) -> dict[str, Any]:
    """
    Return what an operator wants to see of *consumer*; ages in seconds, null when there was none.
    """
    last = consumer.progress.last_batch_at
    age = None if last is None else time.monotonic() - last
    assigned = consumer.subscription.assigned()
    if age is not None:
        consumer.metrics.batch_age.labels(consumer.consumption.name).set(age)
    consumer.metrics.assigned.labels(consumer.consumption.name).set(assigned)
    return {
        "assigned_partitions": assigned,
        "standby": consumer.subscription.joined() and not assigned,
        "last_batch_age_seconds": age,
        "last_poll_age_seconds": consumer.subscription.poll_age_seconds(),
    }


def _now() -> str:
    """Return the moment for an operator's eyes."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def health_routes(health: Health) -> list[Route]:
    """Return the routes; they need no token and tell nothing of what the messages say."""

    async def livez(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(_: Request) -> Response:
        ready, seen = await health.report()
        return JSONResponse(seen, 200 if ready else 503)

    async def metrics(_: Request) -> Response:
        await health.report()
        return Response(health.metrics.text(), media_type="text/plain; version=0.0.4")

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]
