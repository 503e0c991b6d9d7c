"""
The watchdog: a consumer that can no longer do its work, and will not again, ends the process.

Its supervisor starts it anew. An outage of the broker is no such case: then everybody waits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from chassis.consuming import Consumer

LOOK_SECONDS = 2.0
REBALANCES_MAX = 20
"""
In the time of two sessions; a group that shares out its partitions more often gets nothing done.
"""
REFUSALS_MAX = 5
"""In the same time; a process that was stopped for long is refused once, when it comes back."""


class Watchdog:
    """
    Watches *consumers*; *broker_answers* tells an outage from a consumer that has lost its place.
    """

    def __init__(
        self, consumers: Sequence[Consumer], broker_answers: Callable[[], Awaitable[bool]]
    ) -> None:
        self._consumers = consumers
        self._broker_answers = broker_answers
        self._lost_since: dict[str, float] = {}

    async def run(self) -> str:
        """Return the reason why this process must end; runs as long as there is none."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for consumer in self._consumers:
                reason = self.look(consumer, time.monotonic())
                if reason is not None and await self._broker_answers():
                    return f"consumption {consumer.consumption.name}: {reason}"

    def look(self, consumer: Consumer, now: float) -> str | None:
        """Return what is wrong with *consumer* for longer than two sessions."""
        name, subscription = consumer.consumption.name, consumer.subscription
        limit = 2.0 * consumer.consumption.session_seconds
        if not subscription.alive():
            return "its task has ended"
        if subscription.joined():
            self._lost_since.pop(name, None)
        elif now - self._lost_since.setdefault(name, now) > limit:
            return f"not a member of its group for {limit:.0f} s"
        failing = consumer.progress.commit_failing_since
        if failing is not None and now - failing > limit:
            return f"commits fail for {limit:.0f} s"
        refused = sum(at > now - limit for at in consumer.progress.refused_at)
        if refused > REFUSALS_MAX:
            return (
                f"{refused} commits refused in {limit:.0f} s: does another process use this"
                " instance id?"
            )
        often = sum(at > now - limit for at in consumer.progress.assigned_at)
        if often > REBALANCES_MAX:
            return (
                f"{often} rebalances in {limit:.0f} s: does another process use this instance id?"
            )
        return None
