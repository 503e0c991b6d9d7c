"""What operators and the `tidtam` command ask of the portal over HTTP, under `/ops/`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from chassis.database import locked
from chassis.service import Base
from contracts.canonical import canonical_sha256
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts import agreement_file, calendar_file, office, process_file
from portal import rules_store
from portal.rebuilding import Rebuilding
from portal.rules import Rules

KINDS: dict[str, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "processes": ("process", process_file.from_json, process_file.to_json),
    "calendars": ("calendar", calendar_file.from_json, calendar_file.to_json),
    "agreements": ("agreement", agreement_file.from_json, agreement_file.to_json),
    "offices": ("offices", office.from_json, office.to_json),
}
RULES_LOCK = "portal rules"


def ops_routes(base: Base, rules: Rules, rebuilding: Rebuilding) -> list[Route]:
    """The routes; the chassis lets only the operator's token in."""
    ops = _Ops(base, rules, rebuilding)
    return [
        Route("/ops/config", ops.show_config, methods=["GET"]),
        Route("/ops/config", ops.apply_config, methods=["PUT"]),
        Route("/ops/rebuild", ops.show_rebuild, methods=["GET"]),
        Route("/ops/rebuild", ops.start_rebuild, methods=["POST"]),
    ]


class _Ops:
    def __init__(self, base: Base, rules: Rules, rebuilding: Rebuilding) -> None:
        self._base = base
        self._rules = rules
        self._rebuilding = rebuilding

    async def show_config(self, request: Request) -> Response:
        """The applied versions."""
        async with self._base.pool.acquire() as connection:
            rows = await rules_store.read_versions(connection)
        told: dict[str, list[dict[str, Any]]] = {plural: [] for plural in KINDS}
        plural_of = {kind: plural for plural, (kind, _, _) in KINDS.items()}
        for kind, name, version, body in rows:
            sha256 = canonical_sha256(orjson.loads(body)).hex()
            told[plural_of[kind]].append({"name": name, "version": version, "sha256": sha256})
        return _json(told)

    async def apply_config(self, request: Request) -> Response:
        """Apply rules, all in one transaction; the same rules again are no new version."""
        try:
            told: dict[str, Any] = orjson.loads(await request.body())
            rules = [
                (plural, kind, {**to_json(from_json(one)), "version": 0})
                for plural, (kind, from_json, to_json) in KINDS.items()
                for one in told.get(plural, ())
            ]
        except (AttributeError, KeyError, TypeError, ValidationError, ValueError) as error:
            return JSONResponse({"error": f"not a set of rules: {error}"}, 422)
        applied: dict[str, dict[str, int | None]] = {plural: {} for plural in KINDS}
        now = self._base.clock.now()
        async with self._base.pool.acquire() as connection:
            async with locked(connection, RULES_LOCK):
                for plural, kind, body in rules:
                    sha256, text = canonical_sha256(body), orjson.dumps(body).decode()
                    version = await rules_store.add_version(
                        connection, kind, body["name"], text, sha256, now
                    )
                    applied[plural][body["name"]] = version
            await self._rules.refresh(connection)
        return _json({"applied": applied})

    async def show_rebuild(self, request: Request) -> Response:
        """How far the rebuild of this process is; null where there was none since it started."""
        progress = self._rebuilding.progress
        return _json({"rebuild": None if progress is None else progress.told()})

    async def start_rebuild(self, request: Request) -> Response:
        """Make the read tables anew from the topics, while pages are served."""
        started = self._rebuilding.start()
        progress = self._rebuilding.progress
        told = {"started": started, "rebuild": None if progress is None else progress.told()}
        return _json(told, 202 if started else 409)


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
