"""What operators and the `tidtam` command ask of the portal over HTTP, under `/ops/`."""

from __future__ import annotations

from typing import Any

import orjson
from chassis.database import locked
from chassis.service import Base
from contracts.rule_set import RuleSet
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal import rules_store
from portal.rebuilding import Rebuilding
from portal.rules import Rules

RULES = RuleSet("processes", "calendars", "agreements", "offices")
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
        return _json(RULES.in_force(rows))

    async def apply_config(self, request: Request) -> Response:
        """Apply rules, all in one transaction; the same rules again are no new version."""
        try:
            rules = RULES.read(await request.body())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 422)
        applied = RULES.by_plural()
        now = self._base.clock.now()
        async with self._base.pool.acquire() as connection:
            async with locked(connection, RULES_LOCK):
                for rule in rules:
                    applied[rule.plural][rule.name] = await rules_store.add_version(
                        connection, rule.kind, rule.name, rule.text, rule.sha256, now
                    )
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
