"""
Work lists: what does not go on by itself. Each says what is wrong, since when, and what to do.

Unmatched facts and held joins are intake's, asked for now and then; questions are kept here; the
others come from the read tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.database import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import held_store, question_store, read_store, staff_store, watch_store
from portal.boarding import OFFICERS, desk_of, processes, unit_titles, units_of
from portal.guards import Problem, serve, staff_only
from portal.house import House
from portal.model import Brief, Source
from portal.people import Visitor
from portal.views.asked import rows_of
from portal.views.board import card_of

LISTS = (
    "questions", "contradictions", "undetermined", "unmatched", "joins", "unreachable", "held",
)  # fmt: skip
HERE = "/work"
ROWS_MAX = 200
HELD_MAX = 100
"""Each of these is a field of a form, which has its own bound; what is more goes by its rule."""
SAID_DIGITS_MAX = 9


def routes(house: House) -> list[BaseRoute]:
    """The routes of this module."""
    return [Route(HERE, serve(house, first)), Route(f"{HERE}/{{name}}", serve(house, show))]


@staff_only(*OFFICERS)
async def first(house: House, _request: Request, _visitor: Visitor) -> Response:
    """The first list."""
    return house.frame.redirect(f"{HERE}/{LISTS[0]}")


@staff_only(*OFFICERS)
async def show(house: House, request: Request, visitor: Visitor) -> Response:
    """One list, with how much waits in each of the others."""
    name = request.path_params["name"]
    if name not in LISTS:
        raise Problem(404, "not_found")
    return await page(house, request, visitor, name)


async def page(
    house: House,
    request: Request,
    visitor: Visitor,
    name: str,
    status: int = 200,
    asked: Any = None,
    away: bool = False,
) -> Response:
    """
    The page of the list *name*. *asked* is a decision on held notices that has a fault, or that
    could not be told to notify (*away*).
    """
    units = units_of(visitor)
    async with house.base.pool.acquire() as connection:
        totals = await _totals(house, connection, visitor)
        reports = await watch_store.read_reports(connection)
        sources = await read_store.sources(connection)
        rows = await _rows(house, request, connection, name, visitor)
        # A join connects units: finance decides it.
        held = _said(reports, "held-joins") if units is None else []
        joins = [await _numbered(connection, one) for one in held[:ROWS_MAX]]
        decides = "finance-officer" in visitor.roles
        of_held = name == "held" and decides
        held_rules = await held_store.rules(connection) if of_held else []
        await house.people.note_look(connection, visitor, f"work list {name}")
    unmatched = unmatched_of(_said(reports, "unmatched"), sources, units)
    totals |= {"unmatched": len(unmatched), "joins": len(held)}
    if name in ("unmatched", "joins"):
        rows = (unmatched if name == "unmatched" else joins)[:ROWS_MAX]
    report = reports.get(("intake", "held-joins" if name == "joins" else name))
    values: dict[str, Any] = {
        "name": name,
        "lists": LISTS,
        "totals": totals,
        "rows": rows,
        "shown_max": HELD_MAX if name == "held" else ROWS_MAX,
        "names": {one.said.source: one.said.name for one in sources},
        "at": None if report is None else report.at,
        "now": house.base.clock.now(),
        "decides": decides,
        "held_rules": held_rules,
        "asked": asked,
        "away": away,
        **_words_of(house, request),
    }
    return house.frame.page(
        request, "officer/work.html", status=status, person=visitor, zone=house.rules.zone(),
        **values,
    )  # fmt: skip


def _words_of(house: House, request: Request) -> dict[str, Any]:
    """What codes are called, and what the form before this page has done."""
    processes_known = house.rules.processes()
    return {
        "schemes": {code: one for p in processes_known for code, one in p.schemes.items()},
        "facts": {code: one for p in processes_known for code, one in p.facts.items()},
        "said": request.query_params.get("said", ""),
        "said_n": _said_n(request),
    }


async def _rows(
    house: House,
    request: Request,
    connection: Connection,
    name: str,
    visitor: Visitor,
) -> Sequence[Any]:
    units = units_of(visitor)
    if name == "questions":
        return await _questions(house, request, connection, visitor)
    if name == "undetermined":
        found = await staff_store.undetermined(connection, units, ROWS_MAX)
    elif name == "contradictions":
        found = await staff_store.contradictions(connection, units, ROWS_MAX)
    elif name == "unreachable":
        return await staff_store.unreachable(connection, units, ROWS_MAX)
    elif name == "held":
        return await staff_store.held(connection, units, HELD_MAX)
    else:
        return []
    return _cards(house, request, found)


async def _questions(
    house: House, request: Request, connection: Connection, visitor: Visitor
) -> Sequence[Any]:
    now = house.base.clock.now()
    found = await question_store.waiting(connection, desk_of(visitor, now), ROWS_MAX)
    codes = sorted({one.unit for one in found if one.unit})
    titles = unit_titles(house, codes, house.frame.language(request))
    return rows_of(found, processes(house), titles, now)


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


async def _totals(house: House, connection: Connection, visitor: Visitor) -> dict[str, int]:
    """How much waits in each list that is made from the portal's own tables."""
    counts = await staff_store.count_lists(connection, units_of(visitor))
    desk = desk_of(visitor, house.base.clock.now())
    questions = await question_store.count_waiting(connection, desk)
    return {**counts._asdict(), "questions": questions}


def _said_n(request: Request) -> int:
    """How many an answer to a form speaks of; 0 for what no page of ours says."""
    text = request.query_params.get("n", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= SAID_DIGITS_MAX else 0
