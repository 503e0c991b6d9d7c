"""The page of one case for its payee, the question, the rating, the printed sheet and its proof."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import segno
from chassis.database import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import people_store, question_store, read_store, sheet_code
from portal.guards import Problem, form, payee_only, posts, serve
from portal.house import House
from portal.people import Visitor
from portal.sheet_code import Sheet
from portal.showing import canonical, case_for, find
from portal.views.case_view import CaseView

QUESTION_LETTERS_MAX = 1_000
STARS = range(1, 6)


def routes(house: House) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        Route("/case/{number}", serve(house, show)),
        Route("/case/{number}/ask", serve(house, question), methods=["GET"]),
        Route("/case/{number}/ask", serve(house, posts(ask)), methods=["POST"]),
        Route("/case/{number}/rate", serve(house, posts(rate)), methods=["POST"]),
        Route("/case/{number}/sheet", serve(house, sheet)),
        Route("/cases/{number}", serve(house, moved)),
        Route("/confirm/{code}", serve(house, confirm)),
    ]


async def moved(house: House, request: Request) -> Response:
    """Letters of before lead here."""
    return house.frame.redirect(f"/case/{quote(request.path_params['number'])}", 301)


@payee_only
async def show(house: House, request: Request, visitor: Visitor) -> Response:
    """The case. An old number of a joined case leads to the one that stayed, and says so."""
    number = _number(request)
    if number != request.path_params["number"]:
        return house.frame.redirect(f"/case/{number}")
    async with house.base.pool.acquire() as connection:
        view = await _view(house, connection, number, visitor)
        if view.number != number:
            return house.frame.redirect(f"/case/{view.number}?was={number}")
        ids = await read_store.family_of(connection, visitor.person)
        asked = await question_store.own_questions(connection, view.case_id, [visitor.person, *ids])
        stars = await people_store.rating_of(connection, view.case_id, visitor.person)
        await _note(house, connection, visitor, "case", view)
    values: dict[str, Any] = {
        "view": view,
        "own": True,
        "asked": asked,
        "stars": stars,
        "was": canonical(request.query_params.get("was", "")),
        "said": request.query_params.get("said", ""),
    }
    return house.frame.page(request, "payee/case.html", person=visitor, zone=view.zone, **values)


@payee_only
async def question(house: House, request: Request, visitor: Visitor) -> Response:
    """The form of a question: whom it reaches, and their telephone beside it."""
    async with house.base.pool.acquire() as connection:
        view = await _view(house, connection, _number(request), visitor)
        await _note(house, connection, visitor, "question", view)
    return house.frame.page(
        request, "payee/ask.html", person=visitor, view=view, words="", fault=None
    )


@payee_only
async def ask(house: House, request: Request, visitor: Visitor) -> Response:
    """Keep the question, with where the case stood: each counts as one the page did not answer."""
    words = (await form(request)).get("words", "")
    async with house.base.pool.acquire() as connection:
        view = await _view(house, connection, _number(request), visitor)
        if len(words) > QUESTION_LETTERS_MAX:
            return house.frame.page(
                request, "payee/ask.html", status=422, person=visitor, view=view, words=words,
                fault="long",
            )  # fmt: skip
        stage = None if view.stage is None else view.stage.code
        now = house.base.clock.now()
        await people_store.add_question(
            connection, now, view.case_id, visitor.person, stage, view.holder, words
        )
    return house.frame.redirect(f"/case/{view.number}?said=asked")


@payee_only
async def rate(house: House, request: Request, visitor: Visitor) -> Response:
    """Keep one tap, after the end alone."""
    stars = (await form(request)).get("stars", "")
    async with house.base.pool.acquire() as connection:
        view = await _view(house, connection, _number(request), visitor)
        if not view.over or stars not in [str(one) for one in STARS]:
            raise Problem(400, "form_broken")
        now = house.base.clock.now()
        await people_store.rate(connection, view.case_id, visitor.person, now, int(stars))
    return house.frame.redirect(f"/case/{view.number}?said=rated")


@payee_only
async def sheet(house: House, request: Request, visitor: Visitor) -> Response:
    """One page to print; its code leads to a page that confirms what it says."""
    async with house.base.pool.acquire() as connection:
        view = await _view(house, connection, _number(request), visitor)
        payee = await read_store.payee(connection, visitor.person, house.vault)
        await _note(house, connection, visitor, "sheet", view)
    today = house.frame.dates("en", view.zone).today
    assert today is not None
    group = 0 if view.stage is None or view.stage.group is None else view.stage.group
    code = sheet_code.code_of(Sheet(view.number, today, group), house.settings.session_secret)
    link = f"{house.frame.public_url}/confirm/{code}"
    drawn = segno.make(link, error="m", boost_error=False).svg_inline(
        border=2, omitsize=True, svgclass=None, lineclass=None
    )
    values: dict[str, Any] = {"view": view, "code": code, "link": link, "qr": drawn}
    return house.frame.page(
        request,
        "payee/sheet.html",
        person=visitor,
        zone=view.zone,
        name=None if payee is None else payee.name,
        now=house.base.clock.now(),
        **values,
    )


async def confirm(house: House, request: Request) -> Response:
    """Whether a sheet was made here, and what it said: nothing of whom it is about."""
    found = sheet_code.read(request.path_params["code"], house.settings.session_secret)
    return house.frame.page(
        request, "payee/confirm.html", status=404 if found is None else 200, sheet=found
    )


async def _view(house: House, connection: Connection, number: str, visitor: Visitor) -> CaseView:
    """The case as the visitor sees it; one of somebody else is as absent as one there is not."""
    found = await find(connection, number)
    view = None if found is None else await case_for(house, connection, found, visitor.person)
    if view is None:
        raise Problem(404, "not_found")
    return view


async def _note(
    house: House, connection: Connection, visitor: Visitor, what: str, view: CaseView
) -> None:
    await house.people.note_look(
        connection, visitor, what, case_id=view.case_id, payee_id=visitor.person
    )


def _number(request: Request) -> str:
    number = canonical(request.path_params["number"])
    if number is None:
        raise Problem(404, "not_found")
    return number
