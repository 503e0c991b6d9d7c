"""What operators and the `tidtam` command ask of notify over HTTP, under `/ops/`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from chassis.database import locked
from chassis.instants import microseconds, rfc3339
from chassis.outbox import put_outgoing
from chassis.service import Base
from contracts.notice import CONTACT_CHANGED, LANGUAGES
from contracts.rule_file import to_plain
from contracts.rule_set import RuleSet
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from notify import change_store, notice_store, store
from notify.checking import faults_of
from notify.contact_changes import ContactChanges
from notify.gateway import Gateway
from notify.model import Reason, State
from notify.preview import preview
from notify.retelling import LOOK_BACK, tell_again
from notify.rows import Row, event_of
from notify.rules import RulesMissing
from notify.telling import Telling

RULES = RuleSet("processes", "calendars", "notices", "offices")
UNREACHABLE_MAX = 1000


def ops_routes(
    base: Base, telling: Telling, gateway: Gateway, changes: ContactChanges, wake: asyncio.Event
) -> list[Route]:
    """The routes; the chassis lets only the operator's token in."""
    ops = _Ops(base, telling, gateway, changes, wake)
    return [
        Route("/ops/cases/{case_id:int}/notices", ops.notices, methods=["GET"]),
        Route("/ops/held", ops.held, methods=["GET"]),
        Route("/ops/held/release", ops.release, methods=["POST"]),
        Route("/ops/held/drop", ops.drop, methods=["POST"]),
        Route("/ops/unreachable", ops.unreachable, methods=["GET"]),
        Route("/ops/contact-changes", ops.contact_changes, methods=["GET"]),
        Route("/ops/offices", ops.offices, methods=["GET"]),
        Route("/ops/preview", ops.preview, methods=["GET"]),
        Route("/ops/config", ops.show_config, methods=["GET"]),
        Route("/ops/config", ops.apply_config, methods=["PUT"]),
    ]


class _Ops:
    def __init__(
        self,
        base: Base,
        telling: Telling,
        gateway: Gateway,
        changes: ContactChanges,
        wake: asyncio.Event,
    ) -> None:
        self._base = base
        self._telling = telling
        self._gateway = gateway
        self._changes = changes
        self._wake = wake

    async def notices(self, request: Request) -> Response:
        """All that was told of a case, or recorded and not told, in the order it was decided."""
        case_id = request.path_params["case_id"]
        async with self._base.pool.acquire() as connection:
            rows = await notice_store.read_records(connection, case_id)
        return _json({"case": str(case_id), "notices": [_shown(row) for row in rows]})

    async def held(self, request: Request) -> Response:
        """What the guard against a flood holds back."""
        async with self._base.pool.acquire() as connection:
            rows = await notice_store.count_held(connection)
            more = await change_store.count_held(connection)
        return _json({"held": [*rows, *({"rule": CONTACT_CHANGED, **row} for row in more)]})

    async def release(self, request: Request) -> Response:
        """Send what is held: `{"rule": …}`, `{"notices": […]}` or `{"all": true}`."""
        return await self._decided(request, release=True)

    async def drop(self, request: Request) -> Response:
        """Never send what is held; it stays on record. The body is that of `release`."""
        return await self._decided(request, release=False)

    async def _decided(self, request: Request, release: bool) -> Response:
        asked = _selection(await request.body())
        if asked is None:
            said = 'name what is meant: {"rule": …}, {"notices": […]} or {"all": true}'
            return JSONResponse({"error": said}, 422)
        now_us = microseconds(self._base.clock.now())
        async with self._base.pool.acquire() as connection, connection.transaction():
            await self._telling.rules.refresh(connection)
            rows = await notice_store.lock_held(connection, *asked)
            changed = [
                self._telling.requested(row, now_us)
                if release
                else row.became(State.SUPPRESSED, reason=Reason.DROPPED)
                for row in rows
            ]
            if release and rows:
                # What was rightly asked for is usual from now on.
                await notice_store.count_hour(connection, rows[0].asked_us, len(rows))
            await notice_store.save(connection, changed)
            told = [self._telling.message(row, now_us) for row in changed]
            await put_outgoing(connection, told)
            count = len(rows)
            if asked[0] in (None, CONTACT_CHANGED):
                count += await self._changes.decided(connection, asked[1], release, now_us)
        self._base.relay.wake()
        self._wake.set()
        return _json({"released" if release else "dropped": count})

    async def unreachable(self, request: Request) -> Response:
        """Who could not be told for want of an address, and what was refused; newest first."""
        async with self._base.pool.acquire() as connection:
            rows = await notice_store.read_unreached(connection, UNREACHABLE_MAX)
        return _json({"unreachable": [{**row, "case": str(row["case"])} for row in rows]})

    async def contact_changes(self, request: Request) -> Response:
        """The letters to addresses that were left, newest first; no address stands in them."""
        async with self._base.pool.acquire() as connection:
            rows = await change_store.read(connection, UNREACHABLE_MAX)
        return _json({"contact_changes": rows})

    async def offices(self, request: Request) -> Response:
        """Where each office is reached now, by the lists in force."""
        async with self._base.pool.acquire() as connection, connection.transaction():
            await self._telling.rules.refresh(connection)
        known = self._telling.rules.offices_on(microseconds(self._base.clock.now()))
        return _json({"offices": [to_plain(known[one]) for one in sorted(known)]})

    async def preview(self, request: Request) -> Response:
        """The words of a rule for a case, sent to nobody. `?rule=&case=&language=`"""
        asked = request.query_params
        language = asked.get("language", LANGUAGES[0])
        if language not in LANGUAGES or not asked.get("case", "").isdigit():
            return JSONResponse({"error": f"case: a case id; language: {LANGUAGES}"}, 422)
        now_us = microseconds(self._base.clock.now())
        async with self._base.pool.acquire() as connection, connection.transaction():
            await self._telling.rules.refresh(connection)
            cases = await store.dossiers(connection, [int(asked["case"])])
            try:
                scene = await self._telling.look(connection, cases, now_us, speaking=True)
            except RulesMissing as error:
                return JSONResponse({"error": str(error)}, 503)
        known = scene.known.get(asked["case"])
        if known is None or known.book is None:
            return JSONResponse({"error": f"no case {asked['case']}, or no rules for it"}, 404)
        templates = self._telling.rules.templates(known.picture.case.process)
        rule = asked.get("rule", "")
        found = preview(
            known.picture, known.book, templates, rule, language, now_us, self._gateway.public_url
        )
        if found is None:
            return JSONResponse({"error": f"rule {rule!r} tells nobody of this case"}, 404)
        return _json(found)

    async def show_config(self, request: Request) -> Response:
        """The applied versions."""
        async with self._base.pool.acquire() as connection:
            rows = await store.read_rule_versions(connection)
        return _json(RULES.in_force(rows))

    async def apply_config(self, request: Request) -> Response:
        """Apply rules, all in one transaction; the same rules again are no new version."""
        try:
            rules = RULES.read(await request.body())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 422)
        faults = faults_of([rule.body for rule in rules if rule.kind == "notices"])
        if faults:
            return JSONResponse({"error": "not a set of rules: " + "; ".join(faults)}, 422)
        applied = RULES.by_plural()
        now = self._base.clock.now()
        async with (
            self._base.pool.acquire() as connection,
            locked(connection, store.PEOPLE_LOCK),
        ):
            for rule in rules:
                applied[rule.plural][rule.name] = await store.add_rule_version(
                    connection, rule.kind, rule.name, rule.text, rule.sha256, now
                )
        if any(applied["offices"].values()):
            async with self._base.pool.acquire() as connection:
                ids = await store.waiting_for_offices(connection, now - LOOK_BACK)
            await tell_again(self._base, self._telling, ids)
        self._wake.set()
        return _json({"applied": applied})


def _selection(body: bytes) -> tuple[str | None, Sequence[str] | None] | None:
    """Rule and identities asked for; None where nothing, or no JSON, is named."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(said, Mapping):
        return None
    rule, notices = said.get("rule"), said.get("notices")
    if said.get("all") is True:
        return None, None
    if not isinstance(rule, str | None) or not isinstance(notices, list | None):
        return None
    return None if rule is None and notices is None else (rule, notices)


def _shown(row: Row) -> dict[str, Any]:
    """A notice as an operator sees it: never an address, never its words."""
    notice = row.notice
    return {
        "notice": notice.id,
        "rule": notice.rule,
        "event": tuple(event_of(notice)),
        "recipient": {"kind": notice.recipient.kind, "id": notice.recipient.id},
        "channel": notice.channel,
        "language": notice.language,
        "state": row.state,
        "reason": row.reason,
        "failure": row.failure,
        "told": notice.told,
        "at": rfc3339(notice.at_us),
        "asked_at": rfc3339(row.asked_us),
        "due_at": None if row.due_us is None else rfc3339(row.due_us),
        "told_at": None if row.told_us is None else rfc3339(row.told_us),
        "attempt": row.attempt,
        "message": row.message_id,
        "maybe_told": row.maybe_told,
        "corrects": notice.corrects,
        "first": notice.first,
        "holds": notice.holds,
    }


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
