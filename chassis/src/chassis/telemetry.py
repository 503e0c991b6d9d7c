"""
Traces: one span per hop of a message that is sampled, none for one that is not.

Whether a trace is sampled is decided here, by our ratio and a keyed hash of the trace id: what the
sender asks for is ignored, it cannot find ids that are always sampled, and every service decides
alike. Spans leave by OTLP over HTTP from a thread of their own; a full queue drops them, a dead
collector hurts nobody.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

EVENTS_PER_TRACE_MAX = 200
TRACES_REMEMBERED_MAX = 10_000
QUEUE_SPANS_MAX = 20_000

_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_SPACE = 1 << 64

TRACEPARENT = "traceparent"
BAGGAGE = "baggage"

logging.getLogger("opentelemetry.attributes").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Hop:
    """One span under way. `traceparent` is what the next hop must be told."""

    traceparent: str
    span: Span

    def end(self) -> None:
        """End the span; a second call changes nothing."""
        if self.span.is_recording():
            self.span.end()


@dataclass(slots=True)
class Tracing:
    """
    The traces of one process.

    `ratio` is the sampled share, 0 to 1; `key` is a secret that all services of an installation
    share.
    """

    ratio: float
    key: bytes = b""
    tracer: Tracer | None = None
    provider: TracerProvider | None = None
    _counts: OrderedDict[int, int] = field(default_factory=OrderedDict)

    @property
    def enabled(self) -> bool:
        """Whether any hop can be sampled at all."""
        return self.tracer is not None and self.ratio > 0

    def hop(
        self,
        name: str,
        traceparent: str | None,
        attributes: Mapping[str, str],
        links: Iterable[str] = (),
    ) -> Hop | None:
        """
        Begin a span inside the house, or return None when the trace is not sampled.

        No *traceparent* means that an earlier hop did not sample: None. A malformed one starts a
        new trace. *links* are traceparents of other traces.
        """
        if self.tracer is None or self.ratio <= 0 or traceparent is None:
            return None
        return self._begin(name, context_of(traceparent), attributes, links)

    def origin(
        self,
        name: str,
        traceparent: str | None,
        attributes: Mapping[str, str],
        links: Iterable[str] = (),
    ) -> Hop | None:
        """
        Begin the first span in the house for what a source sent, or return None when it is not
        sampled.

        Without a usable *traceparent* a new trace begins. A trace id that more than 200 events
        share is left behind for a fresh one that links to it: no source can make one endless trace.
        """
        if self.tracer is None or self.ratio <= 0:
            return None
        parent = None if traceparent is None else context_of(traceparent)
        if parent is not None and self._worn_out(parent.trace_id):
            links = (*links, _traceparent(parent))
            parent = None
        return self._begin(name, parent, attributes, links)

    def sampled(self, trace_id: int) -> bool:
        """Return whether the trace with this id is kept."""
        if self.ratio >= 1:
            return True
        digest = hashlib.blake2b(trace_id.to_bytes(16, "big"), digest_size=8, key=self.key).digest()
        return int.from_bytes(digest, "big") < self.ratio * _SPACE

    def shutdown(self) -> None:
        """Send what waits, a few seconds at most, and stop."""
        if self.provider is not None:
            self.provider.shutdown()

    def _begin(
        self,
        name: str,
        parent: SpanContext | None,
        attributes: Mapping[str, str],
        links: Iterable[str],
    ) -> Hop | None:
        """Begin a span under *parent*, or as the root of a new trace."""
        assert self.tracer is not None
        if parent is None:
            trace_id = secrets.randbits(128) or 1
            if not self.sampled(trace_id):
                return None
            span = self._root(name, trace_id, attributes, links)
        else:
            if not self.sampled(parent.trace_id):
                return None
            span = self._span(name, parent, attributes, links)
        return Hop(_traceparent(span.get_span_context()), span)

    def _root(
        self, name: str, trace_id: int, attributes: Mapping[str, str], links: Iterable[str]
    ) -> Span:
        """
        Begin a span without parent; the id generator hands out the trace id that was decided on.
        """
        _NEXT_TRACE_ID.append(trace_id)
        try:
            return self._span(name, None, attributes, links)
        finally:
            _NEXT_TRACE_ID.clear()

    def _span(
        self,
        name: str,
        parent: SpanContext | None,
        attributes: Mapping[str, str],
        links: Iterable[str],
    ) -> Span:
        """Begin the span itself."""
        assert self.tracer is not None
        context = set_span_in_context(NonRecordingSpan(parent) if parent else _NO_SPAN)
        contexts = [found for link in links if (found := context_of(link)) is not None]
        return self.tracer.start_span(
            name,
            context=context,
            kind=SpanKind.CONSUMER,
            attributes=attributes,
            links=[Link(found) for found in contexts] or None,
        )

    def _worn_out(self, trace_id: int) -> bool:
        """
        Count one more event of this trace among the last ones seen; say whether it has had enough.
        """
        count = self._counts.pop(trace_id, 0) + 1
        self._counts[trace_id] = count
        if len(self._counts) > TRACES_REMEMBERED_MAX:
            self._counts.popitem(last=False)
        return count > EVENTS_PER_TRACE_MAX


_NO_SPAN = NonRecordingSpan(SpanContext(0, 0, is_remote=False))
_NEXT_TRACE_ID: list[int] = []


class _Ids(RandomIdGenerator):
    """Random ids, but a new trace takes the id whose sampling was decided."""

    def generate_trace_id(self) -> int:
        """Return the decided id, else a random one."""
        return _NEXT_TRACE_ID[0] if _NEXT_TRACE_ID else super().generate_trace_id()


def context_of(traceparent: str) -> SpanContext | None:
    """Read a W3C `traceparent`; None when it is malformed or has the forbidden ids or version."""
    found = _TRACEPARENT.match(traceparent)
    if found is None or traceparent.startswith("ff"):
        return None
    trace_id, span_id = int(found[1], 16), int(found[2], 16)
    if not trace_id or not span_id:
        return None
    return SpanContext(trace_id, span_id, is_remote=True, trace_flags=_SAMPLED)


def carrying(traceparent: str, names: Mapping[str, str]) -> tuple[tuple[str, bytes], ...]:
    """
    Return the message headers that carry a trace on: `traceparent` and a W3C `baggage`.

    *names* are the attributes of the relay's span: it knows what a message is about by them.
    """
    baggage = ",".join(f"{name}={quote(value, safe='')}" for name, value in names.items())
    return (TRACEPARENT, traceparent.encode()), (BAGGAGE, baggage.encode())


def names_of(baggage: bytes) -> dict[str, str]:
    """Read what `carrying` put into `baggage`; members that are none are left out."""
    members = (member.partition("=") for member in baggage.decode("ascii", "replace").split(","))
    return {name.strip(): unquote(value) for name, _, value in members if name.strip() and value}


def _traceparent(context: SpanContext) -> str:
    """Write *context* as a sampled W3C `traceparent`."""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"


def setup(
    service: str,
    endpoint: str,
    ratio: float,
    *,
    key: bytes = b"",
    instance: str = "0",
    exporter: SpanExporter | None = None,
) -> Tracing:
    """
    Return the tracing of *service*; nothing is traced when *endpoint* is empty or *ratio* is 0.

    *endpoint* is the collector's base URL, without `/v1/traces`. *exporter* replaces it in tests.
    """
    if ratio <= 0 or not (endpoint or exporter):
        return Tracing(0.0)
    if exporter is None:
        address = endpoint.rstrip("/").removesuffix("/v1/traces") + "/v1/traces"
        exporter = OTLPSpanExporter(endpoint=address, timeout=3)
    resource = Resource({"service.name": service, "service.instance.id": instance})
    provider = TracerProvider(
        sampler=ALWAYS_ON, resource=resource, id_generator=_Ids(), shutdown_on_exit=False
    )
    provider.add_span_processor(
        BatchSpanProcessor(
            exporter,
            max_queue_size=QUEUE_SPANS_MAX,
            schedule_delay_millis=1000,
            max_export_batch_size=2000,
        )
    )
    return Tracing(ratio, key[:64], provider.get_tracer("chassis"), provider)
