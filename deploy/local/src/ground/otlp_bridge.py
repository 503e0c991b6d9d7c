"""
The bridge from OTLP to Zipkin: takes traces at /v1/traces, hands them on as Zipkin's JSON v2.

Services speak OTLP only, and Zipkin does not. Run as
`python -m ground.otlp_bridge PORT ZIPKIN_URL`.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ground.ports import LOOPBACK
from ground.spans import zipkin_spans

PROTOBUF = "application/x-protobuf"


def _decode(body: bytes, encoding: str) -> ExportTraceServiceRequest:
    raw = gzip.decompress(body) if encoding == "gzip" else body
    request = ExportTraceServiceRequest()
    request.ParseFromString(raw)
    return request


def make_app(zipkin: str) -> Starlette:
    """The bridge to the Zipkin at that URL: 200, 400 on what is no OTLP, 503 without Zipkin."""

    @asynccontextmanager
    async def with_client(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            app.state.client = client
            yield

    async def take(request: Request) -> Response:
        if request.headers.get("content-type", "").split(";")[0] != PROTOBUF:
            return PlainTextResponse(f"send {PROTOBUF}", 415)
        try:
            export = _decode(await request.body(), request.headers.get("content-encoding", ""))
        except (DecodeError, OSError, EOFError, zlib.error) as error:
            return PlainTextResponse(f"not an OTLP export: {error}", 400)
        spans = zipkin_spans(export)
        try:
            done = await request.app.state.client.post(f"{zipkin}/api/v2/spans", json=spans)
            done.raise_for_status()
        except httpx.HTTPError as error:
            # 503 makes the exporter try again; its own queue bounds what waits.
            return PlainTextResponse(f"Zipkin: {error}", 503)
        answer = ExportTraceServiceResponse().SerializeToString()
        return Response(answer, media_type=PROTOBUF)

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok")

    routes = [Route("/v1/traces", take, methods=["POST"]), Route("/health", alive)]
    return Starlette(routes=routes, lifespan=with_client)


def main() -> None:
    """Serve until told to end."""
    port, zipkin = int(sys.argv[1]), sys.argv[2]
    uvicorn.run(make_app(zipkin), host=LOOPBACK, port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
