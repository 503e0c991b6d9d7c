"""A payee's settings: language and channels of notices, and the sessions that are open."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import read_store
from portal.guards import Problem, chosen, form, payee_only, posts, serve
from portal.house import House
from portal.model import Payee
from portal.outgoing import Outcome, new_id
from portal.people import Visitor
from portal.words import LANGUAGES

CHANNELS = ("email", "line")
"""Channels a payee may switch off; what stands in the pages themselves is always there."""
FACT = "contact-changed"


def routes(house: House) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        Route("/me/settings", serve(house, show), methods=["GET"]),
        Route("/me/settings", serve(house, posts(save)), methods=["POST"]),
        Route("/me/sessions", serve(house, posts(end_session)), methods=["POST"]),
    ]


@payee_only
async def show(house: House, request: Request, visitor: Visitor) -> Response:
    """What is set now. A change takes a moment to come back from intake."""
    payee = await _payee(house, visitor, "settings")
    return await _page(house, request, visitor, payee, said=request.query_params.get("said", ""))


@payee_only
async def save(house: House, request: Request, visitor: Visitor) -> Response:
    """Say to intake what is wanted; every service hears it from there."""
    said = await form(request)
    on = [channel for channel in CHANNELS if channel in await chosen(request, "channel")]
    if said.get("language") not in LANGUAGES:
        raise Problem(400, "form_broken")
    payee = await _payee(house, visitor, "settings")
    process = next((one.name for one in house.rules.processes() if FACT in one.facts), None)
    if process is None or not payee.identities:
        raise Problem(503, "away")
    data = {"payee": changed(payee, said["language"], [c for c in CHANNELS if c not in on])}
    answer = await house.outgoing.say(new_id(), process, FACT, data)
    if not answer.ok:
        key = "away" if answer.outcome is Outcome.AWAY else "our_fault"
        raise Problem(503 if key == "away" else 500, key)
    return house.frame.redirect("/me/settings?said=saved")


@payee_only
async def end_session(house: House, request: Request, visitor: Visitor) -> Response:
    """End one of the visitor's other sessions."""
    try:
        hash_ = base64.urlsafe_b64decode((await form(request)).get("session", ""))
    except ValueError:
        raise Problem(400, "form_broken") from None
    if hash_ == visitor.session_hash:
        raise Problem(400, "form_broken")
    await house.people.end_other(visitor, hash_)
    return house.frame.redirect("/me/settings?said=ended")


def changed(payee: Payee, language: str, off: Sequence[str]) -> Mapping[str, Any]:
    """The payee as a fact names one: who it is, and the whole of how to reach them."""
    return {
        "identities": [
            {"scheme": scheme, "issuer": issuer, "value": value}
            for scheme, issuer, value in payee.identities
        ],
        "contact": {**payee.contact, "language": language, "off": list(off)},
    }


def browser_of(agent: str) -> str:
    """Browser and kind of device of a `User-Agent`, as people call them; empty if unknown."""
    names = {"Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
    kinds = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows"}
    kinds |= {"Mac OS": "Mac", "Linux": "Linux"}
    found = [next((t for mark, t in of.items() if mark in agent), "") for of in (names, kinds)]
    return " · ".join(one for one in found if one)


def masked(address: str | None) -> str:
    """An address that its owner knows again, and nobody who looks over a shoulder learns."""
    if not address:
        return ""
    name, at, domain = address.partition("@")
    return f"{name[:2]}•••{at}{domain}" if at else f"{address[:2]}•••"


async def _payee(house: House, visitor: Visitor, what: str) -> Payee:
    async with house.base.pool.acquire() as connection:
        payee = await read_store.payee(connection, visitor.person, house.vault)
        await house.people.note_look(connection, visitor, what, payee_id=visitor.person)
    if payee is None:
        raise Problem(404, "not_found")
    return payee


async def _page(
    house: House, request: Request, visitor: Visitor, payee: Payee, *, said: str
) -> Response:
    off = payee.contact.get("off")
    kept = payee.contact.get("language")
    return house.frame.page(
        request,
        "payee/settings.html",
        person=visitor,
        said=said,
        email=masked(payee.email),
        language=kept if kept in LANGUAGES else LANGUAGES[0],
        on=[c for c in CHANNELS if not (isinstance(off, list) and c in off)],
        has_line=bool(payee.contact.get("line")),
        sessions=[
            (
                base64.urlsafe_b64encode(one.hash).decode(),
                one.seen_at,
                browser_of(one.agent),
                one.hash == visitor.session_hash,
            )
            for one in await house.people.sessions(visitor)
        ],
    )
