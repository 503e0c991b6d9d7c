"""
Look-up: a member of staff sees exactly what a payee sees, and it is written down first.

The case stands in the frame of the office: whose view it is, why it was opened, and what an officer
may do about it. The part within the dashed line is the payee's own page.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from chassis.database import Connection
from contracts.contradictions import MEANINGS
from contracts.process import Process, Words
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import read_store, search
from portal.boarding import LOOKERS, OFFICERS, may_see, processes, unit_titles, units_of
from portal.guards import Problem, form, posts, serve, staff_only
from portal.house import House
from portal.model import Case
from portal.people import Visitor
from portal.sealed_words import SealedWords
from portal.showing import canonical, case_for, find
from portal.views.board import Card, card_of
from portal.views.correcting import actions_of

FOUND_MAX, QUERY_LETTERS_MAX, PAYEES_MAX = 30, 200, 50
REASONS = ("phone", "desk", "letter", "work", "check")
USUAL_REASON = "work"
MARK = "\x1f"


class Who(NamedTuple):
    """One payee of a case, as the switch between them shows it; `place` counts from 1."""

    place: int
    name: str | None


def routes(house: House) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        Route("/look-up", serve(house, found), methods=["GET"]),
        Route("/look-up", serve(house, posts(look_for)), methods=["POST"]),
        Route("/look-up/{number}", serve(house, show)),
    ]


@staff_only(*LOOKERS)
async def look_for(house: House, request: Request, visitor: Visitor) -> Response:
    """Take what is looked for and why, and lead to an address that tells neither."""
    said = await form(request)
    reason = said.get("why", "")
    if reason not in REASONS:
        reason = USUAL_REASON
    text = said.get("q", "")[:QUERY_LETTERS_MAX]
    token = _sealing(house).seal(visitor.person, f"{reason}{MARK}{text}")
    number = canonical(text)
    if number is not None:
        return house.frame.redirect(f"/look-up/{number}?found={token}")
    return house.frame.redirect(f"/look-up?found={token}")


@staff_only(*LOOKERS)
async def found(house: House, request: Request, visitor: Visitor) -> Response:
    """The box, and what was found: numbers, names, invoices, words, in any digits."""
    reason, text, token = _asked(house, request, visitor)
    wanted, cards = search.asked(text), list[Card]()
    async with house.base.pool.acquire() as connection:
        if not wanted.too_short:
            hits = await read_store.search(
                connection,
                wanted,
                vault=house.vault,
                units=units_of(visitor),
                limit=FOUND_MAX,
            )
            cards = _cards(house, request, [hit.brief for hit in hits])
            await house.people.note_look(connection, visitor, "search", reason=reason)
    return house.frame.page(
        request,
        "officer/look_up.html",
        person=visitor,
        q=text,
        why=reason,
        reasons=REASONS,
        token=token,
        cards=cards,
        full=len(cards) == FOUND_MAX,
        too_short=bool(text) and wanted.too_short,
    )


@staff_only(*LOOKERS)
async def show(house: House, request: Request, visitor: Visitor) -> Response:
    """One case as its payee sees it; `?payee=` chooses among several. The look is logged first."""
    number = canonical(request.path_params["number"])
    if number is None:
        raise Problem(404, "not_found")
    reason, _, token = _asked(house, request, visitor)
    async with house.base.pool.acquire() as connection:
        case = await find(connection, number)
        if case is None or not may_see(visitor, case.brief.unit):
            raise Problem(404, "not_found")
        if case.brief.number != number:
            return house.frame.redirect(f"/look-up/{case.brief.number}?was={number}")
        payees = await read_store.payees_of(connection, case.brief.case_id)
        chosen = _chosen(request, payees)
        names = [await _name(house, connection, one) for one in payees[:PAYEES_MAX]]
        view = None if chosen is None else await case_for(house, connection, case, chosen)
        await house.people.note_look(
            connection,
            visitor,
            "look-up",
            case_id=case.brief.case_id,
            payee_id=chosen,
            reason=reason,
        )
    values: dict[str, Any] = {
        "view": view,
        "own": False,
        "case": case,
        "card": _cards(house, request, [case.brief])[0],
        "contradictions": meanings_of(case),
        "numbers": numbers_of(case, house.rules.process(case.said.process)),
        "payees": [Who(place, name) for place, name in enumerate(names, 1)],
        "here": 0 if chosen is None else payees.index(chosen) + 1,
        "why": reason,
        "token": token,
        "was": canonical(request.query_params.get("was", "")),
        "said": request.query_params.get("said", ""),
        "actions": actions_of(visitor.roles) if set(OFFICERS) & visitor.roles else (),
    }
    zone = None if view is None else view.zone
    return house.frame.page(request, "officer/case.html", person=visitor, zone=zone, **values)


def numbers_of(case: Case, process: Process | None) -> list[tuple[Words, str]]:
    """All numbers of a case, with the titles of their schemes."""
    if process is None:
        return []
    rows = [*case.said.joining, *case.said.about]
    return [(process.schemes[row[0]].title, row[3]) for row in rows if row[0] in process.schemes]


def meanings_of(case: Case) -> list[tuple[Words, Words | None]]:
    """What was said of the case that cannot be, and what to do; an unknown code as it stands."""
    found: list[tuple[Words, Words | None]] = []
    for one in case.said.contradictions:
        meaning = MEANINGS.get(one.code)
        if meaning is None:
            found.append((Words(one.code, one.code), None))
        else:
            title, remedy = meaning.title, meaning.remedy
            found.append((Words(title.th, title.en), Words(remedy.th, remedy.en)))
    return found


def _cards(house: House, request: Request, briefs: list[Any]) -> list[Card]:
    today, known = house.rules.today(house.base.clock.now()), processes(house)
    units = sorted({one.unit for one in briefs if one.unit})
    titles = unit_titles(house, units, house.frame.language(request))
    return [card_of(one, known, today, titles) for one in briefs]


def _chosen(request: Request, payees: list[str]) -> str | None:
    """The payee whose view is shown; None for a case that names none."""
    text = request.query_params.get("payee", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= max(len(payees), 1)):
        raise Problem(404, "not_found")
    return payees[int(text) - 1] if payees else None


async def _name(house: House, connection: Connection, payee_id: str) -> str | None:
    known = await read_store.payee(connection, payee_id, house.vault)
    return None if known is None else known.name


def _asked(house: House, request: Request, visitor: Visitor) -> tuple[str, str, str]:
    """Why, what, and the token that carries both; another's token says nothing."""
    token = request.query_params.get("found", "")
    text = _sealing(house).open(visitor.person, token)
    reason, _, words = text.partition(MARK)
    if reason not in REASONS:
        return USUAL_REASON, "", ""
    return reason, words, token


def _sealing(house: House) -> SealedWords:
    return SealedWords(house.settings.session_secret)
