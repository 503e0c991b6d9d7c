"""
The operator's pages: red things first, each with what to do; dead letters and sending them again; a
case with its events in the order they came and in that they happened.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from chassis.shortnumber import NotANumber, number_of, parse
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portal import figures_store, read_store, watch_store
from portal.asking import NoAnswer
from portal.guards import Problem, form, posts, serve, staff_only
from portal.views import operating
from portal.views.tracing import events_of

if TYPE_CHECKING:
    from portal.house import House
    from portal.model import Case
    from portal.people import Visitor

REJECTS_SHOWN = 50
LETTERS_SHOWN = 100
LETTER_DIGITS_MAX = 18


def routes(house: House) -> list[Route]:
    """The routes of the operator's pages."""
    return [
        Route("/operator", serve(house, overview)),
        Route("/operator/rejects", serve(house, rejects)),
        Route("/operator/case", serve(house, case)),
        Route("/operator/redrive", serve(house, redrive), methods=["POST"]),
    ]


@staff_only("operator")
async def overview(house: House, request: Request, visitor: Visitor) -> Response:
    """What is red, the sources, dead letters, lags, totals, and the downtime of this month."""
    now = house.base.clock.now()
    async with house.base.pool.acquire() as connection:
        reports = await watch_store.read_reports(connection)
        silent, unjudged = await watch_store.read_silent_cases(connection)
        projected = await watch_store.read_case_total(connection)
        downtime = await watch_store.read_downtime(connection, _month_begin(house, now))
        known = await read_store.sources(connection)
        stamp = await figures_store.read_stamp(connection)
    sources = operating.source_rows([one.said for one in known], reports, now)
    ready = [report for (_, question), report in sorted(reports.items()) if question == "ready"]
    return house.frame.page(
        request,
        "operator/overview.html",
        person=visitor,
        zone=house.rules.zone(),
        alarms=operating.alarms(reports, sources, silent, now),
        sources=sources,
        letters=operating.letters_of(reports)[:LETTERS_SHOWN],
        lags=operating.lag_rows(reports),
        ready=ready,
        totals=operating.totals(reports, projected),
        unjudged=unjudged,
        down=operating.down_percent(downtime, now),
        downtime=downtime,
        stamp=stamp,
        sent=request.query_params.get("sent", ""),
        at=max((one.at for one in reports.values() if one.at), default=None),
    )


@staff_only("operator")
async def rejects(house: House, request: Request, visitor: Visitor) -> Response:
    """What was refused lately: where, by which rule, what to do. `?source=` narrows."""
    slug = request.query_params.get("source", "")
    async with house.base.pool.acquire() as connection:
        reports = await watch_store.read_reports(connection)
    found = [one for one in operating.rejects_of(reports) if not slug or one["slug"] == slug]
    report = reports.get(("intake", "rejects"))
    return house.frame.page(
        request,
        "operator/rejects.html",
        person=visitor,
        zone=house.rules.zone(),
        rejects=found[:REJECTS_SHOWN],
        more=len(found) > REJECTS_SHOWN,
        slug=slug,
        at=report.at if report else None,
    )


@staff_only("operator")
async def case(house: House, request: Request, visitor: Visitor) -> Response:
    """One case: its events in both orders, with the trace of each. `?number=`"""
    asked = request.query_params.get("number", "")
    number, found, told = _number(asked), None, None
    async with house.base.pool.acquire() as connection:
        if number is not None:
            found = await read_store.case_by_number(connection, number)
        if found is not None:
            await house.people.note_look(
                connection, visitor, "trace of a case", case_id=found.brief.case_id
            )
    if found is not None:
        told = await _told(house, found)
    return house.frame.page(
        request,
        "operator/case.html",
        status=404 if asked and found is None else 200,
        person=visitor,
        zone=house.rules.zone(),
        asked=asked,
        number=number,
        found=found,
        told=told,
    )


def _number(asked: str) -> str | None:
    """The short number *asked* for as it is written; None where it is none."""
    try:
        return number_of(parse(asked))
    except NotANumber:
        return None


async def _told(house: House, found: Case) -> dict[str, Any]:
    """The events of a case; intake is asked at once, since only its journal knows how they came."""
    case_id, arrived, error = found.brief.case_id, [], ""
    try:
        said = await house.services.ask("intake", f"/ops/cases/{case_id}/events")
        arrived = said["events"]
    except NoAnswer as problem:
        error = str(problem)
    return {
        "events": events_of(found.said.timeline, arrived),
        "error": error,
        "traces": _trace_link(house.settings.zipkin_url, case_id),
        "trace": f"{house.settings.zipkin_url.rstrip('/')}/zipkin/traces/",
    }


@posts
@staff_only("operator")
async def redrive(house: House, request: Request, visitor: Visitor) -> Response:
    """Send a dead letter again: the form names `service` and `letter`."""
    fields = await form(request)
    service, letter = fields.get("service", ""), fields.get("letter", "")
    known = letter.isascii() and letter.isdigit() and len(letter) <= LETTER_DIGITS_MAX
    if service not in house.services.addresses or not known:
        raise Problem(404, "not_found")
    try:
        said = await house.services.tell(service, f"/ops/dead-letters/{int(letter)}/redrive")
        listed = await house.services.ask(service, "/ops/dead-letters?limit=200")
    except NoAnswer:
        raise Problem(503, "away") from None
    house.base.log.info(
        "dead letter sent again", asked=service, letter_id=int(letter), role=visitor.role
    )
    async with house.base.pool.acquire() as connection:
        now = house.base.clock.now()
        await watch_store.save_report(connection, service, "dead-letters", listed, now)
    done = "again" if said.get("redriven") else "already"
    return house.frame.redirect(f"/operator?sent={done}#letters")


def _trace_link(zipkin_url: str, case_id: int) -> str:
    """The page on which the trace viewer shows all traces of a case; empty without a viewer."""
    if not zipkin_url:
        return ""
    query = quote(f"tidtam.case={case_id}", safe="")
    return f"{zipkin_url.rstrip('/')}/zipkin/?annotationQuery={query}&lookback=7d&limit=50"


def _month_begin(house: House, now: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(house.rules.zone()))
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
