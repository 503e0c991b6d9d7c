"""What operators and the `tidtam` command ask of status over HTTP, under `/ops/`."""

from __future__ import annotations

from typing import Any

import orjson
from chassis.service import Base
from contracts.canonical import canonical_sha256
from contracts.process_file import ProcessFault, from_json, to_json
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from status import store
from status.handlers import Handlers
from status.publish import describe
from status.rebuild import CHANGES_UNSEEN_MAX, rebuild
from status.rules import Rules


def ops_routes(base: Base, rules: Rules, handlers: Handlers) -> list[Route]:
    """The routes; the chassis lets only the operator's token in."""
    ops = _Ops(base, rules, handlers)
    return [
        Route("/ops/cases/{case_id:int}", ops.case, methods=["GET"]),
        Route("/ops/stages", ops.stages, methods=["GET"]),
        Route("/ops/rebuild", ops.rebuild, methods=["POST"]),
        Route("/ops/config", ops.show_config, methods=["GET"]),
        Route("/ops/config", ops.apply_config, methods=["PUT"]),
    ]


class _Ops:
    def __init__(self, base: Base, rules: Rules, handlers: Handlers) -> None:
        self._base = base
        self._rules = rules
        self._handlers = handlers

    async def case(self, request: Request) -> Response:
        """One case as it stands, with its lines: the same computation that the topics carry."""
        case_id = request.path_params["case_id"]
        async with self._base.pool.acquire() as connection:
            await self._rules.refresh(connection)
            found = await store.load(connection, [case_id], lock=False)
        if not found:
            return JSONResponse({"error": f"no case {case_id}"}, 404)
        told = found[0].told
        process = self._rules.get(told.process, told.process_version)
        body, lines = describe(process, found[0])
        shown = {
            **body,
            "epoch": told.epoch,
            "version": told.version,
            "line_details": lines,
            "stage_title": _title(process, body["stage"]),
        }
        return Response(orjson.dumps(shown), media_type="application/json")

    async def stages(self, request: Request) -> Response:
        """How many cases stand in each stage."""
        async with self._base.pool.acquire() as connection:
            return JSONResponse(await store.count_stages(connection))

    async def rebuild(self, request: Request) -> Response:
        """Refold all cases. `?approve=1`: the operator has seen the list of changes."""
        approved = request.query_params.get("approve") == "1"
        found = await rebuild(self._base, self._rules, self._handlers, approved)
        return JSONResponse(
            {
                "cases": found.cases,
                "changed": [str(case_id) for case_id in found.changed],
                "published": found.published,
                "waits_for_approval": bool(found.changed) and not found.published,
                "unseen_max": CHANGES_UNSEEN_MAX,
            }
        )

    async def show_config(self, request: Request) -> Response:
        """The applied versions."""
        async with self._base.pool.acquire() as connection:
            rows = await store.read_process_versions(connection)
        told = [
            {"name": n, "version": v, "sha256": canonical_sha256(orjson.loads(body)).hex()}
            for n, v, body in rows
        ]
        return JSONResponse({"processes": told})

    async def apply_config(self, request: Request) -> Response:
        """Apply process files, all in one transaction; the same rules again are no new version."""
        try:
            told: dict[str, Any] = orjson.loads(await request.body())
            processes = [from_json(one) for one in told["processes"]]
        except (orjson.JSONDecodeError, KeyError, ProcessFault) as error:
            return JSONResponse({"error": f"not a set of process files: {error}"}, 422)
        applied = {}
        async with self._base.pool.acquire() as connection, connection.transaction():
            for process in processes:
                body = to_json(process)
                applied[process.name] = await store.add_process_version(
                    connection,
                    process.name,
                    orjson.dumps(body).decode(),
                    canonical_sha256(body),
                    self._base.clock.now(),
                )
        return JSONResponse({"applied": applied})


def _title(process: Any, stage: str | None) -> dict[str, str] | None:
    if stage is None:
        return None
    words = process.stages[stage].title
    return {"th": words.th, "en": words.en}
