"""Trails: traces that a message carries go on to what it causes, and cost nothing unsampled."""

from __future__ import annotations

from chassis.outbox import Outgoing
from chassis.telemetry import Tracing, context_of
from chassis.trails import TRAILS_MAX, Steps, Trail, headers_of, trails_of
from sla.handlers import begun

from tests.unit.chassis.test_telemetry import Collected

SENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = int("0af7651916cd43dd8448eb211c80319c", 16)
NAMES = {"tidtam.case": "7", "tidtam.event": "a/1, ก"}


def test_what_is_written_is_read() -> None:
    """Traceparents and names survive the headers, whatever the names hold."""
    trails = [Trail(SENT, NAMES), Trail(SENT.replace("b7", "b8"), {"tidtam.case": "7"})]
    assert trails == trails_of(headers_of(trails))


def test_headers_of_others_are_passed_over() -> None:
    """Null values, foreign headers and baggage of nobody are no trail."""
    headers = [("other", b"\xff"), ("traceparent", None), ("baggage", b"a=1")]
    assert [] == trails_of(headers)
    assert [Trail(SENT, {})] == trails_of([*headers, ("traceparent", SENT.encode())])


def test_a_message_carries_so_many() -> None:
    """The first ones, which are the newest."""
    many = [Trail(SENT, {"tidtam.event": str(number)}) for number in range(TRAILS_MAX + 1)]
    assert many[:TRAILS_MAX] == trails_of(headers_of(many))


def test_each_step_is_under_the_one_before() -> None:
    """A span in each trace, with its names, ended with the steps; the trail leads on from it."""
    collected = Collected(1.0)
    with Steps(collected.tracing) as steps:
        (going,) = steps.onward("sla: judge", [Trail(SENT, NAMES)])
        assert [] == collected.spans()
    (span,) = collected.spans()
    context = context_of(going.traceparent)
    assert context is not None
    assert (TRACE, span.context.span_id) == (context.trace_id, context.span_id)
    assert (NAMES, NAMES) == (dict(span.attributes or {}), going.names)
    collected.tracing.shutdown()


def test_where_nothing_is_sampled_nothing_goes_on() -> None:
    """No span, no trail, and cases without a trail are left out."""
    with Steps(Tracing(0.0)) as steps:
        assert [] == steps.onward("sla: judge", [Trail(SENT, NAMES)])
        assert {} == steps.onward_each("sla: judge", {7: [Trail(SENT, NAMES)]})
        assert [] == steps.begin("sla: tick", NAMES)


def test_time_begins_a_trace_where_a_moment_is_told() -> None:
    """A breach at midnight has a trace of its own; a day that only moved on has none."""
    collected = Collected(1.0)
    days, moment = Outgoing("case-sla", b"7", b"{}"), Outgoing("sla-event", b"7", b"{}")
    with Steps(collected.tracing) as steps:
        assert () == begun(steps, [days], 7)
        (trail,) = begun(steps, [days, moment], 7)
    (span,) = collected.spans()
    assert ("sla: tick", None) == (span.name, span.parent)
    assert {"tidtam.case": "7"} == trail.names
    collected.tracing.shutdown()
