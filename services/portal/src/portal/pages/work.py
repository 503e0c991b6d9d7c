"""
Work lists: what does not go on by itself. Each says what is wrong, since when, and what to do.

Unmatched facts and held joins are intake's, asked for now and then; the others come from the read
tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.database import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import read_store, staff_store, watch_store
from portal.boarding import OFFICERS, processes, unit_titles, units_of
from portal.guards import Problem, serve, staff_only
from portal.house import House
from portal.model import Brief, Source
from portal.people import Visitor
from portal.staff_store import ListCounts
from portal.views.board import card_of

LISTS = ("contradictions", "undetermined", "unmatched", "joins", "unreachable", "held")
ROWS_MAX = 200


def routes(house: House) -> list[BaseRoute]:
    """The routes of this module."""
    return [Route("/work", serve(house, first)), Route("/work/{name}", serve(house, show))]


@staff_only(*OFFICERS)
async def first(house: House, _request: Request, _visitor: Visitor) -> Response:
    """The first list."""
    return house.frame.redirect(f"/work/{LISTS[0]}")


@staff_only(*OFFICERS)
async def show(house: House, request: Request, visitor: Visitor) -> Response:
    """One list, with how much waits in each of the others."""
    name = request.path_params["name"]
    if name not in LISTS:
        raise Problem(404, "not_found")
    units = units_of(visitor)
    async with house.base.pool.acquire() as connection:
        counts = await staff_store.count_lists(connection, units)
        reports = await watch_store.read_reports(connection)
        sources = await read_store.sources(connection)
        rows = await _rows(house, request, connection, name, units)
        # A join connects units: finance decides it.
        held = _said(reports, "held-joins") if units is None else []
        joins = [await _numbered(connection, one) for one in held[:ROWS_MAX]]
        await house.people.note_look(connection, visitor, f"work list {name}")
    unmatched = unmatched_of(_said(reports, "unmatched"), sources, units)
    if name in ("unmatched", "joins"):
        rows = (unmatched if name == "unmatched" else joins)[:ROWS_MAX]
    totals = _totals(counts, len(unmatched), len(held))
    report = reports.get(("intake", "held-joins" if name == "joins" else name))
    return house.frame.page(
        request,
        "officer/work.html",
        person=visitor,
        zone=house.rules.zone(),
        name=name,
        lists=LISTS,
        totals=totals,
        rows=rows,
        full=totals[name] > ROWS_MAX,
        schemes={code: one for p in house.rules.processes() for code, one in p.schemes.items()},
        facts={code: one for p in house.rules.processes() for code, one in p.facts.items()},
        names={one.said.source: one.said.name for one in sources},
        at=None if report is None else report.at,
        now=house.base.clock.now(),
    )


async def _rows(
    house: House,
    request: Request,
    connection: Connection,
    name: str,
    units: Sequence[str] | None,
) -> Sequence[Any]:
    if name == "undetermined":
        found = await staff_store.undetermined(connection, units, ROWS_MAX)
    elif name == "contradictions":
        found = await staff_store.contradictions(connection, units, ROWS_MAX)
    elif name == "unreachable":
        return await staff_store.unreachable(connection, units, ROWS_MAX)
    elif name == "held":
        return await staff_store.held(connection, units, ROWS_MAX)
    else:
        return []
    return _cards(house, request, found)


async def _numbered(connection: Connection, join: Mapping[str, Any]) -> Mapping[str, Any]:
    """A held join with the numbers of its two cases; none for one the portal does not know."""
    found = {}
    for side in ("kept", "other"):
        case = await read_store.case_by_id(connection, int(join[side]))
        found[side] = None if case is None else case.brief.number
    return {**join, **found}


def _cards(house: House, request: Request, found: Sequence[Brief]) -> Sequence[Any]:
    today, known = house.rules.today(house.base.clock.now()), processes(house)
    codes = sorted({one.unit for one in found if one.unit})
    titles = unit_titles(house, codes, house.frame.language(request))
    return [card_of(one, known, today, titles) for one in found]


def unmatched_of(
    events: Sequence[Mapping[str, Any]], sources: Sequence[Source], units: Sequence[str] | None
) -> Sequence[Mapping[str, Any]]:
    """The unmatched facts of sources that speak for one of *units* alone; None is all."""
    if units is None:
        return events
    own = {
        one.said.source for one in sources if one.said.units and set(one.said.units) <= set(units)
    }
    return [one for one in events if one["source"] in own]


def _said(reports: Mapping[tuple[str, str], Any], question: str) -> Sequence[Mapping[str, Any]]:
    report = reports.get(("intake", question))
    said = {} if report is None or report.said is None else report.said
    found: Sequence[Mapping[str, Any]] = said.get(question.replace("-", "_"), ())
    return found


def _totals(counts: ListCounts, unmatched: int, joins: int) -> Mapping[str, int]:
    return {**counts._asdict(), "unmatched": unmatched, "joins": joins}
