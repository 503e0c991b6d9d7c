"""
A generated year through the whole chain: intake, status, sla and notify, with a mail server.

The test of a replayed year and the benchmark of one stand on this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from aiokafka import AIOKafkaProducer
from chassis.workdays import Calendar
from contracts.agreement_file import load_agreement
from contracts.notice_file import load_notices
from contracts.process_file import load_process
from ground.ports import LOOPBACK, free_ports
from ground.throwaway import Servers
from tidtam.generating.writing import write_year
from tidtam.generating.year import Year
from tidtam.proving.chain import (
    Chain,
    await_heard,
    await_topics,
    run_service,
    settings_of,
    start_chain,
)
from tidtam.proving.rules import Rules, shipped_calendar

from contracts import calendar_file, notice_file, process_file

CONTRACTS = Path(__file__).parents[2] / "contracts"
CALENDAR = "thai-government"
DATABASE = "prove"
CHUNK = 500
SERVICES = ("intake", "status", "sla", "notify")
READS = {
    "intake": "inbound.*",
    "intake-case-view": "case-status",
    "status": "case-event",
    "sla": "case-status",
    "sla-sources": "source-status",
    "notify-cases": "case-status line-status case-sla sla-event",
    "notify-payees": "payee",
}
"""What each consumer group of the four services reads; `*` stands for every source."""


@dataclass(frozen=True, slots=True)
class Written:
    """A year on disk: its events as a file, its sources, and what it comes to."""

    file: Path
    sources: list[dict[str, Any]]
    year: Year

    def parts(self) -> Iterator[list[tuple[str, dict[str, Any]]]]:
        """The events with their senders, so many at a time."""
        part = []
        with self.file.open("rb") as lines:
            for line in lines:
                said = orjson.loads(line)
                part.append((said["slug"], said["event"]))
                if len(part) == CHUNK:
                    yield part
                    part = []
        yield part


def written_year(
    folder: Path, seed: int, claims: int, until: date, advance: Callable[[int], object] = id
) -> Written:
    """Write the year before *until* into *folder*."""
    calendar = shipped_calendar(CALENDAR)
    midnight = datetime.combine(until, time(), ZoneInfo(calendar.zone))
    year = Year(seed, midnight, claims, Calendar(calendar.dates_off, calendar.weekend))
    file = folder / "year.ndjson"
    write_year(year, file, advance)
    return Written(file, year.sources(), year)


async def start_whole_chain(servers: Servers, sources: list[dict[str, Any]], mail: int) -> Chain:
    """
    Start all four services by the shipped rules, with *sources* registered.

    Letters go to the port *mail* of this machine, at any hour.
    """
    agreements = sorted((CONTRACTS / "agreements").glob("*.yaml"))
    rules = Rules(
        (load_process(CONTRACTS / "processes/disbursement.yaml"),),
        (shipped_calendar(CALENDAR),),
        tuple(load_agreement(file) for file in agreements),
    )
    chain = await start_chain(servers, rules)
    (port,) = free_ports(1)
    chain.urls["notify"] = f"http://{LOOPBACK}:{port}"
    settings = settings_of(servers, "notify", DATABASE, None, "")
    settings["TIDTAM_SMTP_URL"] = f"smtp://{LOOPBACK}:{mail}"
    settings["TIDTAM_MAIL_FROM"] = "Tidtam <notices@tidtam.example>"
    settings["TIDTAM_PUBLIC_URL"] = "https://tidtam.example"
    run_service(servers, "notify", port, settings)
    await asyncio.to_thread(servers.await_up, "notify", 120.0)
    async with chain.http("notify") as http:
        (await http.put("/ops/config", json=_notify_rules(rules))).raise_for_status()
    async with chain.http("intake") as http:
        for source in sources:
            (await http.post("/ops/sources", json=source)).raise_for_status()
    await await_topics(chain, len(sources))
    await await_heard(chain, len(sources))
    return chain


def _notify_rules(rules: Rules) -> dict[str, Any]:
    """The shipped rules of notices, but that people may be told at any hour."""
    notices = notice_file.to_json(load_notices(CONTRACTS / "notices/disbursement.yaml"))
    payee = {**notices["sending"]["payee"], "opens": 0, "closes": 24 * 60}
    return {
        "processes": [process_file.to_json(one) for one in rules.processes],
        "calendars": [calendar_file.to_json(one) for one in rules.calendars],
        "notices": [{**notices, "sending": {**notices["sending"], "payee": payee}}],
    }


async def publish_year(
    kafka: str,
    written: Written,
    advance: Callable[[int], object],
    may_go_on: Callable[[int], Awaitable[object]] | None = None,
) -> int:
    """
    Publish a year, each event marked as a replay, in order. Returns how many there are.

    *advance* is told how many more the broker has; *may_go_on* is given how many it has, and
    returns once more may come: without it they come as fast as Kafka takes them.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        enable_idempotence=True,
        acks="all",
        max_batch_size=262_144,
        linger_ms=2,
    )
    count = 0
    await producer.start()
    try:
        for part in written.parts():
            futures = [
                await producer.send(f"inbound.{slug}", orjson.dumps({**event, "replay": True}))
                for slug, event in part
            ]
            await asyncio.gather(*futures)
            count += len(part)
            advance(len(part))
            if may_go_on is not None:
                await may_go_on(count)
    finally:
        await producer.stop()
    return count
