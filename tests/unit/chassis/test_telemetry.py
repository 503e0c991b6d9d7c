"""Traces: our ratio decides, the sender cannot; an unsampled event costs no span."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from chassis.telemetry import EVENTS_PER_TRACE_MAX, Tracing, context_of, setup
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

SENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = int("0af7651916cd43dd8448eb211c80319c", 16)


class Collected:
    """A tracing whose spans stay here."""

    def __init__(self, ratio: float, key: bytes = b"k") -> None:
        self._exporter = InMemorySpanExporter()
        self.tracing = setup("shoe", "", ratio, key=key, exporter=self._exporter)

    def spans(self) -> list[ReadableSpan]:
        """Return what was exported so far."""
        assert self.tracing.provider is not None
        self.tracing.provider.force_flush()
        return list(self._exporter.get_finished_spans())


@pytest.fixture
def all_of_them() -> Iterator[Collected]:
    """A tracing that samples everything."""
    collected = Collected(1.0)
    yield collected
    collected.tracing.shutdown()


def test_hops_make_one_trace(all_of_them: Collected) -> None:
    """Each hop is the child of the one before, in the sender's trace, with its attributes."""
    tracing = all_of_them.tracing
    first = tracing.origin("intake", SENT, {"event": "e-1"})
    assert first is not None
    second = tracing.hop("relay", first.traceparent, {})
    assert second is not None
    second.end()
    second.end()
    first.end()
    relay, intake = all_of_them.spans()
    assert {span.context.trace_id for span in (relay, intake)} == {TRACE}
    assert relay.parent is not None
    assert relay.parent.span_id == intake.context.span_id
    assert intake.parent is not None
    assert intake.parent.span_id == int("b7ad6b7169203331", 16)
    assert dict(intake.attributes or {}) == {"event": "e-1"}


@pytest.mark.parametrize("malformed", ["", "00-xyz", SENT[:-3], "00-" + "0" * 32 + SENT[35:]])
def test_a_malformed_traceparent_starts_a_new_trace(all_of_them: Collected, malformed: str) -> None:
    """What cannot be read is left aside; the event still has a trace of its own."""
    hop = all_of_them.tracing.origin("intake", malformed, {})
    assert hop is not None
    context = context_of(hop.traceparent)
    assert context is not None
    assert context.trace_id != TRACE


def test_inside_the_house_no_traceparent_means_unsampled(all_of_them: Collected) -> None:
    """A hop without header makes no span; an origin without one begins a trace."""
    assert all_of_them.tracing.hop("relay", None, {}) is None
    assert all_of_them.tracing.origin("intake", None, {}) is not None


@pytest.mark.parametrize("flag", ["00", "01"])
def test_the_senders_flag_is_ignored(flag: str) -> None:
    """Asking for sampling, or against it, changes nothing: the trace id and our key decide."""
    collected = Collected(0.5)
    hops = [
        collected.tracing.origin("intake", f"00-{n:032x}-b7ad6b7169203331-{flag}", {})
        for n in range(1, 1001)
    ]
    sampled = sum(hop is not None for hop in hops)
    assert 420 < sampled < 580
    assert [hop is not None for hop in hops] == [
        collected.tracing.sampled(n) for n in range(1, 1001)
    ]


def test_services_decide_alike_and_senders_cannot_foresee_it() -> None:
    """One key gives one decision everywhere; another key another one."""
    ids = range(1, 501)
    one, same, other = (Tracing(0.3, key) for key in (b"a", b"a", b"b"))
    assert [one.sampled(n) for n in ids] == [same.sampled(n) for n in ids]
    assert [one.sampled(n) for n in ids] != [other.sampled(n) for n in ids]


def test_a_source_cannot_make_one_endless_trace(all_of_them: Collected) -> None:
    """After 200 events of one trace id each further one has a trace of its own that links to it."""
    hops = [all_of_them.tracing.origin("intake", SENT, {}) for _ in range(EVENTS_PER_TRACE_MAX + 2)]
    for hop in hops:
        assert hop is not None
        hop.end()
    spans = all_of_them.spans()
    within = [span for span in spans if span.context.trace_id == TRACE]
    fresh = [span for span in spans if span.context.trace_id != TRACE]
    assert (len(within), len({span.context.trace_id for span in fresh})) == (200, 2)
    assert [[link.context.trace_id for link in span.links] for span in fresh] == [[TRACE]] * 2


def test_a_dead_collector_hurts_nobody() -> None:
    """With nobody at the endpoint spans cost as little as ever, and stopping does not hang."""
    tracing = setup("shoe", "http://127.0.0.1:9", 1.0)
    started = time.monotonic()
    for _ in range(2000):
        hop = tracing.origin("intake", None, {})
        assert hop is not None
        hop.end()
    made = time.monotonic() - started
    tracing.shutdown()
    assert made < 2
    assert time.monotonic() - started < 12


@pytest.mark.parametrize(("endpoint", "ratio"), [("", 1.0), ("http://127.0.0.1:1", 0.0)])
def test_without_endpoint_or_ratio_nothing_is_traced(endpoint: str, ratio: float) -> None:
    """Tracing that is off says so and makes no span."""
    tracing = setup("shoe", endpoint, ratio)
    assert (tracing.enabled, tracing.origin("x", SENT, {}), tracing.hop("x", SENT, {})) == (
        False,
        None,
        None,
    )
