"""What a payee sees: dashboard, lists, search, and who looked at their data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from contracts.process import Process
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import people_store, question_store, read_store, search
from portal.figures_asked import kept_promise
from portal.guards import Problem, form, payee_only, posts, serve
from portal.house import House
from portal.people import Visitor
from portal.sealed_words import SealedWords
from portal.views.dashboard import Row, dashboard, row_of

NEEDS_MAX, NEWEST, PAGE, FOUND_MAX, LOOKS_MAX = 10, 8, 20, 20, 100
QUERY_LETTERS_MAX = 200
ANSWERS_NEW = timedelta(days=30)
"""So long an answer stands on the dashboard; on the page of its case it stands for good."""
PAGES_MAX = 1_000


def routes(house: House) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        Route("/me", serve(house, first)),
        Route("/me/cases", serve(house, cases)),
        Route("/me/search", serve(house, found), methods=["GET"]),
        Route("/me/search", serve(house, posts(look_for)), methods=["POST"]),
        Route("/me/looks", serve(house, looks)),
    ]


@payee_only
async def first(house: House, request: Request, visitor: Visitor) -> Response:
    """The dashboard."""
    now = house.base.clock.now()
    async with house.base.pool.acquire() as connection:
        counts = await read_store.counts_of_payee(connection, visitor.person, house.frame.zone, now)
        needs = await read_store.cases_of_payee(
            connection, visitor.person, needs_me=True, limit=NEEDS_MAX
        )
        newest = await read_store.cases_of_payee(connection, visitor.person, limit=NEWEST)
        payee = await read_store.payee(connection, visitor.person, house.vault)
        ids = await read_store.family_of(connection, visitor.person)
        answers = await question_store.answers_to(connection, ids, now - ANSWERS_NEW)
        kept = await kept_promise(house, connection)
        await house.people.note_look(connection, visitor, "dashboard", payee_id=visitor.person)
    view = dashboard(counts, needs, newest, processes(house))
    name = None if payee is None else payee.name
    return house.frame.page(
        request,
        "payee/dashboard.html",
        person=visitor,
        view=view,
        name=name,
        answers=answers,
        kept=kept,
        now=now,
    )


@payee_only
async def cases(house: House, request: Request, visitor: Visitor) -> Response:
    """The cases of one group, newest first; group 0 is what lies outside the four."""
    group, page = _number(request, "group", 1), _number(request, "page", 1)
    if not 0 <= group <= 4 or not 1 <= page <= PAGES_MAX:
        raise Problem(404, "not_found")
    async with house.base.pool.acquire() as connection:
        some = await read_store.cases_of_payee(
            connection, visitor.person, group=group, limit=PAGE + 1, offset=(page - 1) * PAGE
        )
        await house.people.note_look(connection, visitor, "list", payee_id=visitor.person)
    rows = [row_of(one, processes(house)) for one in some[:PAGE]]
    return house.frame.page(
        request,
        "payee/cases.html",
        person=visitor,
        group=group,
        page=page,
        more=len(some) > PAGE,
        rows=rows,
    )


@payee_only
async def look_for(house: House, request: Request, visitor: Visitor) -> Response:
    """Take what is searched for, and lead to the page that shows it: its address tells nothing."""
    text = (await form(request)).get("q", "")[:QUERY_LETTERS_MAX]
    token = SealedWords(house.settings.session_secret).seal(visitor.person, text)
    return house.frame.redirect(f"/me/search?found={token}")


@payee_only
async def found(house: House, request: Request, visitor: Visitor) -> Response:
    """Search: one box for numbers, invoices, items and names, in any digits."""
    token = request.query_params.get("found", "")
    text = SealedWords(house.settings.session_secret).open(visitor.person, token)
    asked = search.asked(text)
    rows: list[Row] = []
    async with house.base.pool.acquire() as connection:
        if asked.words:
            hits = await read_store.search(
                connection, asked, vault=house.vault, payee_id=visitor.person, limit=FOUND_MAX
            )
            ids = [hit.brief.case_id for hit in hits]
            some = await read_store.own_cases(connection, visitor.person, ids)
            rows = [row_of(own, processes(house)) for own in some]
        await house.people.note_look(connection, visitor, "search", payee_id=visitor.person)
    return house.frame.page(
        request,
        "payee/search.html",
        person=visitor,
        q=text,
        rows=rows,
        too_short=bool(text) and not asked.words,
        full=len(rows) == FOUND_MAX,
    )


@payee_only
async def looks(house: House, request: Request, visitor: Visitor) -> Response:
    """Who of the staff looked at this payee's data, and the sessions that are open."""
    async with house.base.pool.acquire() as connection:
        payee = await read_store.payee(connection, visitor.person, house.vault)
        ids = [visitor.person] if payee is None else [*payee.ids, visitor.person]
        seen = await people_store.looks_at(connection, ids, LOOKS_MAX)
        await house.people.note_look(connection, visitor, "looks", payee_id=visitor.person)
    return house.frame.page(request, "payee/looks.html", person=visitor, looks=seen)


def processes(house: House) -> Mapping[str, Process]:
    """The newest processes by name."""
    return {one.name: one for one in house.rules.processes()}


def _number(request: Request, name: str, default: int) -> int:
    """A whole number of the query; a broken one is no page of ours."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Problem(404, "not_found")
    return int(text)
