"""
Counting the figures anew, for as long as the portal runs.

Counting reads whole tables, so it takes its time: after each round it rests twenty times as long as
the round took, and a minute at least. Among several portals one counts at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import orjson
from chassis.database import Connection, locked
from chassis.service import Base
from chassis.workdays import Calendar
from contracts.messages import CaseStatusData
from contracts.sla_messages import CaseSlaData

from portal import figures_store
from portal.counted import EndedCase, Forecast, WaitRow
from portal.rules import Rules
from portal.views.waits import Held, days_by_place

LOCK = "tidtam portal figures"
PAGE = 500
PAGES_MAX = 40
REST_SECONDS_MIN = 60.0
REST_FACTOR = 20.0
WEEKENDS_ONLY = Calendar()


class Figuring:
    """Counts; `run` is the task of the service, `once` one round of it."""

    def __init__(self, base: Base, rules: Rules) -> None:
        self._base = base
        self._rules = rules

    async def run(self) -> None:
        """Count for ever. A round that fails is logged, and the next one begins anew."""
        while True:
            seconds = 0.0
            try:
                seconds = await self.once()
            except Exception as error:
                self._base.log.warning("figures could not be counted", exc_info=error)
            await asyncio.sleep(max(REST_SECONDS_MIN, REST_FACTOR * seconds))

    async def once(self) -> float:
        """Count everything anew; returns the seconds it took."""
        began = time.monotonic()
        await self._wait_pages()
        after = 0
        for _ in range(PAGES_MAX):
            after, more = await self._forecast_page(after)
            if not more:
                break
        async with self._base.pool.acquire() as connection, locked(connection, LOCK):
            zone = self._rules.zone()
            await figures_store.settle_forecasts(connection, zone)
            await figures_store.count_anew(connection, zone)
            seconds = time.monotonic() - began
            await figures_store.stamp(connection, self._base.clock.now(), seconds)
        return seconds

    async def _wait_pages(self) -> None:
        for _ in range(PAGES_MAX):
            async with self._base.pool.acquire() as connection, locked(connection, LOCK):
                if not await self._wait_page(connection):
                    return

    async def _wait_page(self, connection: Connection) -> bool:
        """The days of some ended cases; False once there are no more."""
        found = await figures_store.cases_not_waited(connection, PAGE)
        await figures_store.save_waits(connection, [self._waited(case) for case in found])
        return len(found) == PAGE

    def _waited(self, case: EndedCase) -> WaitRow:
        said = CaseStatusData.model_validate_json(case.body)
        process = self._rules.process(case.process, said.process_version)
        counts = () if process is None else [s.code for s in process.stages.values() if s.counts]
        zone, calendar = self._days_of(case.process)
        held = [
            Held(span.stage, span.holder, _local(datetime.fromisoformat(span.since), zone))
            for span in said.spans
        ]
        month = _local(case.ended_at, zone).isoformat()[:7]
        return WaitRow(case, month, days_by_place(held, counts, calendar))

    def _days_of(self, process: str) -> tuple[str, Calendar]:
        """Zone and calendar of a process: those of its first agreement by name."""
        for agreement in self._rules.agreements():
            found = self._rules.calendar(agreement.calendar)
            if agreement.process == process and found is not None:
                return found.zone, Calendar(found.dates_off, found.weekend)
        return self._rules.zone(), WEEKENDS_ONLY

    async def _forecast_page(self, after: int) -> tuple[int, bool]:
        """Keep what was forecast of some waiting cases; returns how far it came, if to go on."""
        async with self._base.pool.acquire() as connection, locked(connection, LOCK):
            found = await figures_store.cases_not_forecast(connection, PAGE, after)
            now = self._base.clock.now()
            await figures_store.keep_forecasts(connection, list(_forecasts(found, now)))
        return (found[-1][0] if found else after), len(found) == PAGE


def _forecasts(found: Iterable[tuple[int, str, str, str]], now: datetime) -> Iterable[Forecast]:
    """What is said of these cases; those of which nothing is said are looked at again."""
    for case_id, stage, process, body in found:
        said = CaseSlaData.model_validate(orjson.loads(body)).paid_by
        # A forecast that holds only if others act is no word on when the money comes.
        if said is not None and not said.conditional:
            half, most = date.fromisoformat(said.half_on), date.fromisoformat(said.most_on)
            yield Forecast(case_id, stage, process, half, most, now)


def _local(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
