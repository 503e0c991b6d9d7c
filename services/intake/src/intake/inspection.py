"""
What may be looked at in the journal: by a source what became of its own events (`GET /v1/source`),
by operators what came of one case and in which order. Never a title, never a payload.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from chassis.instants import microseconds, rfc3339
from chassis.service import Base
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from intake import registry_store
from intake.handlers import Handlers
from intake.registry import Registry

ROWS_MAX = 50
EVENTS_MAX = 1000
LEAD_MS_MAX = 60_000
SILENCE = timedelta(hours=24)


def inspection_routes(base: Base, registry: Registry, handlers: Handlers) -> list[Route]:
    """The routes; those under `/ops/` are let through only with the operator's token."""
    inspection = _Inspection(base, registry, handlers)
    return [
        Route("/v1/source", inspection.own, methods=["GET"]),
        Route("/ops/sources/{slug}", inspection.of_source, methods=["GET"]),
        Route("/ops/cases/{case_id:int}/events", inspection.of_case, methods=["GET"]),
    ]


class _Inspection:
    def __init__(self, base: Base, registry: Registry, handlers: Handlers) -> None:
        self._base = base
        self._registry = registry
        self._handlers = handlers

    async def own(self, request: Request) -> Response:
        """What the source of the token has sent, and what it lacks before it may go live."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        await self._handlers.refresh()
        known = token.strip() if kind.lower() == "bearer" else ""
        source = self._registry.by_token(known) if known else None
        if source is None:
            told = {"error": "a registered source's token is needed: Authorization: Bearer …"}
            return JSONResponse(told, 401, {"www-authenticate": "Bearer"})
        return await self._told(source.slug)

    async def of_source(self, request: Request) -> Response:
        """The same of any source."""
        return await self._told(request.path_params["slug"])

    async def _told(self, slug: str) -> Response:
        async with self._base.pool.acquire() as connection:
            rows = await registry_store.read_sources(connection)
            row = next((one for one in rows if one["slug"] == slug), None)
            if row is None:
                return JSONResponse({"error": "no such source"}, 404)
            rejects = await registry_store.rows(connection, "list_rejects", slug, ROWS_MAX)
            events = await registry_store.rows(connection, "last_events", row["source"], ROWS_MAX)
            waiting = await registry_store.rows(
                connection, "list_unmatched", row["source"], ROWS_MAX
            )
        now = self._base.clock.now()
        said = {
            "as_of": rfc3339(microseconds(now)),
            "source": {**row, "facts": orjson.loads(row["facts"]), "difference": _json_of(row)},
            "missing": missing(row, any(one["fact"] == "heartbeat" for one in events), now),
            "events": [_event(one) for one in events],
            "rejects": [{**one, "findings": orjson.loads(one["findings"])} for one in rejects],
            "unmatched": [_event(one) for one in waiting],
        }
        return Response(orjson.dumps(said), media_type="application/json")

    async def of_case(self, request: Request) -> Response:
        """The events of a case in the order in which they came, each with its trace."""
        case_id = request.path_params["case_id"]
        async with self._base.pool.acquire() as connection:
            rows = await registry_store.rows(connection, "events_of_case", case_id, EVENTS_MAX)
        told = {"case": str(case_id), "events": [_event(one) for one in rows]}
        return Response(orjson.dumps(told), media_type="application/json")


def missing(row: Mapping[str, Any], beats: bool, now: Any) -> list[str]:
    """
    What a source lacks before it may go live, by code; nothing where it may.

    *beats*: a heartbeat is among its last events. *now* is an aware instant.
    """
    last = row["last_event_at"]
    lacks = {
        "no-event": not row["accepted"],
        "silent": last is not None and now - last > SILENCE,
        "no-heartbeat": not beats,
        "not-complete": row["complete_until"] is None,
        "totals-differ": row["difference"] is not None,
        "clock-ahead": (row["clock_lead_ms"] or 0) > LEAD_MS_MAX,
        "more-refused-than-accepted": row["rejected"] > row["accepted"],
        "still-a-test": row["test"],
    }
    return [code for code, lack in lacks.items() if lack]


def _json_of(row: Mapping[str, Any]) -> Any:
    return None if row["difference"] is None else orjson.loads(row["difference"])


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    """One event as it may be shown: what it is and when, never what it says."""
    envelope = orjson.loads(row["envelope"])
    return {
        "source": row["source"],
        "id": row["id"],
        "fact": row["fact"],
        "time": envelope["time"],
        "recorded_at": rfc3339(row["recorded_us"]),
        "references": envelope["joining"],
        "traceparent": envelope.get("traceparent"),
        "waits": bool(row.get("waits", False)),
    }
