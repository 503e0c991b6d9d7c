"""
A generated year of the university through the whole chain: how long it takes, and what each
service uses for one event.

The year is written to a file before the clock starts. It is then told in the order in which it
happened and not much faster than intake takes it, as by a source that loads what it has: thrown
in at once, the bank's year would be over before the ERP's first month.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from ground.throwaway import Servers
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from tidtam.proving.chain import Chain
from tidtam.proving.flight import totals

from tests.bench.drain import Books
from tests.bench.meter import rss_megabytes
from tests.bench.outcome import Figure, Run, run_between, told
from tests.bench.player import MAIN, Look, Player, pids_of, postgres_seconds
from tests.integration.notify.channels.mail_server import MailServer
from tests.system.years import SERVICES, Written, start_whole_chain, written_year

WHOLE = 45_000
SECONDS_AT_MOST = 300.0
NOTICES = "select state, reason, count(*) from notify.notice group by 1, 2 order by 3 desc"


@dataclass(slots=True)
class YearPlayed:
    """What came of it. `parts`: by service its own processor time and that of its backends."""

    claims: int
    shape: dict[str, Any]
    run: Run
    parts: dict[str, Run] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    notices: list[list[Any]] = field(default_factory=list)
    letters: int = 0

    def figures(self) -> list[Figure]:
        """What is asked for, of a whole year only."""
        if self.claims != WHOLE:
            return []
        return [Figure("a year, played", self.run.seconds, SECONDS_AT_MOST, False, "s")]

    def growth(self) -> dict[str, float]:
        """By service its processor time per record in the last quarter, beside the second."""
        return {
            service: round(ratio, 3)
            for service, group in MAIN.items()
            if (ratio := _growth(self.looks, service, group)) is not None
        }

    def told(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "claims": self.claims,
            "year": self.shape,
            "run": told(self.run),
            "services": {name: told(run) for name, run in self.parts.items()},
            "last_quarter_to_second": self.growth(),
            "notices": self.notices,
            "letters": self.letters,
            "course": [_course(look, self.looks[0].at.at) for look in self.looks],
        }


async def measure_year(servers: Servers, claims: int, console: Console) -> YearPlayed:
    """Play a year of so many claims that ends today; its progress is shown on *console*."""
    mail = MailServer()
    await mail.open()
    with tempfile.TemporaryDirectory() as folder:
        written = await asyncio.to_thread(_written, Path(folder), claims, console)
        console.print("starting intake, status, sla and notify", highlight=False)
        chain = await start_whole_chain(servers, written.sources, mail.port)
        found = await _play(chain, written, console)
    found.notices = await _rows(chain, NOTICES)
    found.letters = len(mail.letters)
    for service in SERVICES:
        await asyncio.to_thread(servers.stop, service, 30.0)
    await mail.close()
    return found


def _written(folder: Path, claims: int, console: Console) -> Written:
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Bangkok")).date()
    with _progress(console) as bars:
        task = bars.add_task("inventing claims", total=claims)
        return written_year(folder, 1, claims, today, lambda more: bars.advance(task, more))


async def _play(chain: Chain, written: Written, console: Console) -> YearPlayed:
    """Publish all of it, and look on until nothing is in flight."""
    figures = written.year.figures
    topics = [f"inbound.{source['slug']}" for source in written.sources]
    pids = pids_of(chain.servers)
    async with Books(chain.servers.kafka) as books:
        player = Player(chain, books, topics, pids)
        first = await player.look()
        backends = postgres_seconds(pids["postgres"])
        with _progress(console) as bars:
            await player.play(written, figures.events, bars)
        last = player.looks[-1]
        used = postgres_seconds(pids["postgres"])
    counted = await totals(chain)
    if counted["accepted"] != figures.events:
        raise RuntimeError(f"{figures.events} events were published, and intake says {counted}")
    rss = max(rss_megabytes(pids[service]) for service in SERVICES)
    run = run_between("the whole chain", figures.events, first.at, last.at, rss)
    parts = {
        name: _part(name, run, used.get(name, 0.0) - backends.get(name, 0.0), pids)
        for name in SERVICES
    }
    return YearPlayed(figures.claims, figures.told(), run, parts, player.looks)


def _part(service: str, run: Run, backend_seconds: float, pids: Mapping[str, int]) -> Run:
    """A service's row: what it and its own connections to PostgreSQL used for one event."""
    cpu = {
        service: run.cpu_us_per_event[service],
        "postgres": backend_seconds * 1e6 / run.events,
        "kafka": 0.0,
    }
    return Run(service, run.events, run.seconds, cpu, rss_megabytes(pids[service]))


async def _rows(chain: Chain, query: str) -> list[list[Any]]:
    connection = await asyncpg.connect(chain.database_url)
    try:
        return [list(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def _growth(looks: Sequence[Look], service: str, group: str) -> float | None:
    """Processor time per record, the last quarter of the records beside the second."""
    total = looks[-1].done[group]
    marks = [_at(looks, group, total * share) for share in (0.25, 0.5, 0.75, 1.0)]
    costs = []
    for one, other in ((marks[0], marks[1]), (marks[2], marks[3])):
        records = other.done[group] - one.done[group]
        if records <= 0:
            return None
        costs.append((other.at.cpu[service] - one.at.cpu[service]) / records)
    return costs[1] / costs[0] if costs[0] > 0 else None


def _at(looks: Sequence[Look], group: str, count: float) -> Look:
    """The first look by which so many records were done."""
    return next(look for look in looks if look.done[group] >= count)


def _course(look: Look, begun: float) -> dict[str, Any]:
    return {
        "seconds": round(look.at.at - begun, 1),
        "done": dict(look.done),
        "cpu": {name: round(value, 2) for name, value in look.at.cpu.items()},
    }


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console)
