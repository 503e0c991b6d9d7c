"""SQL of the registry, the counters, the rejects, the read-back and the operator's questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from chassis.database import Connection
from chassis.gathered import Writer
from chassis.queries import Queries

SQL = Queries(Path(__file__).with_name("registry.sql"))


class SourceCount(NamedTuple):
    """What a batch adds to the counters of one source."""

    accepted: int
    resent: int
    rejected: int
    last_event_at: datetime | None
    lead_ms: int | None


async def read_revision(connection: Connection) -> int:
    """The revision of sources and rules."""
    return int(await connection.fetchval(SQL.read_revision))


async def read_sources(connection: Connection) -> list[dict[str, Any]]:
    """All registered sources with their counters."""
    return [dict(row) for row in await connection.fetch(SQL.read_sources)]


async def read_tokens(connection: Connection) -> dict[bytes, str]:
    """SHA-256 of a token → source."""
    return {row[0]: row[1] for row in await connection.fetch(SQL.read_tokens)}


async def read_newest_processes(connection: Connection) -> list[tuple[str, int, str]]:
    """The newest version of each process: name, version, JSON."""
    return [tuple(row) for row in await connection.fetch(SQL.read_process_versions)]


async def add_source(connection: Connection, values: Sequence[Any]) -> int | None:
    """Register or change a source. None when its slug would change: that is refused."""
    version: int | None = await connection.fetchval(SQL.add_source, *values)
    await connection.execute(SQL.raise_revision)
    return version


async def add_token(connection: Connection, sha256: bytes, source: str, at: datetime) -> bool:
    """Let a token speak for a source; False where it speaks for another already."""
    added = await connection.fetchval(SQL.add_token, sha256, source, at) is not None
    if added:
        await connection.execute(SQL.raise_revision)
    return added


async def add_process_version(
    connection: Connection, name: str, body: str, sha256: bytes, at: datetime
) -> int | None:
    """Apply rules. Returns the new version, None when the newest version already says the same."""
    version: int | None = await connection.fetchval(SQL.add_process_version, name, body, sha256, at)
    if version is not None:
        await connection.execute(SQL.raise_revision)
    return version


async def drop_tokens(connection: Connection, source: str) -> int:
    """Let only the newest token speak for a source. Returns how many were dropped."""
    done: str = await connection.execute(SQL.drop_tokens, source)
    await connection.execute(SQL.raise_revision)
    return int(done.rpartition(" ")[2])


async def read_window(
    connection: Connection, source: str, after_seq: int, before_seq: int
) -> list[tuple[str, str]]:
    """Events accepted from a source between two places of the journal: id and envelope."""
    rows = await connection.fetch(SQL.read_window, source, after_seq, before_seq)
    return [tuple(row) for row in rows]


async def read_window_rejects(
    connection: Connection, slug: str, after: int, through: int
) -> list[str]:
    """Ids refused to a sender after one refusal and up to another."""
    rows = await connection.fetch(SQL.read_window_rejects, slug, after, through)
    return [row[0] for row in rows]


async def seq_of(connection: Connection, source: str, event_id: str) -> int:
    """The place of an event in the journal."""
    return int(await connection.fetchval(SQL.seq_of, source, event_id))


async def newest_reject(connection: Connection) -> int:
    """The number of the newest refusal, 0 while there is none."""
    return int(await connection.fetchval(SQL.newest_reject))


async def complete_source(connection: Connection, source: str, *values: Any) -> int:
    """
    Write how complete a source is. Returns the source's new version.

    Values: complete until, difference, what is unsettled, journal and refusals closed through.
    """
    return int(await connection.fetchval(SQL.complete_source, source, *values))


async def rows(connection: Connection, query: str, *values: Any) -> list[dict[str, Any]]:
    """Rows of a named query of this service, as plain values: for work lists and totals."""
    return [dict(row) for row in await connection.fetch(SQL[query], *values)]


async def count_sources(writer: Writer, counts: Mapping[str, SourceCount], today: date) -> None:
    """Add a batch to the counters of its sources."""
    rows = sorted(counts.items())
    await writer.execute(
        SQL.count_sources,
        [name for name, _ in rows],
        [c.accepted for _, c in rows],
        [c.resent for _, c in rows],
        [c.rejected for _, c in rows],
        [c.last_event_at for _, c in rows],
        [c.lead_ms for _, c in rows],
        today,
    )


async def answered_places(
    connection: Connection, places: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], int]:
    """The last offset that was answered, by topic and partition."""
    found = await connection.fetch(SQL.answered_places, *map(list, zip(*places, strict=True)))
    return {(row[0], row[1]): row[2] for row in found}


async def note_answered(writer: Writer, reached: Mapping[tuple[str, int], int]) -> None:
    """Note how far each partition of a topic is answered."""
    rows = [(*place, offset) for place, offset in sorted(reached.items())]
    await writer.execute(SQL.note_answered, *map(list, zip(*rows, strict=True)))


async def record_rejects(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep what was refused and why: slug, source, id, position, sha256, altered, findings, at."""
    await connection.execute(SQL.record_rejects, *map(list, zip(*rows, strict=True)))


async def view_cases(connection: Connection, rows: Sequence[tuple[int, int, int, str]]) -> None:
    """Fill the sources' read-back from case-status; only higher versions count."""
    await connection.execute(SQL.view_cases, *map(list, zip(*rows, strict=True)))
