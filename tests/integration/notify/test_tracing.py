"""The trace of an event goes on to the message that tells it, whenever that leaves."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from chassis.telemetry import carrying, setup
from ground.databases import Database
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.integration.notify.bed import Bed, close_bed, make_bed, topic_of
from tests.integration.notify.channels.mail_server import MailServer
from tests.integration.notify.said import (
    case_sla,
    case_status,
    clock,
    event,
    line,
    line_status,
    paid_line,
    payee,
    sla_event,
)

PAID = event("transferred", "2026-11-23T02:00")
RECEIVED = event("received", "2026-11-23T01:00")
ANNA = payee(email="anna@example.org")
PERSONAL = ("anna", "example.org", "วัสดุวิทยาศาสตร์")


class Traced:
    """Notify on its database with every trace sampled; its spans stay here."""

    def __init__(self, bed: Bed, exporter: InMemorySpanExporter) -> None:
        self.bed = bed
        self._exporter = exporter

    async def comes(self, value: bytes, trace: int, about: dict[str, Any], case: int = 1) -> None:
        """A message of *about* arrives in the trace."""
        names = {"tidtam.case": str(case), "tidtam.event": about["id"], "tidtam.source": "erp"}
        headers = carrying(f"00-{trace:032x}-{trace:016x}-01", names)
        record = self.bed.record(topic_of(value), value, str(case).encode())
        traced = dataclasses.replace(record, headers=headers)
        await self.bed.handlers.on_cases(self.bed.handlers.read([traced]))

    def spans(self) -> list[ReadableSpan]:
        """All spans that have ended."""
        self.bed.base.tracing.provider.force_flush()
        return list(self._exporter.get_finished_spans())

    def of(self, trace: int) -> list[str]:
        """The names of the spans of a trace, in the order they ended."""
        return [span.name for span in self.spans() if span.context.trace_id == trace]

    def sends(self) -> list[ReadableSpan]:
        """The spans of messages that left."""
        return [span for span in self.spans() if span.name == "notify: send"]


@pytest.fixture
async def traced(database: Database) -> AsyncIterator[Traced]:
    """Notify, all of it traced."""
    exporter, server = InMemorySpanExporter(), MailServer()
    tracing = setup("notify", "", 1.0, exporter=exporter)
    bed = await make_bed(database, server, tracing=tracing)
    yield Traced(bed, exporter)
    await close_bed(bed)
    await server.close()
    tracing.shutdown()


def tags(span: ReadableSpan) -> dict[str, Any]:
    """What a span is about."""
    return {name.removeprefix("tidtam."): value for name, value in (span.attributes or {}).items()}


async def test_an_event_leads_to_its_letter(traced: Traced) -> None:
    """Decided, days kept, sent: spans of one trace that name case, event and notice, no person."""
    await traced.bed.say(ANNA, line_status(1, line()))
    await traced.comes(case_status(1, RECEIVED), 0xA, RECEIVED)
    await traced.comes(case_sla(1, 1, clock(RECEIVED)), 0xA, RECEIVED)
    (letter,) = await traced.bed.sent()
    assert ["notify: decide", "notify: days", "notify: send"] == traced.of(0xA)
    (send,) = traced.sends()
    (mail,) = [one for one in await traced.bed.notices() if one["channel"] == "email"]
    assert {
        "case": "1",
        "event": RECEIVED["id"],
        "source": "erp",
        "notice": mail["notice"],
        "message": mail["message"],
        "channel": "email",
        "attempt": "1",
        "outcome": "sent",
    } == tags(send)
    told = " ".join(span.to_json() for span in traced.spans())
    assert not [word for word in PERSONAL if word in told]
    assert not re.search(r"traceparent|baggage", letter.as_string(), re.IGNORECASE)
    assert f"{0xA:032x}" not in letter.as_string()


async def test_the_trace_waits_for_lines_and_address(traced: Traced) -> None:
    """Asked for by a message without a trace, long after: the event's own trace goes on."""
    await traced.comes(case_status(1, PAID, lines="transferred"), 0xB, PAID)
    await traced.bed.say(line_status(1, paid_line(PAID)))
    await traced.bed.later(hours=1)
    await traced.bed.say(ANNA)
    assert 1 == len(await traced.bed.later(hours=1))
    assert ["notify: decide", "notify: send"] == traced.of(0xB)


async def test_every_attempt_is_a_span(traced: Traced) -> None:
    """Put off and sent again: two spans under the decision, with what became of each."""
    await traced.bed.say(ANNA, line_status(1, line()))
    await traced.comes(case_status(1, RECEIVED), 0xC, RECEIVED)
    traced.bed.mail.at_letter = "451 4.3.0 try again later"
    await traced.bed.sent()
    traced.bed.mail.at_letter = ""
    assert 1 == len(await traced.bed.later(seconds=61))
    first, second = traced.sends()
    assert ("1", "retry") == (tags(first)["attempt"], tags(first)["outcome"])
    assert ("2", "sent") == (tags(second)["attempt"], tags(second)["outcome"])
    (decided,) = [span for span in traced.spans() if span.name == "notify: decide"]
    assert {decided.context.span_id} == {one.parent.span_id for one in (first, second)}


async def test_a_bundle_is_in_every_trace_that_led_to_it(traced: Traced) -> None:
    """Two cases in one letter: a span in each trace names the message, the second links back."""
    await traced.bed.say(ANNA)
    for case, trace in ((1, 0xD1), (2, 0xD2)):
        received = {**RECEIVED, "id": f"received-{case}"}
        await traced.bed.say(line_status(1, line(), case=case))
        await traced.comes(case_status(1, received, case=case), trace, received, case)
    assert 1 == len(await traced.bed.sent())
    first, second = traced.sends()
    assert {0xD1, 0xD2} == {first.context.trace_id, second.context.trace_id}
    assert tags(first)["message"] == tags(second)["message"]
    assert [first.context.span_id] == [one.context.span_id for one in second.links]


async def test_a_deadline_is_told_in_the_trace_of_what_brought_it(traced: Traced) -> None:
    """A breach that time brought goes on in its own trace, not in that of the clock's start."""
    started = event("received", "2026-11-09T01:00")
    await traced.bed.say(ANNA, line_status(1, line()))
    await traced.comes(case_status(1, started), 0xE1, started)
    breached = sla_event("breached", started, "2026-11-22T17:00")
    await traced.comes(breached, 0xE2, {"id": ""})
    await traced.bed.sent()
    assert ["notify: decide", "notify: send"] == traced.of(0xE2)
    assert "notify: send" not in traced.of(0xE1)


async def test_nothing_is_kept_of_what_has_gone(traced: Traced) -> None:
    """When its message has gone, a notice needs its trace no more."""
    await traced.bed.say(ANNA, line_status(1, line()))
    await traced.comes(case_status(1, RECEIVED), 0xF, RECEIVED)
    pool = traced.bed.base.pool
    assert 1 == await pool.fetchval("select count(*) from notice_trace")
    await traced.bed.sent()
    assert 0 == await pool.fetchval("select count(*) from notice_trace")
