"""
Looking at the other services now and then, so that the operator's page reads what they said and
asks nobody while it is shown.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

from chassis.service import Base

from portal import watch_store
from portal.asking import NoAnswer, Services
from portal.lag import Lag

LOOK_SECONDS = 10.0
KAFKA, READY, LAG = "kafka", "ready", "lag"


class Question(NamedTuple):
    """One question to one service, asked anew after so many seconds."""

    service: str
    name: str
    path: str
    seconds: float


QUESTIONS = (
    *(Question(s, "dead-letters", "/ops/dead-letters?limit=200", 30) for s in
      ("intake", "status", "sla", "notify")),
    Question("intake", "sources", "/ops/sources", 30),
    Question("intake", "totals", "/ops/totals", 30),
    Question("intake", "unmatched", "/ops/unmatched", 60),
    Question("intake", "held-joins", "/ops/held-joins", 60),
    Question("intake", "rejects", "/ops/rejects", 30),
    Question("notify", "held", "/ops/held", 30),
    # It counts all verdicts: what was published of a month changes once a month.
    Question("sla", "months", "/ops/attainment?by=month", 600),
)  # fmt: skip


class Watching:
    """Looks; `run` is the task of the service, `once` one round of it."""

    def __init__(self, base: Base, services: Services, lag: Lag) -> None:
        self._base = base
        self._services = services
        self._lag = lag
        self._asked: dict[tuple[str, str], float] = {}

    async def run(self) -> None:
        """Look for ever. Nothing that fails here ends the service."""
        while True:
            try:
                await self.once()
            except Exception as error:
                self._base.log.warning("the services could not be looked at", exc_info=error)
            await asyncio.sleep(LOOK_SECONDS)

    async def once(self) -> None:
        """Ask what is due to be asked."""
        down = []
        for service in self._services.addresses:
            said = await self._kept(service, READY, partial(self._services.readiness, service))
            if said is None or not said.get("ready"):
                down.append(service)
        minute = self._base.clock.now().replace(second=0, microsecond=0)
        async with self._base.pool.acquire() as connection:
            await watch_store.note_minute(connection, minute, down)
        for question in QUESTIONS:
            if question.service in self._services.addresses and self._is_due(question):
                await self._kept(
                    question.service,
                    question.name,
                    partial(self._services.ask, question.service, question.path),
                )
        await self._kept(KAFKA, LAG, self._lags)

    def _is_due(self, question: Question) -> bool:
        place, now = (question.service, question.name), time.monotonic()
        if place in self._asked and now - self._asked[place] < question.seconds:
            return False
        self._asked[place] = now
        return True

    async def _lags(self) -> dict[str, Any]:
        """The lags with those of the look before: whether one grows is seen by two."""
        async with self._base.pool.acquire() as connection:
            before = (await watch_store.read_reports(connection)).get((KAFKA, LAG))
        old = {} if before is None or before.said is None else before.said.get("groups", {})
        async with asyncio.timeout(LOOK_SECONDS):
            return {"groups": await self._lag.behind(), "before": old}

    async def _kept(
        self, service: str, question: str, ask: Callable[[], Awaitable[Any]]
    ) -> dict[str, Any] | None:
        """Ask, and keep the answer or that there is none."""
        said: dict[str, Any] | None = None
        error = ""
        try:
            said = await ask()
        except NoAnswer as problem:
            error = str(problem)
        except Exception as problem:
            error = type(problem).__name__
        now = self._base.clock.now()
        async with self._base.pool.acquire() as connection:
            if said is None:
                await watch_store.fail_report(connection, service, question, now, error)
            else:
                await watch_store.save_report(connection, service, question, said, now)
        return said
