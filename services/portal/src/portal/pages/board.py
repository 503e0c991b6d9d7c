"""The officer's board by stage, and the same as a list for printing and for screen readers."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import staff_store
from portal.boarding import (
    OFFICERS,
    Asked,
    asked,
    narrowed,
    processes,
    stages_shown,
    unit_titles,
    units_of,
)
from portal.guards import Problem, serve, staff_only
from portal.house import House
from portal.people import Visitor
from portal.views.board import Piece, card_of, columns, open_stages

CARDS_MAX = 12
PAGE = 50
PAGES_MAX = 2_000


def routes(house: House) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        Route("/board", serve(house, board)),
        Route("/board/list", serve(house, as_list)),
    ]


@staff_only(*OFFICERS)
async def board(house: House, request: Request, visitor: Visitor) -> Response:
    """A column for each stage, the most pressing first."""
    said = asked(request)
    async with house.base.pool.acquire() as connection:
        found = await staff_store.board(connection, narrowed(house, visitor, said), CARDS_MAX)
        units = await staff_store.units(connection) if units_of(visitor) is None else visitor.units
        await house.people.note_look(connection, visitor, "board")
    titles = unit_titles(house, units, house.frame.language(request))
    today = house.rules.today(house.base.clock.now())
    shown = columns(
        [Piece(*one) for one in found],
        processes(house),
        stages_shown(house, visitor, said),
        today,
        titles,
    )
    return _page(house, request, visitor, "officer/board.html", said, titles, columns=shown)


@staff_only(*OFFICERS)
async def as_list(house: House, request: Request, visitor: Visitor) -> Response:
    """The same in one table, page by page."""
    said, page = asked(request), _page_asked(request)
    async with house.base.pool.acquire() as connection:
        found = await staff_store.board_list(
            connection, narrowed(house, visitor, said), PAGE + 1, (page - 1) * PAGE
        )
        units = await staff_store.units(connection) if units_of(visitor) is None else visitor.units
        await house.people.note_look(connection, visitor, "board as a list")
    titles = unit_titles(house, units, house.frame.language(request))
    today, known = house.rules.today(house.base.clock.now()), processes(house)
    cards = [card_of(one, known, today, titles) for one in found[:PAGE]]
    return _page(
        house, request, visitor, "officer/list.html", said, titles,
        cards=cards, page=page, more=len(found) > PAGE,
    )  # fmt: skip


def _page(
    house: House,
    request: Request,
    visitor: Visitor,
    template: str,
    said: Asked,
    titles: Any,
    **values: Any,
) -> Response:
    known = processes(house)
    kinds = {code: words for one in known.values() for code, words in one.codes["kind"].items()}
    return house.frame.page(
        request,
        template,
        person=visitor,
        zone=house.rules.zone(),
        asked=said,
        titles=titles,
        kinds=kinds,
        stages=open_stages(known),
        now=house.base.clock.now(),
        **values,
    )


def _page_asked(request: Request) -> int:
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= PAGES_MAX):
        raise Problem(404, "not_found")
    return int(text)
