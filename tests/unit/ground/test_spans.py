"""Spans from OTLP to Zipkin."""

from __future__ import annotations

from ground.spans import zipkin_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

TRACE, PARENT, OWN = bytes.fromhex("0af7651916cd43dd8448eb211c80319c"), b"\1" * 8, b"\2" * 8


def _export(span: Span) -> ExportTraceServiceRequest:
    name = KeyValue(key="service.name", value=AnyValue(string_value="intake"))
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=[name]), scope_spans=[ScopeSpans(spans=[span])]
            )
        ]
    )


def test_a_span_keeps_its_place_times_and_tags() -> None:
    """Ids are hex, times are microseconds, attributes, links and the error are tags."""
    span = Span(
        trace_id=TRACE,
        span_id=OWN,
        parent_span_id=PARENT,
        name="accept",
        kind=Span.SPAN_KIND_CONSUMER,
        start_time_unix_nano=1_000_000_500,
        end_time_unix_nano=1_003_000_500,
        attributes=[
            KeyValue(key="case", value=AnyValue(string_value="4821-7735-6")),
            KeyValue(key="late", value=AnyValue(bool_value=True)),
            KeyValue(key="lines", value=AnyValue(int_value=3)),
        ],
        events=[Span.Event(time_unix_nano=1_001_000_000, name="claimed")],
        links=[Span.Link(trace_id=TRACE, span_id=PARENT)],
        status=Status(code=Status.STATUS_CODE_ERROR, message="refused"),
    )
    assert zipkin_spans(_export(span)) == [
        {
            "traceId": TRACE.hex(),
            "id": OWN.hex(),
            "parentId": PARENT.hex(),
            "kind": "CONSUMER",
            "name": "accept",
            "timestamp": 1_000_000,
            "duration": 3_000,
            "localEndpoint": {"serviceName": "intake"},
            "tags": {
                "case": "4821-7735-6",
                "late": "true",
                "lines": "3",
                "link.0": f"{TRACE.hex()}/{PARENT.hex()}",
                "error": "refused",
            },
            "annotations": [{"timestamp": 1_001_000, "value": "claimed"}],
        }
    ]


def test_a_span_without_length_lasts_one_microsecond() -> None:
    """Zipkin passes over a duration of 0, so it is 1; a root span has no parent and no kind."""
    span = Span(trace_id=TRACE, span_id=OWN, start_time_unix_nano=5000, end_time_unix_nano=5000)
    (row,) = zipkin_spans(_export(span))
    assert (row["duration"], "parentId" in row, "kind" in row) == (1, False, False)
