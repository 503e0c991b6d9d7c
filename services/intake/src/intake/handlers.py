"""What intake does with the records it reads: parse, judge, accept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from aiokafka.structs import ConsumerRecord
from chassis.instants import microseconds
from chassis.service import Base
from chassis.telemetry import Hop
from contracts.events import Inbound

from intake import registry_store
from intake.acceptance import Acceptance, Input, RulesChanged
from intake.registry import Registry


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch of records judged under one revision of the rules."""

    records: Sequence[ConsumerRecord]
    inputs: Sequence[Input]
    revision: int


class Handlers:
    """One per process."""

    def __init__(self, base: Base, registry: Registry, acceptance: Acceptance) -> None:
        self._base = base
        self._registry = registry
        self._acceptance = acceptance

    def judge(self, records: Sequence[ConsumerRecord]) -> Judged:
        """Judge what sources published; this runs while the batch before is being committed."""
        now_us = microseconds(self._base.clock.now())
        inputs = [self._judge_one(record, now_us) for record in records]
        return Judged(records, inputs, self._registry.revision)

    async def on_inbound(self, judged: Judged) -> None:
        """Accept or refuse a batch; nothing is left unanswered. Changed rules judge it anew."""
        while True:
            try:
                await self._acceptance.accept(judged.inputs, judged.revision)
                return
            except RulesChanged:
                await self.refresh()
                judged = self.judge(judged.records)

    async def refresh(self) -> None:
        """Take over changed sources and rules."""
        async with self._base.pool.acquire() as connection:
            await self._registry.refresh(connection)

    def _judge_one(self, record: ConsumerRecord, now_us: int) -> Input:
        topic = self._base.settings.unprefixed(record.topic)
        slug = topic.removeprefix("inbound.")
        source = self._registry.by_slug(slug)
        rules = None if source is None else source.rules
        judged = self._registry.read(record.value, record.headers, rules, now_us)
        position = f"{topic}/{record.partition}/{record.offset}"
        hop = self.hop(judged, header_of(record))
        return Input(judged, slug, position, hop, record.value or b"")

    def hop(self, judged: object, header: str | None) -> Hop | None:
        """The span of one accepted input, named by its event, never by a person."""
        if not self._base.tracing.enabled or not isinstance(judged, Inbound):
            return None
        names = {"tidtam.event": judged.id, "tidtam.source": judged.source}
        return self._base.tracing.origin("intake: accept", header or judged.traceparent, names)

    async def on_case_status(self, records: Sequence[ConsumerRecord]) -> None:
        """Keep the sources' read-back. No decision reads it."""
        newest: dict[int, tuple[int, int, int, str]] = {}
        for record in records:
            if not record.value:
                continue
            data = orjson.loads(record.value)["data"]
            row = (int(data["case"]), data["epoch"], data["version"], orjson.dumps(data).decode())
            if row[0] not in newest or newest[row[0]][1:3] < row[1:3]:
                newest[row[0]] = row
        if newest:
            async with self._base.pool.acquire() as connection:
                await registry_store.view_cases(connection, [newest[key] for key in sorted(newest)])


def header_of(record: ConsumerRecord) -> str | None:
    """The Kafka header `traceparent`; bytes that are no text are as good as none."""
    for name, value in record.headers:
        if name == "traceparent" and value is not None:
            text: str = value.decode("ascii", "replace")
            return text
    return None
