"""
A question of a payee on its own page, and the answer of an officer: kept for good, shown to that
payee alone, and written into the access log as every look is.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import question_store
from portal.boarding import OFFICERS, desk_of, processes, unit_titles
from portal.guards import Problem, form, posts, serve, staff_only
from portal.house import House
from portal.pages.work import HERE
from portal.people import Visitor
from portal.questions import Asked
from portal.views.asked import titles_of

LIST = f"{HERE}/questions"
ANSWER_LETTERS_MIN, ANSWER_LETTERS_MAX = 2, 1_000
PLACE_DIGITS_MAX = 15
REASON = "question"
"""Why an officer looked, as the payee reads it."""


def routes(house: House) -> list[BaseRoute]:
    """The routes of this module."""
    path = f"{LIST}/{{place}}"
    return [
        Route(path, serve(house, show), methods=["GET"]),
        Route(path, serve(house, posts(answer)), methods=["POST"]),
    ]


@staff_only(*OFFICERS)
async def show(house: House, request: Request, visitor: Visitor) -> Response:
    """The question, and the form of its answer, or the answer it was given."""
    return await _page(house, request, visitor, await _found(house, request, visitor, "question"))


@staff_only(*OFFICERS)
async def answer(house: House, request: Request, visitor: Visitor) -> Response:
    """Keep the answer. Of two at once the first stands, and the second is shown it."""
    words = (await form(request)).get("words", "")
    asked = await _found(house, request, visitor, "question form")
    already = house.frame.redirect(f"{LIST}/{asked.place}?said=already")
    if asked.answer is not None:
        return already
    fault = _fault(words)
    if fault is not None:
        return await _page(house, request, visitor, asked, words, fault, 422)
    party = "finance" if desk_of(visitor, house.base.clock.now()).finance else "unit"
    async with house.base.pool.acquire() as connection, connection.transaction():
        now = house.base.clock.now()
        if await question_store.answer(connection, asked.place, now, visitor.person, party, words):
            await house.people.note_look(
                connection, visitor, "answer to a question", case_id=asked.case_id,
                payee_id=asked.payee_id, reason=REASON,
            )  # fmt: skip
            return house.frame.redirect(f"{LIST}?said=answered")
    return already


def _fault(words: str) -> str | None:
    """What is wrong with the words of an answer, as the template names it."""
    if len(words) < ANSWER_LETTERS_MIN:
        return "answer_missing"
    return "answer_long" if len(words) > ANSWER_LETTERS_MAX else None


async def _found(house: House, request: Request, visitor: Visitor, what: str) -> Asked:
    """The question, its look written down; one of another desk is as absent as none."""
    place = request.path_params["place"]
    if not (place.isascii() and place.isdigit() and len(place) <= PLACE_DIGITS_MAX):
        raise Problem(404, "not_found")
    desk = desk_of(visitor, house.base.clock.now())
    async with house.base.pool.acquire() as connection:
        asked = await question_store.question(connection, int(place), desk)
        if asked is None:
            raise Problem(404, "not_found")
        await house.people.note_look(
            connection, visitor, what, case_id=asked.case_id, payee_id=asked.payee_id, reason=REASON
        )
    return asked


async def _page(
    house: House,
    request: Request,
    visitor: Visitor,
    asked: Asked,
    words: str = "",
    fault: str | None = None,
    status: int = 200,
) -> Response:
    language = house.frame.language(request)
    return house.frame.page(
        request,
        "officer/question.html",
        status=status,
        person=visitor,
        zone=house.rules.zone(),
        asked=asked,
        stages=titles_of(asked, processes(house)),
        unit=unit_titles(house, [asked.unit], language)[asked.unit] if asked.unit else None,
        words=words,
        fault=fault,
        to=LIST,
        now=house.base.clock.now(),
        letters_max=ANSWER_LETTERS_MAX,
        said=request.query_params.get("said", ""),
    )
