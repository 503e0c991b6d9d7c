"""
Dead letters: records that can never become valid, kept as they came, counted, and sent again on
request.

A bug or an outage is never a dead letter. Should too many records look unreadable at once, the
fault is more likely ours: the consumer stops and says so, instead of emptying a topic into this
table.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chassis.errors import DeadLetterFlood
from chassis.outbox import Outgoing, put_outgoing

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

COUNT_MAX = 100
WINDOW_SECONDS = 60.0
SHARE_MAX = 0.1

_INSERT = """
insert into dead_letter (topic, record_partition, record_offset, record_timestamp_ms, key, value,
                         header_names, header_values, reason, detail, subject)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict on constraint dead_letter_once do nothing
"""
_LIST = """
select id, topic, record_partition, record_offset, reason, detail, subject, created_at, redriven_at,
       extract(epoch from clock_timestamp() - created_at)::float8 as age_seconds
from dead_letter
where ($1 or redriven_at is null) and ($2::text is null or reason = $2)
order by id limit $3
"""
_SHOW = """
select *, extract(epoch from clock_timestamp() - created_at)::float8 as age_seconds
from dead_letter where id = $1
"""
# The row stays locked until the outbox row is committed with it: two redrives publish once.
_TAKE = """
update dead_letter set redriven_at = $2 where id = $1 and redriven_at is null
returning topic, key, value, header_names, header_values
"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """
    One record that cannot be used.

    `reason` is its class, `detail` says where and what (never the content), `subject` is what an
    operator would look for.
    """

    record: ConsumerRecord
    reason: str
    detail: str = ""
    subject: str | None = None


class FloodGate:
    """
    Refuses dead letters past *count_max* in *seconds* when they are more than *share_max* of all
    records.

    One gate belongs to one consumption. `lift` lets everything through for a while: the operator's
    word.
    """

    def __init__(
        self,
        count_max: int = COUNT_MAX,
        seconds: float = WINDOW_SECONDS,
        share_max: float = SHARE_MAX,
    ) -> None:
        self._count_max = count_max
        self._seconds = seconds
        self._share_max = share_max
        self._window: deque[tuple[float, int, int]] = deque()
        self._records = self._letters = 0
        self._batch = 0
        self._lifted_until = 0.0
        self.pending: list[str] = []

    def begin(self, records: int) -> None:
        """Begin an attempt at a batch of so many *records*."""
        self._batch = records
        self.pending = []
        horizon = time.monotonic() - self._seconds
        while self._window and self._window[0][0] < horizon:
            _, seen, letters = self._window.popleft()
            self._records -= seen
            self._letters -= letters

    def admit(self, reasons: Sequence[str]) -> None:
        """Count letters of this attempt, before they are written. Raises `DeadLetterFlood`."""
        self.pending.extend(reasons)
        letters = self._letters + len(self.pending)
        records = self._records + self._batch
        flooded = letters > self._count_max and letters > self._share_max * records
        if flooded and time.monotonic() >= self._lifted_until:
            raise DeadLetterFlood(letters, records, self._seconds)

    def commit(self) -> None:
        """The attempt succeeded: its records and letters count from now on."""
        self._window.append((time.monotonic(), self._batch, len(self.pending)))
        self._records += self._batch
        self._letters += len(self.pending)

    def lift(self) -> None:
        """Let everything through for one window."""
        self._lifted_until = time.monotonic() + self._seconds


CURRENT_GATE: ContextVar[FloodGate | None] = ContextVar("current_gate", default=None)
"""The gate of the consumption whose handler is running; set by the consumer."""


async def put_dead_letters(connection: Any, letters: Sequence[DeadLetter]) -> None:
    """
    Keep *letters* inside the caller's transaction; a record that is already kept is left as it is.

    Raises `DeadLetterFlood` before anything is written. The handler must let it pass.
    """
    if not letters:
        return
    gate = CURRENT_GATE.get()
    if gate is not None:
        gate.admit([letter.reason for letter in letters])
    await connection.executemany(_INSERT, [_row(letter) for letter in letters])


def _row(letter: DeadLetter) -> tuple[object, ...]:
    """Return the columns of *letter*; header names are kept as far as Postgres can hold them."""
    record = letter.record
    return (
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        [name.replace("\0", "") for name, _ in record.headers],
        [content for _, content in record.headers],
        letter.reason,
        letter.detail.replace("\0", "")[:2000],
        letter.subject,
    )


async def list_dead_letters(
    connection: Any, *, reason: str | None = None, all_of_them: bool = False, limit: int = 200
) -> list[dict[str, Any]]:
    """
    Return the open letters, oldest first, with their age in seconds; with *all_of_them* redriven
    ones too.
    """
    return [dict(row) for row in await connection.fetch(_LIST, all_of_them, reason, limit)]


async def count_dead_letters(connection: Any) -> dict[str, int]:
    """Return the number of open letters by reason."""
    rows = await connection.fetch(
        "select reason, count(*) from dead_letter where redriven_at is null group by 1 order by 1"
    )
    return {row["reason"]: row["count"] for row in rows}


async def show_dead_letter(connection: Any, letter_id: int) -> dict[str, Any] | None:
    """Return one letter with its content, or None."""
    row = await connection.fetchrow(_SHOW, letter_id)
    return None if row is None else dict(row)


async def redrive_dead_letter(
    connection: Any, letter_id: int, prefix: str, now: datetime
) -> bool | None:
    """
    Send the original bytes to the original topic once more, through the outbox.

    Returns True when it was sent, False when it had been sent before, None when there is no such
    letter.
    """
    async with connection.transaction():
        row = await connection.fetchrow(_TAKE, letter_id, now)
        if row is None:
            known = await connection.fetchval("select 1 from dead_letter where id = $1", letter_id)
            return False if known else None
        headers = tuple(zip(row["header_names"], row["header_values"], strict=True))
        topic = row["topic"].removeprefix(prefix)
        await put_outgoing(connection, [Outgoing(topic, row["key"], row["value"], headers)])
    return True
