"""What operators and the `tidtam` command ask of sla over HTTP, under `/ops/`."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import orjson
from chassis.database import locked
from chassis.instants import microseconds, rfc3339
from chassis.outlook import outlook
from chassis.service import Base
from contracts.rule_set import RuleSet
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts import agreement_file, calendar_file
from sla import figures_store, store
from sla.following import look_at, told_of
from sla.handlers import Handlers
from sla.model import local_ordinal
from sla.proposals import day_in, preview_calendar, shadow
from sla.publish import Promise
from sla.rules import Rules, RulesMissing

RULES = RuleSet("processes", "calendars", "agreements")
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
GROUPINGS = ("month", "unit", "kind", "fund")


def ops_routes(base: Base, rules: Rules, handlers: Handlers) -> list[Route]:
    """The routes; the chassis lets only the operator's token in."""
    ops = _Ops(base, rules, handlers)
    return [
        Route("/ops/cases/{case_id:int}", ops.case, methods=["GET"]),
        Route("/ops/attainment", ops.attainment, methods=["GET"]),
        Route("/ops/months/{month}", ops.publish_month, methods=["POST"]),
        Route("/ops/calendar-preview", ops.preview_calendar, methods=["POST"]),
        Route("/ops/shadow", ops.shadow, methods=["POST"]),
        Route("/ops/config", ops.show_config, methods=["GET"]),
        Route("/ops/config", ops.apply_config, methods=["PUT"]),
    ]


class _Ops:
    def __init__(self, base: Base, rules: Rules, handlers: Handlers) -> None:
        self._base = base
        self._rules = rules
        self._handlers = handlers

    async def case(self, request: Request) -> Response:
        """One case's days, clocks and verdicts as of now."""
        case_id = request.path_params["case_id"]
        now_us = microseconds(self._base.clock.now())
        async with self._base.pool.acquire() as connection:
            await self._rules.refresh(connection)
            await self._rules.learn(connection, now_us)
            case = await store.read_case(connection, case_id)
            verdicts = await figures_store.read_verdicts(connection, case_id)
            if case is None:
                return JSONResponse({"error": f"no case {case_id}"}, 404)
            try:
                view = look_at(self._rules, case, now_us)
            except RulesMissing as error:
                return JSONResponse({"error": str(error)}, 503)
            queues = await self._rules.queues_of(connection, case, view.sight.today)
        shown = told_of(self._rules, case, view, queues)
        shown["ledger"]["days"] = [(day.date, day.party) for day in view.found.ledger.days]
        return _json(
            {
                "case": str(case_id),
                "version": case.told_version,
                "status_version": case.version,
                "as_of": rfc3339(now_us),
                **shown,
                "verdicts": verdicts,
            }
        )

    async def attainment(self, request: Request) -> Response:
        """
        How many clocks were met, month by month, and whether the target of the one that runs can
        still be held. `?agreement=&clause=&by=unit|kind|fund`
        """
        asked = request.query_params
        by = asked.get("by", "month")
        if by not in GROUPINGS:
            return JSONResponse({"error": f"by: one of {', '.join(GROUPINGS)}"}, 422)
        async with self._base.pool.acquire() as connection:
            await self._rules.refresh(connection)
            rows = await figures_store.attainment(
                connection, asked.get("agreement"), asked.get("clause"), by
            )
            published = await figures_store.read_published(connection) if by == "month" else {}
        now_us = microseconds(self._base.clock.now())
        for row in rows:
            row["published"] = published.get((row["month"], row["clause"]))
            promise = self._rules.promises.get(row["clause"])
            row["met_percent"] = round(100 * row["met"] / row["n"], 2) if row["n"] else None
            row["target_percent"] = None if promise is None else promise.clause.target_percent
            row["outlook"] = None if promise is None else self._outlook(row, promise, now_us)
        return _json({"as_of": rfc3339(now_us), "rows": rows})

    def _outlook(self, row: dict[str, Any], promise: Promise, now_us: int) -> dict[str, Any] | None:
        """Of the month that is not over: whether its target can still be held."""
        calendar = self._rules.calendars.get(promise.agreement.calendar)
        target = promise.clause.target_percent
        if calendar is None or target is None or row["month"] is None:
            return None
        today = date.fromordinal(local_ordinal(calendar.zone, now_us))
        if row["month"] != today.isoformat()[:7]:
            return None
        counted, missed = row["n"], row["missed_or_breached"]
        found = outlook(target, counted, missed, today, calendar.calendar)
        return None if found is None else found._asdict()

    async def publish_month(self, request: Request) -> Response:
        """Publish a month's figures: they stay, beside what late facts make of them."""
        month, now = request.path_params["month"], self._base.clock.now()
        today = await self._today()
        if not MONTH.fullmatch(month) or month >= today[:7]:
            said = f"a month that is over, such as {today[:4]}-01; today is {today}"
            return JSONResponse({"error": f"month: {said}"}, 422)
        async with self._base.pool.acquire() as connection, connection.transaction():
            rows = await figures_store.publish_month(connection, month, now)
        return _json({"month": month, "published": rows})

    async def _today(self) -> str:
        """The earliest local date among the calendars: no month is closed early anywhere."""
        await self._refreshed()
        now_us = microseconds(self._base.clock.now())
        zones = {calendar.zone for calendar in self._rules.calendars.values()} or {"UTC"}
        return date.fromordinal(min(local_ordinal(zone, now_us) for zone in zones)).isoformat()

    async def preview_calendar(self, request: Request) -> Response:
        """What a calendar would move: `{"calendar": …}`. Nothing changes."""
        try:
            calendar = calendar_file.from_json(orjson.loads(await request.body())["calendar"])
        except (orjson.JSONDecodeError, KeyError, ValidationError) as error:
            return JSONResponse({"error": f"not a calendar: {error}"}, 422)
        await self._refreshed()
        if calendar.name not in self._rules.calendars:
            names = ", ".join(sorted(self._rules.calendars)) or "none"
            said = f"no calendar {calendar.name!r} is in force; those in force: {names}"
            return JSONResponse({"error": said}, 422)
        return _json(await preview_calendar(self._base, self._rules, calendar))

    async def shadow(self, request: Request) -> Response:
        """How an agreement would have stood: `{"agreement": …, "since": "2026-01-01"}`."""
        try:
            told = orjson.loads(await request.body())
            agreement = agreement_file.from_json(told["agreement"])
            since = day_in(told["since"])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"not an agreement and a date: {error}"}, 422)
        await self._refreshed()
        if agreement.calendar not in self._rules.calendars:
            said = f"calendar {agreement.calendar!r} is not in force; apply it first"
            return JSONResponse({"error": said}, 422)
        return _json(await shadow(self._base, self._rules, agreement, since))

    async def _refreshed(self) -> None:
        async with self._base.pool.acquire() as connection:
            await self._rules.refresh(connection)

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
        applied = RULES.by_plural()
        now = self._base.clock.now()
        async with (
            self._base.pool.acquire() as connection,
            locked(connection, store.GROUNDS_LOCK),
        ):
            for rule in rules:
                applied[rule.plural][rule.name] = await store.add_rule_version(
                    connection, rule.kind, rule.name, rule.text, rule.sha256, now
                )
            if any(version for names in applied.values() for version in names.values()):
                await store.wake_all(connection, now)
        self._handlers.woken.set()
        return _json({"applied": applied})


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
