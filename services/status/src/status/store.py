"""
The only Python of status that speaks SQL. State and outbox rows are written in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from chassis.database import Connection
from chassis.gathered import Writer
from chassis.queries import Queries
from contracts.messages import FactData

from status.model import Change, Event, Key, Loaded, Told

SQL = Queries(Path(__file__).with_name("store.sql"))


@dataclass(slots=True)
class Arrivals:
    """
    What a batch brings: events with or without their own message, texts, and redirects.

    `again` and `live` are the cases with facts that were republished, and with others.
    """

    events: dict[Key, tuple[int | None, int, str, str | None]] = field(default_factory=dict)
    texts: dict[Key, str] = field(default_factory=dict)
    redirects: dict[int, tuple[int | None, int]] = field(default_factory=dict)
    processes: dict[int, str] = field(default_factory=dict)
    again: set[int] = field(default_factory=set)
    live: set[int] = field(default_factory=set)

    def add_event(
        self, key: Key, case_id: int | None, membership: int, process: str, body: str | None
    ) -> None:
        """Keep the highest membership and any body when one event comes twice in a batch."""
        known = self.events.get(key)
        if known is not None:
            body = known[3] or body
            if known[1] > membership:
                case_id, membership = known[0], known[1]
        self.events[key] = (case_id, membership, process, body)
        if case_id is not None:
            self.processes.setdefault(case_id, process)

    def holds_any(self) -> bool:
        """Is there an event or a redirect?"""
        return bool(self.events or self.redirects)

    def names(self) -> set[str]:
        """The processes this batch speaks of."""
        return set(self.processes.values())

    def replayed(self) -> set[int]:
        """The cases of which this batch only says again what intake has told before."""
        return self.again - self.live

    def add_redirect(self, case_id: int, redirect_to: int | None, membership: int) -> None:
        """Keep the redirect of the highest membership."""
        known = self.redirects.get(case_id)
        if known is None or membership > known[1]:
            self.redirects[case_id] = (redirect_to, membership)


async def record(
    connection: Connection, arrivals: Arrivals, versions: Mapping[str, int]
) -> tuple[set[int], int]:
    """
    Keep the events of a batch, and the cases seen for the first time under these rule *versions*.

    Returns the touched cases (the events' new ones and those they left), and how many rule versions
    there are.
    """
    keys = sorted(arrivals.events)
    rows = [arrivals.events[key] for key in keys]
    texts = sorted(arrivals.texts.items())
    cases = sorted(arrivals.processes)
    names = [arrivals.processes[case_id] for case_id in cases]
    found = await connection.fetch(
        SQL.record_events,
        [key.source for key in keys],
        [key.id for key in keys],
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        [key.source for key, _ in texts],
        [key.id for key, _ in texts],
        [text for _, text in texts],
        cases,
        names,
        [versions[name] for name in names],
    )
    touched = {row[1] for row in found} | {row[2] for row in found}
    return touched - {None}, found[0][0]


async def redirect(
    connection: Connection,
    touched: Iterable[int],
    redirects: Mapping[int, tuple[int | None, int]],
) -> None:
    """
    Write where absorbed cases lead.

    All *touched* rows are locked in id order first: else two batches could wait for each other.
    """
    await connection.execute(SQL.lock_cases, sorted(touched))
    ids = sorted(redirects)
    await connection.execute(
        SQL.redirect_cases, ids, [redirects[i][0] for i in ids], [redirects[i][1] for i in ids]
    )


async def load(connection: Connection, case_ids: Iterable[int], lock: bool = True) -> list[Loaded]:
    """The cases in id order, locked unless only looked at, with all their events."""
    ids = sorted(case_ids)
    cases = await connection.fetch(SQL.lock_cases if lock else SQL.read_cases, ids)
    events: dict[int, list[Event]] = defaultdict(list)
    titles: dict[int, dict[Key, str]] = defaultdict(dict)
    for case_id, source, event_id, _, body, text in await connection.fetch(SQL.load_events, ids):
        key = Key(source, event_id)
        events[case_id].append(event_of(key, body))
        if text is not None:
            title = orjson.loads(text).get("title")
            if title:
                titles[case_id][key] = title
    return [
        Loaded(row["case_id"], _told(row), tuple(events[row["case_id"]]), titles[row["case_id"]])
        for row in cases
    ]


def _told(row: asyncpg.Record) -> Told:
    return Told(
        epoch=row["epoch"],
        version=row["version"],
        process=row["process"],
        process_version=row["process_version"],
        redirect_to=row["redirect_to"],
        line_chunks=row["line_chunks"],
        visible_sha256=row["visible_sha256"],
        facts=tuple(tuple(fact) for fact in orjson.loads(row["facts"])),
    )


async def advance(writer: Writer, changes: Sequence[Change]) -> None:
    """Write the next version of each changed case."""
    await writer.execute(
        SQL.advance_cases,
        [change.case_id for change in changes],
        [change.told.version + 1 for change in changes],
        [change.state.stage for change in changes],
        [change.state.ended for change in changes],
        [change.line_chunks for change in changes],
        [change.visible_sha256 for change in changes],
        [orjson.dumps(change.facts).decode() for change in changes],
    )


def body_of(data: FactData, sequence: int | None) -> str:
    """The event as it is kept: all the fold reads, and nothing personal."""
    row = (
        data.fact,
        data.role,
        data.instant_us,
        data.precision == "day",
        sequence,
        data.joining,
        data.about,
        data.said,
        data.retracts,
    )
    return orjson.dumps(row).decode()


def text_of(text: Mapping[str, Any]) -> str:
    """Personal text as it is kept, apart from the event."""
    return orjson.dumps(text).decode()


def event_of(key: Key, body: str) -> Event:
    """The event as the fold sees it."""
    fact, role, instant_us, day, sequence, joining, about, said, retracts = orjson.loads(body)
    return Event(
        key,
        fact,
        role,
        instant_us,
        day,
        sequence,
        tuple(map(tuple, joining)),
        tuple(map(tuple, about)),
        said,
        None if retracts is None else Key(*retracts),
    )


async def next_cases(connection: Connection, after: int, most: int) -> list[int]:
    """A page of case ids after *after*, in order."""
    return [row["case_id"] for row in await connection.fetch(SQL.next_cases, after, most)]


async def count_stages(connection: Connection) -> dict[str, int]:
    """How many cases stand in each stage; the empty name is a case without one."""
    return {row["stage"]: row["cases"] for row in await connection.fetch(SQL.count_stages)}


async def read_process_versions(connection: Connection) -> list[tuple[str, int, str]]:
    """All applied process versions: name, version, JSON."""
    return [tuple(row) for row in await connection.fetch(SQL.read_process_versions)]


async def count_process_versions(connection: Connection) -> int:
    """How many versions there are: it changes when rules were applied."""
    return int(await connection.fetchval(SQL.count_process_versions))


async def add_process_version(
    connection: Connection, name: str, body: str, sha256: bytes, at: datetime
) -> int | None:
    """Apply rules. Returns the new version, None when the newest version already says the same."""
    version: int | None = await connection.fetchval(SQL.add_process_version, name, body, sha256, at)
    return version
