"""What operators, officers and the `tidtam` command ask of intake over HTTP, under `/ops/`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from chassis.database import locked
from chassis.errors import where
from chassis.instants import microseconds
from chassis.outbox import Outgoing, put_outgoing
from chassis.service import Base
from chassis.topics import ensure_topics
from contracts.canonical import canonical_sha256
from contracts.process_file import from_json, to_json
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.topics import source_topics
from intake import registry_store, store
from intake.completeness import status_message
from intake.http import normal, token_sha256
from intake.model import Key
from intake.publish import Entry, case_event, regrouped
from intake.registry import NewSource, Registry, source_of_row, token_of

PAGE = 500
ROWS_MAX = 1000


def ops_routes(base: Base, registry: Registry) -> list[Route]:
    """The routes; the chassis lets only the operator's token in."""
    ops = _Ops(base, registry)
    return [
        Route("/ops/sources", ops.sources, methods=["GET"]),
        Route("/ops/sources", ops.add_source, methods=["POST"]),
        Route("/ops/sources/{slug}/tokens", ops.add_token, methods=["POST"]),
        Route("/ops/sources/{slug}/tokens", ops.drop_tokens, methods=["DELETE"]),
        Route("/ops/config", ops.show_config, methods=["GET"]),
        Route("/ops/config", ops.apply_config, methods=["PUT"]),
        Route("/ops/totals", ops.totals, methods=["GET"]),
        Route("/ops/unmatched", ops.unmatched, methods=["GET"]),
        Route("/ops/held-joins", ops.held_joins, methods=["GET"]),
        Route("/ops/rejects", ops.rejects, methods=["GET"]),
        Route("/ops/references", ops.references, methods=["GET"]),
        Route("/ops/republish", ops.republish, methods=["POST"]),
    ]


class _Ops:
    def __init__(self, base: Base, registry: Registry) -> None:
        self._base = base
        self._registry = registry

    async def sources(self, request: Request) -> Response:
        """All sources with their counters, clock lead and completeness."""
        async with self._base.pool.acquire() as connection:
            rows = await registry_store.read_sources(connection)
        return _json({"sources": [{**dict(r), "facts": orjson.loads(r["facts"])} for r in rows]})

    async def add_source(self, request: Request) -> Response:
        """Register a source or change it; its topics are made before anybody hears of it."""
        try:
            new = NewSource.model_validate_json(await request.body())
        except ValidationError as error:
            return _refused(error)
        await self._refresh()
        other = self._registry.by_slug(new.slug)
        if other is not None and other.source != new.source:
            return _json({"error": f"the slug {new.slug} is {other.source}'s"}, 409)
        wrong = self._unknown_facts(new)
        if wrong is not None:
            return _json({"error": wrong}, 422)
        settings = self._base.settings
        topics = [(settings.prefixed(n), p, c) for n, p, c in source_topics(new.slug)]
        await ensure_topics(settings.kafka, topics)
        async with self._base.pool.acquire() as connection, connection.transaction():
            version = await registry_store.add_source(connection, new.values())
            if version is None:
                return _json({"error": f"{new.source} is registered under another slug"}, 409)
            await self._tell(connection, new.source, version)
        await self._refresh()
        self._base.relay.wake()
        return _json(
            {
                "source": new.source,
                "version": version,
                "topics": [f"inbound.{new.slug}", f"inbound-rejected.{new.slug}"],
            }
        )

    async def _tell(self, connection: Any, name: str, version: int) -> None:
        rows = await registry_store.read_sources(connection)
        row = next(row for row in rows if row["source"] == name)
        now_us = microseconds(self._base.clock.now())
        until = row["complete_until"]
        message = status_message(source_of_row(row), version, until, row, None, now_us)
        await put_outgoing(connection, [message])

    async def _refresh(self) -> None:
        # After the commit alone: a copy of what was rolled back would look up to date for ever.
        async with self._base.pool.acquire() as connection:
            await self._registry.refresh(connection)

    def _unknown_facts(self, new: NewSource) -> str | None:
        for name, facts in new.facts.items():
            process = self._registry.processes.get(name)
            if process is None:
                known = ", ".join(self._registry.processes) or "none; run `tidtam config apply`"
                return f"facts: process {name!r} is not applied; known: {known}"
            for fact in facts:
                if fact not in process.facts:
                    return f"facts/{name}: no fact {fact!r}; known: {', '.join(process.facts)}"
                if new.role not in process.facts[fact].roles:
                    return f"facts/{name}/{fact}: role {new.role} may not say it"
        return None

    async def add_token(self, request: Request) -> Response:
        """
        A new token for a source. It is shown here once; only its hash is kept.

        Whoever keeps secrets elsewhere gives one: `{"token": "tdt_…"}`. Given again it is the same.
        """
        try:
            token = token_of(await request.body())
        except ValueError as error:
            return _json({"error": str(error)}, 422)
        await self._refresh()
        async with self._base.pool.acquire() as connection, connection.transaction():
            source = self._registry.by_slug(request.path_params["slug"])
            if source is None:
                return _json({"error": "no such source; see GET /ops/sources"}, 404)
            added = await registry_store.add_token(
                connection, token_sha256(token), source.source, self._base.clock.now()
            )
            if not added:
                return _json({"error": "the token speaks for another source already"}, 409)
        return _json({"source": source.source, "token": token})

    async def drop_tokens(self, request: Request) -> Response:
        """Let only a source's newest token speak for it."""
        await self._refresh()
        source = self._registry.by_slug(request.path_params["slug"])
        if source is None:
            return _json({"error": "no such source; see GET /ops/sources"}, 404)
        async with self._base.pool.acquire() as connection, connection.transaction():
            dropped = await registry_store.drop_tokens(connection, source.source)
        await self._refresh()
        return _json({"source": source.source, "dropped": dropped})

    async def show_config(self, request: Request) -> Response:
        """The applied versions."""
        return await self._rows("processes", "list_process_versions")

    async def apply_config(self, request: Request) -> Response:
        """Apply process files, all in one transaction; the same rules again are no new version."""
        try:
            told = orjson.loads(await request.body())
            processes = [from_json(one) for one in told["processes"]]
        except (ValueError, KeyError, TypeError) as error:
            return _refused(error)
        applied = {}
        async with self._base.pool.acquire() as connection, connection.transaction():
            for process in processes:
                body = to_json(process)
                applied[process.name] = await registry_store.add_process_version(
                    connection,
                    process.name,
                    orjson.dumps(body).decode(),
                    canonical_sha256(body),
                    self._base.clock.now(),
                )
        await self._refresh()
        return _json({"applied": applied})

    async def totals(self, request: Request) -> Response:
        """How all inputs ended, and what membership came to."""
        async with self._base.pool.acquire() as connection:
            rows = await registry_store.rows(connection, "read_totals")
        return _json(rows[0])

    async def unmatched(self, request: Request) -> Response:
        """Facts that wait for a reference, oldest first."""
        source = request.query_params.get("source")
        async with self._base.pool.acquire() as connection:
            rows = await registry_store.rows(connection, "list_unmatched", source, ROWS_MAX)
        now_us = microseconds(self._base.clock.now())
        shown = [
            {
                "source": r["source"],
                "id": r["id"],
                "fact": r["fact"],
                "references": orjson.loads(r["envelope"])["joining"],
                "age_seconds": max(0, (now_us - r["recorded_us"]) // 1_000_000),
            }
            for r in rows
        ]
        return _json({"unmatched": shown})

    async def held_joins(self, request: Request) -> Response:
        """Joins that an officer has to decide by `link` or `unlink`."""
        return await self._rows("held_joins", "list_held_joins", ROWS_MAX)

    async def rejects(self, request: Request) -> Response:
        """What was refused, newest first, with its reasons."""
        slug = request.query_params.get("source")
        async with self._base.pool.acquire() as connection:
            rows = await registry_store.rows(connection, "list_rejects", slug, ROWS_MAX)
        return _json({"rejects": [{**r, "findings": orjson.loads(r["findings"])} for r in rows]})

    async def references(self, request: Request) -> Response:
        """The cases a number leads to, and the joining references of that value."""
        value = normal(request.query_params.get("value", ""))
        async with self._base.pool.acquire() as connection:
            rows = await registry_store.rows(connection, "cases_by_value", value)
        return _json(
            {
                "cases": sorted({row["case_id"] for row in rows}),
                "references": sorted({tuple(r["reference"].split("\x1f")) for r in rows}),
            }
        )

    async def republish(self, request: Request) -> Response:
        """
        Say every matched event of the journal again, marked `replay`, to refill another service.
        """
        count = await self._say_again("replay_journal", {"seq": 0}, _again)
        now_us = microseconds(self._base.clock.now())
        await self._say_again("replay_redirects", {"case_id": 0}, partial(_leads_again, now_us))
        return _json({"republished": count})

    async def _say_again(
        self, query: str, after: dict[str, Any], say: Callable[[dict[str, Any]], Outgoing]
    ) -> int:
        """Put what *say* makes of each row of a paged query into the outbox; returns how many."""
        count = 0
        while True:
            async with (
                self._base.pool.acquire() as connection,
                locked(connection, store.MEMBERSHIP_LOCK),
            ):
                rows = await registry_store.rows(connection, query, *after.values(), PAGE)
                await put_outgoing(connection, [say(row) for row in rows])
            self._base.relay.wake()
            if not rows:
                return count
            after, count = {name: rows[-1][name] for name in after}, count + len(rows)

    async def _rows(self, name: str, query: str, *values: Any) -> Response:
        async with self._base.pool.acquire() as connection:
            return _json({name: await registry_store.rows(connection, query, *values)})


def _again(row: dict[str, Any]) -> Outgoing:
    text = None if row["text"] is None else orjson.loads(row["text"])
    entry = Entry(
        Key(row["source"], row["id"]),
        row["process"],
        row["fact"],
        row["role"],
        row["instant_us"],
        row["sequence"],
        row["recorded_us"],
        orjson.loads(row["envelope"]),
        text,
    )
    value = case_event(entry, row["case_id"], row["membership"], replay=True)
    return Outgoing("case-event", str(row["case_id"]).encode(), value)


def _leads_again(now_us: int, row: dict[str, Any]) -> Outgoing:
    case_id = row["case_id"]
    (value,) = regrouped(
        row["process"], case_id, row["membership"], now_us, (), (), row["redirect_to"]
    )
    return Outgoing("case-event", str(case_id).encode(), value)


def _refused(error: Exception) -> Response:
    return _json({"error": where(error)}, 422)


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
