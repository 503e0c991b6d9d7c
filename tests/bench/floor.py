"""
The floor: the least a consumer with a database can do.

`getmany(500)`, validate each event, one row per event by `unnest`, commit, commit the offset.
A process of its own, started with one JSON argument; prints one JSON object.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from pydantic import BaseModel, TypeAdapter

from tests.bench.drain import Offsets
from tests.bench.meter import mark, rss_megabytes
from tests.bench.outcome import Run, run_between
from tests.bench.rig import Rig

ROOT = Path(__file__).resolve().parents[2]
RECORDS_MAX = 500
# As the services set them: the floor is not to be slowed by what they avoid.
GC_THRESHOLDS = (50_000, 20, 100)
MAKE_TABLE = """
create schema if not exists floor;
drop table if exists floor.event;
create table floor.event (
    source text not null, id text not null, type text not null, time timestamptz not null,
    sequence bigint, partition integer not null, position bigint not null, key text,
    received_at timestamptz not null, data jsonb not null
)"""
INSERT = """
insert into floor.event
select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[],
                     $6::integer[], $7::bigint[], $8::text[], $9::timestamptz[], $10::jsonb[])"""


class Event(BaseModel):
    """A CloudEvent, as far as everybody reads it."""

    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    datacontenttype: str
    sequence: int | None = None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What a floor process is told. `places`: topic, partition, first and last offset."""

    kafka: str
    database_url: str
    group: str
    places: list[tuple[str, int, int, int]]
    pids: dict[str, int]


async def floor(rig: Rig, what: str, begins: Offsets, ends: Offsets, group: str) -> Run:
    """Measure the floor on the records between these offsets. Raises `RuntimeError` if it fails."""
    url = rig.servers.postgres.url(database=rig.database)
    await _make_table(url)
    places = [(p.topic, p.partition, begins.get(p, 0), end) for p, end in ends.items()]
    order = Order(rig.servers.kafka, url, group, places, rig.pids())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.floor", json.dumps(asdict(order))),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{what} ended with {process.returncode}")
    return Run(what, **json.loads(out))


async def _make_table(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(MAKE_TABLE)
    finally:
        await connection.close()


async def measure(order: Order) -> Run:
    """Read, validate, write and commit to the end; the clock starts after the first batch."""
    ends = {TopicPartition(topic, part): end for topic, part, _, end in order.places}
    total = sum(end - begin for _, _, begin, end in order.places)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=order.kafka, group_id=order.group, enable_auto_commit=False
    )
    await consumer.start()
    connection = await asyncpg.connect(order.database_url)
    consumer.assign(list(ends))
    for topic, partition, begin, _ in order.places:
        consumer.seek(TopicPartition(topic, partition), begin)
    done = first = 0
    started = mark(order.pids)
    while done < total:
        batch = await _one_batch(consumer, connection)
        done += batch
        if not first:
            first, started = done, mark(order.pids)
    ended = mark(order.pids)
    rss = rss_megabytes(order.pids["floor"])
    await connection.close()
    await consumer.stop()
    return run_between("floor", total - first, started, ended, rss)


async def _one_batch(consumer: AIOKafkaConsumer, connection: asyncpg.Connection) -> int:
    polled = await consumer.getmany(timeout_ms=1000, max_records=RECORDS_MAX)
    records = [record for part in polled.values() for record in part]
    if records:
        await connection.execute(INSERT, *_columns(records))
        await consumer.commit(
            {place: OffsetAndMetadata(part[-1].offset + 1, "") for place, part in polled.items()}
        )
    return len(records)


_ADAPTER = TypeAdapter(Event)


def _columns(records: Sequence[ConsumerRecord]) -> list[list[Any]]:
    rows = []
    for record in records:
        event = _ADAPTER.validate_json(record.value)
        rows.append(
            (
                *(event.source, event.id, event.type, event.time, event.sequence),
                *(record.partition, record.offset, record.key.decode(), event.time),
                orjson.dumps(event.data).decode(),
            )
        )
    return [list(column) for column in zip(*rows, strict=True)]


def main() -> None:
    """Run as a process of its own."""
    told = json.loads(sys.argv[1])
    order = Order(**{**told, "pids": {"floor": os.getpid(), **told["pids"]}})
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    run = asdict(asyncio.run(measure(order)))
    run.pop("what")
    sys.stdout.write(json.dumps(run) + "\n")


if __name__ == "__main__":
    main()
