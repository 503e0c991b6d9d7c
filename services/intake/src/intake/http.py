"""
Intake over HTTP, for sources without Kafka: `POST /v1/events`, `GET /v1/cases?ref=`, and what
describes them.

202 committed, 200 a true resend, 409 altered, 422 refused with pointer, rule and remedy, 503 with
Retry-After.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from chassis.database import is_transient
from chassis.instants import microseconds
from chassis.service import Base
from contracts.events import Rejected
from contracts.inbound import parse_batch
from contracts.normalise import reference_value
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from intake import registry_store
from intake.acceptance import Acceptance, Answer, Input, RulesChanged, Verdict
from intake.handlers import Handlers
from intake.openapi import document, page
from intake.registry import Registry, Source

STATUS = {
    Verdict.ACCEPTED: 202,
    Verdict.RESENT: 200,
    Verdict.ALTERED: 409,
    Verdict.REJECTED: 422,
}
BATCH = "application/cloudevents-batch+json"
BODY_BYTES_MAX = 4_000_000
RETRY_AFTER_SECONDS = "5"


def routes(
    base: Base, registry: Registry, handlers: Handlers, acceptance: Acceptance
) -> list[Route]:
    """The public routes of intake."""
    http = _Http(base, registry, handlers, acceptance)
    return [
        Route("/v1/events", http.events, methods=["POST"]),
        Route("/v1/cases", http.cases, methods=["GET"]),
        Route("/openapi.json", http.openapi, methods=["GET"]),
        Route("/", http.docs, methods=["GET"]),
    ]


class _Http:
    def __init__(
        self, base: Base, registry: Registry, handlers: Handlers, acceptance: Acceptance
    ) -> None:
        self._base = base
        self._registry = registry
        self._handlers = handlers
        self._acceptance = acceptance

    async def source(self, request: Request) -> Source | None:
        """The source whose token came with the request; a dropped one is known at once."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            return None
        await self._handlers.refresh()
        return self._registry.by_token(token.strip())

    async def events(self, request: Request) -> Response:
        """Judge and commit one event or a batch; a batch is judged item by item."""
        try:
            source = await self.source(request)
            if source is None:
                return _unauthorised()
            body = await _body(request)
            if body is None:
                return _problem(413, "body-too-large", f"Send at most {BODY_BYTES_MAX} bytes.")
            kind = request.headers.get("content-type", "").split(";")[0].strip()
            batch = parse_batch(body) if kind == BATCH else None
            if isinstance(batch, Rejected):
                return JSONResponse(_told(Answer(Verdict.REJECTED, batch.findings)), 422)
            answers = await self._accept(request, source, body, batch)
        except Exception as error:
            if not is_transient(error):
                raise
            told = {"error": "not committed; send it again"}
            return JSONResponse(told, 503, {"retry-after": RETRY_AFTER_SECONDS})
        if batch is not None:
            return JSONResponse({"items": [_told(answer) for answer in answers]}, 200)
        return JSONResponse(_told(answers[0]), STATUS[answers[0].verdict])

    async def _accept(
        self,
        request: Request,
        source: Source,
        body: bytes,
        batch: list[dict[str, Any] | Rejected] | None,
    ) -> list[Answer]:
        """Judge and commit, again when the rules changed meanwhile."""
        while True:
            revision = self._registry.revision
            now_us = microseconds(self._base.clock.now())
            rules = self._registry.sources[source.source].rules
            if batch is None:
                headers: list[tuple[str, bytes | None]] = [
                    (name.decode("latin-1"), value) for name, value in request.headers.raw
                ]
                found = [(self._registry.read(body, headers, rules, now_us), body)]
            else:
                found = [self._registry.judge_item(item, rules, now_us) for item in batch]
            traceparent = request.headers.get("traceparent")
            inputs = [
                Input(judged, source.slug, None, self._handlers.hop(judged, traceparent), raw)
                for judged, raw in found
            ]
            try:
                return await self._acceptance.accept(inputs, revision)
            except RulesChanged:
                await self._handlers.refresh()

    async def cases(self, request: Request) -> Response:
        """The cases a reference leads to, of those that hold an event of the asking source."""
        source = await self.source(request)
        if source is None:
            return _unauthorised()
        value = request.query_params.get("ref", "").strip()
        if not value:
            return _problem(422, "reference-missing", "Ask with ?ref=<number>.")
        async with self._base.pool.acquire() as connection:
            rows = await registry_store.rows(
                connection, "cases_of_source", normal(value), source.source
            )
        return JSONResponse({"cases": [readable(orjson.loads(row["body"])) for row in rows]})

    async def openapi(self, request: Request) -> Response:
        """The description of this interface, for tools."""
        return JSONResponse(document(self._registry.processes))

    async def docs(self, request: Request) -> Response:
        """The same for people; it loads nothing from anywhere."""
        policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return HTMLResponse(page(self._registry.processes), headers=policy)


def normal(value: str) -> str:
    """A reference number as it is kept: see `contracts.normalise`."""
    return reference_value(value.replace("\0", ""))


def readable(body: dict[str, Any]) -> dict[str, Any]:
    """What a source may read of a case it has a part in: no titles, no payees."""
    shown = (
        "case",
        "number",
        "stage",
        "since",
        "holder",
        "group",
        "ended",
        "contact",
        "joining",
        "lines",
        "contradictions",
        "redirect_to",
        "epoch",
        "version",
    )
    return {name: body.get(name) for name in shown}


async def _body(request: Request) -> bytes | None:
    """The body, None when it is too large; it is never read further than that."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_BYTES_MAX:
            return None
        parts.append(part)
    return b"".join(parts)


def _told(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"verdict": answer.verdict}
    if answer.findings:
        kind = "warnings" if answer.verdict is Verdict.ACCEPTED else "findings"
        told[kind] = [finding._asdict() for finding in answer.findings]
    return told


def _problem(status: int, rule: str, remedy: str) -> Response:
    finding = {"pointer": "", "rule": rule, "remedy": remedy}
    return JSONResponse({"verdict": "rejected", "findings": [finding]}, status)


def _unauthorised() -> Response:
    return JSONResponse(
        {"error": "a registered source's token is needed: Authorization: Bearer …"},
        401,
        {"www-authenticate": "Bearer"},
    )


def token_sha256(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()
