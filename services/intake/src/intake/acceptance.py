"""
One batch of judged inputs becomes journal, cases, payees, rejects and messages: all in one
transaction.

Called by the Kafka handler and by HTTP, so that both give the same answer for the same event.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import orjson
from chassis.database import Connection, locked
from chassis.errors import TidtamError
from chassis.gathered import Gathered
from chassis.instants import microseconds, moment
from chassis.outbox import Outgoing, put_outgoing
from chassis.service import Base
from chassis.telemetry import Hop
from contracts.events import Finding, Inbound, Rejected
from contracts.rules import finding

from intake import registry_store, store
from intake.completeness import Beat, on_heartbeats
from intake.membership import Membership
from intake.model import Key
from intake.payees import PayeeKeys
from intake.publish import Entry, envelope_of, findings, reject
from intake.redelivery import first_told
from intake.registry import Registry
from intake.registry_store import SourceCount
from intake.store import NewRow
from intake.vault import Vault

ALTERED = finding("/id", "altered-duplicate")


class RulesChanged(TidtamError):
    """Sources or rules changed while the batch was judged: judge it again."""


class Verdict(StrEnum):
    """How an input ended."""

    ACCEPTED = "accepted"
    RESENT = "resent"
    ALTERED = "altered"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Input:
    """
    One judged input. `slug` names the sender's topic; `position` is where it lay on Kafka.
    `raw` is what came; only its SHA-256 is ever kept.
    """

    judged: Inbound | Rejected
    slug: str | None
    position: str | None = None
    hop: Hop | None = None
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What its sender is told of one input."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()


Counted = Sequence[tuple[Input, Answer]]


@dataclass(slots=True)
class _Batch:
    """What a batch comes to while it is worked on."""

    now: datetime
    answers: list[Answer]
    fresh: dict[Key, Input] = field(default_factory=dict)
    refused: list[tuple[Input, Rejected]] = field(default_factory=list)
    messages: list[Outgoing] = field(default_factory=list)

    @property
    def now_us(self) -> int:
        return microseconds(self.now)


class Acceptance:
    """One per process."""

    def __init__(self, base: Base, registry: Registry, keys: PayeeKeys) -> None:
        self._base = base
        self._registry = registry
        self._membership = Membership()
        self._vault = Vault(keys)

    async def accept(self, inputs: Sequence[Input], revision: int) -> list[Answer]:
        """
        Commit a batch judged under *revision* of the rules; answers are in the inputs' order.

        Raises `RulesChanged` when the rules are newer: nothing has happened then.
        """
        batch = _Batch(self._base.clock.now(), [])
        async with (
            self._base.pool.acquire() as connection,
            locked(connection, store.MEMBERSHIP_LOCK),
        ):
            begun = await store.find_known(connection, sorted(_keys(inputs)))
            if begun.revision != revision:
                raise RulesChanged("the registry or the rules changed")
            writer = Gathered(connection)
            batch.answers += [self._sort_one(batch, item, begun.known) for item in inputs]
            if batch.fresh:
                await self._record(connection, writer, batch, begun)
            if batch.refused:
                await self._refuse(connection, batch)
            await self._hear(connection, writer, batch, inputs)
            told = await first_told(connection, writer, inputs, batch.answers)
            await self._count(writer, batch, told)
            await put_outgoing(writer, batch.messages)
            await writer.send()
        for item, answer in zip(inputs, batch.answers, strict=True):
            if item.hop is not None:
                item.hop.span.set_attribute("tidtam.verdict", answer.verdict)
                item.hop.end()
        self._base.relay.wake()
        return batch.answers

    def _sort_one(
        self, batch: _Batch, item: Input, known: Mapping[Key, list[store.Known]]
    ) -> Answer:
        """Tell a new event from a resend and an altered duplicate, also within the batch."""
        event = item.judged
        if isinstance(event, Rejected):
            batch.refused.append((item, event))
            return Answer(Verdict.REJECTED, event.findings)
        key = Key(event.source, event.id)
        digest = next((k.digest for k in known.get(key, ()) if k.digest is not None), None)
        earlier = batch.fresh.get(key)
        if digest is None and earlier is not None and isinstance(earlier.judged, Inbound):
            digest = earlier.judged.digest
        if digest is None:
            batch.fresh[key] = item
            return Answer(Verdict.ACCEPTED, event.warnings)
        if digest == event.digest:
            return Answer(Verdict.RESENT)
        sha256 = hashlib.sha256(item.raw).digest()
        batch.refused.append(
            (item, Rejected(event.source, event.id, sha256, (ALTERED,), altered=True))
        )
        return Answer(Verdict.ALTERED, (ALTERED,))

    async def _record(
        self, connection: Connection, writer: Gathered, batch: _Batch, begun: store.Begun
    ) -> None:
        """Journal, payees and membership of the new events."""
        events = [i.judged for i in batch.fresh.values() if isinstance(i.judged, Inbound)]
        processes = self._registry.processes
        batch.messages += await self._vault.resolve(connection, events, processes, batch.now_us)
        hops = {key: item.hop for key, item in batch.fresh.items() if item.hop is not None}
        entries = [(self._entry(event, batch.now_us, hops), event) for event in events]
        placed = await self._membership.place(
            connection,
            writer,
            processes,
            [(e, unit_of(v)) for e, v in entries if self._has_case(v)],
            begun,
            batch.now_us,
            hops,
        )
        rows = [
            NewRow(
                e,
                v.digest,
                unit_of(v),
                *placed.where.get(e.key, (None, None)),
                self._vault.seal_unread(v),
            )
            for e, v in entries
        ]
        await store.record_journal(writer, rows, placed.membership)
        batch.messages += placed.messages

    async def _hear(
        self, connection: Connection, writer: Gathered, batch: _Batch, inputs: Sequence[Input]
    ) -> None:
        """Completeness, from the heartbeats among the new events."""
        beats = [i for i in batch.fresh.values() if _is_heartbeat(i.judged)]
        if not beats:
            return
        # What a heartbeat closes may be in this batch.
        await writer.send()
        place = {id(item): n for n, item in enumerate(inputs)}
        newest = await registry_store.newest_reject(connection)
        refused = [place[id(item)] for item, _ in batch.refused]
        heard = [
            # The refusals of this batch are the newest ones, in its order.
            Beat(item.judged, newest - sum(at > place[id(item)] for at in refused))
            for item in beats
            if isinstance(item.judged, Inbound)
        ]
        batch.messages += await on_heartbeats(
            connection, self._registry, heard, batch.now, batch.now_us
        )

    def _has_case(self, event: Inbound) -> bool:
        return self._registry.processes[event.process].facts[event.fact].about_case

    def _entry(self, event: Inbound, now_us: int, hops: Mapping[Key, Hop]) -> Entry:
        key = Key(event.source, event.id)
        hop = hops.get(key)
        return Entry(
            key,
            event.process,
            event.fact,
            self._registry.role_of(event.source),
            event.instant_us,
            event.sequence,
            now_us,
            envelope_of(event, event.data, None if hop is None else hop.traceparent),
            event.text or None,
        )

    async def _refuse(self, connection: Connection, batch: _Batch) -> None:
        """Keep each refusal and tell its sender, on its own topic and page."""
        rows = []
        for item, rejected in batch.refused:
            told = orjson.dumps(findings(rejected)).decode()
            rows.append(
                (
                    item.slug,
                    rejected.source,
                    rejected.id,
                    item.position,
                    rejected.sha256,
                    rejected.altered,
                    told,
                    batch.now,
                )
            )
            if item.slug is not None and self._registry.has_slug(item.slug):
                value = reject(rejected, item.position, batch.now_us)
                batch.messages.append(
                    Outgoing(f"inbound-rejected.{item.slug}", rejected.sha256, value)
                )
        await registry_store.record_rejects(connection, rows)

    async def _count(self, writer: Gathered, batch: _Batch, told: Counted) -> None:
        """Count per source, and how far its clock runs ahead of ours."""
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        leads: dict[str, int] = {}
        last: dict[str, int] = {}
        for item, answer in told:
            source = self._registry.source_of(item)
            if source is None:
                continue
            place = {Verdict.ACCEPTED: 0, Verdict.RESENT: 1}.get(answer.verdict, 2)
            counts[source][place] += 1
            event = item.judged
            if place == 0 and isinstance(event, Inbound) and not event.day_precision:
                lead = (event.instant_us - batch.now_us) // 1000
                leads[source] = max(leads.get(source, lead), lead)
                last[source] = max(last.get(source, 0), event.instant_us)
        if counts:
            rows = {
                source: SourceCount(
                    accepted=ended[0],
                    resent=ended[1],
                    rejected=ended[2],
                    last_event_at=moment(last[source]) if source in last else None,
                    lead_ms=leads.get(source),
                )
                for source, ended in counts.items()
            }
            await registry_store.count_sources(writer, rows, batch.now.date())


def _keys(inputs: Sequence[Input]) -> set[Key]:
    """The events of a batch and those they take back."""
    events = [item.judged for item in inputs if isinstance(item.judged, Inbound)]
    targets = {Key(*event.target) for event in events if event.target is not None}
    return {Key(event.source, event.id) for event in events} | targets


def _is_heartbeat(judged: Inbound | Rejected) -> bool:
    return isinstance(judged, Inbound) and judged.fact == "heartbeat"


def unit_of(event: Inbound) -> str | None:
    """The unit an event names."""
    unit = event.data.get("unit")
    return str(unit) if unit else None
