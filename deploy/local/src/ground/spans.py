"""Spans of OpenTelemetry as Zipkin's JSON v2. Pure: messages in, rows out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

KINDS = {2: "SERVER", 3: "CLIENT", 4: "PRODUCER", 5: "CONSUMER"}
NANOS = 1000


def text_of(value: AnyValue) -> str:
    """An attribute's value as Zipkin keeps it: text."""
    kind = value.WhichOneof("value")
    if kind is None:
        return ""
    if kind == "bool_value":
        return "true" if value.bool_value else "false"
    if kind == "array_value":
        return ",".join(text_of(item) for item in value.array_value.values)
    if kind == "bytes_value":
        return value.bytes_value.hex()
    return str(getattr(value, kind))


def _tags(attributes: Iterable[KeyValue]) -> dict[str, str]:
    return {item.key: text_of(item.value) for item in attributes}


def _outcome(span: Span) -> dict[str, str]:
    if span.status.code != Status.STATUS_CODE_ERROR:
        return {}
    return {"error": span.status.message or "true"}


def _links(span: Span) -> dict[str, str]:
    return {
        f"link.{number}": f"{link.trace_id.hex()}/{link.span_id.hex()}"
        for number, link in enumerate(span.links)
    }


def zipkin_span(span: Span, service: str) -> dict[str, Any]:
    """
    One span. Times become microseconds, and a duration is at least 1: Zipkin drops 0.

    Links have no place in Zipkin, so they stand as tags `link.<n>` = trace/span.
    """
    start_us = span.start_time_unix_nano // NANOS
    row: dict[str, Any] = {
        "traceId": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "name": span.name,
        "timestamp": start_us,
        "duration": max(1, span.end_time_unix_nano // NANOS - start_us),
        "localEndpoint": {"serviceName": service},
        "tags": {**_tags(span.attributes), **_links(span), **_outcome(span)},
        "annotations": [
            {"timestamp": event.time_unix_nano // NANOS, "value": event.name}
            for event in span.events
        ],
    }
    if span.parent_span_id:
        row["parentId"] = span.parent_span_id.hex()
    if span.kind in KINDS:
        row["kind"] = KINDS[span.kind]
    return row


def zipkin_spans(request: ExportTraceServiceRequest) -> list[dict[str, Any]]:
    """All spans of one export, each with the service its resource names."""
    rows = []
    for resource in request.resource_spans:
        service = _tags(resource.resource.attributes).get("service.name", "unknown")
        for scope in resource.scope_spans:
            rows += [zipkin_span(span, service) for span in scope.spans]
    return rows
