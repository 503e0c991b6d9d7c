"""Signing in as a payee: a number, then the code from the mail; and signing out."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Mapping
from typing import Any

from chassis.database import Connection
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import signin
from portal.frame import FORM_COOKIE, own_path
from portal.guards import Problem, form, posts, serve
from portal.house import House
from portal.people import Cookie
from portal.signin import Asked
from portal.signing_in import SigningIn, TooMany

STEP_COOKIE = "tidtam-sign-in"


def routes(house: House) -> list[BaseRoute]:
    """The routes of this module."""
    door = Door(house.signing_in)
    return [
        Route("/sign-in", serve(house, door.first), methods=["GET"]),
        Route("/sign-in", serve(house, posts(door.ask)), methods=["POST"]),
        Route("/sign-in/code", serve(house, door.second), methods=["GET"]),
        Route("/sign-in/code", serve(house, posts(door.enter)), methods=["POST"]),
        Route("/sign-out", serve(house, posts(sign_out)), methods=["POST"]),
    ]


class Door:
    """The pages of signing in, around the one `SigningIn` of the process."""

    def __init__(self, signing_in: SigningIn) -> None:
        self.signing_in = signing_in

    async def first(self, house: House, request: Request) -> Response:
        """Ask for the number."""
        visitor = await house.people.visitor(request)
        to = own_path(request.query_params.get("next", "/me"))
        if visitor is not None and visitor.kind == "payee":
            return house.frame.redirect(to)
        return await _first(house, request, to)

    async def ask(self, house: House, request: Request) -> Response:
        """Take the number, mail a code, and lead to the second step."""
        said = await form(request)
        to, text = own_path(said.get("next", "/me")), said.get("number", "")
        schemes = signin.sign_in_schemes(house.rules.identities())
        if not schemes:
            raise Problem(503, "away")
        fault = signin.number_fault(text, schemes)
        if fault is not None:
            return await _first(house, request, to, fault=fault, status=422)
        browser = house.frame.cookie(request, FORM_COOKIE)
        if not browser:
            # Its code would be every such browser's. Only who is signed in comes so far without.
            raise Problem(403, "form_expired")
        now, language = house.base.clock.now(), house.frame.language(request)
        asked = Asked(house.vault.blinds(text, schemes), to, now, language)
        try:
            letter = await self.signing_in.ask(asked, browser, _network(request))
        except TooMany:
            raise Problem(429, "too_many") from None
        response = house.frame.redirect("/sign-in/code")
        token = self.signing_in.sealed(asked, browser)
        seconds = int(signin.TOKEN_LIFE.total_seconds())
        _step_cookie(house, token, seconds).put_on(response)
        # Only when the answer has left: what a letter costs must not be read from its delay.
        response.background = BackgroundTask(self.signing_in.post, letter)
        return response

    async def second(self, house: House, request: Request) -> Response:
        """Ask for the code; who has not given a number begins there."""
        token = house.frame.cookie(request, STEP_COOKIE)
        asked = self.signing_in.opened(token, house.frame.cookie(request, FORM_COOKIE))
        if asked is None:
            return house.frame.redirect("/sign-in")
        return await _second(house, request, token)

    async def enter(self, house: House, request: Request) -> Response:
        """Take the code. A wrong one and a number nobody has are answered alike."""
        said = await form(request)
        browser = house.frame.cookie(request, FORM_COOKIE)
        asked = self.signing_in.opened(said.get("step", ""), browser)
        if asked is None:
            return await _first(house, request, "/me", expired=True, status=422)
        code = signin.code_of(said.get("code", ""))
        if not signin.is_code(code):
            return await _second(house, request, said["step"], fault="malformed", status=422)

        def begin(connection: Connection, payee_id: str) -> Awaitable[Cookie]:
            return house.people.begin_on(connection, "payee", payee_id, {}, request)

        try:
            cookie = await self.signing_in.enter(asked, browser, _network(request), code, begin)
        except TooMany:
            raise Problem(429, "too_many") from None
        if cookie is None:
            return await _second(house, request, said["step"], fault="wrong", status=422)
        response = house.frame.redirect(asked.next)
        cookie.put_on(response)
        _step_cookie(house, "", 0).put_on(response)
        # A form shown before anybody was signed in is worth nothing from now on.
        Cookie(FORM_COOKIE, secrets.token_urlsafe(18), house.frame.secure).put_on(response)
        return response


async def sign_out(house: House, request: Request) -> Response:
    """End the session and go to the start."""
    visitor = await house.people.visitor(request)
    cookie = await house.people.end(request)
    to = "/staff" if visitor is not None and visitor.kind == "staff" else "/"
    response = house.frame.redirect(to)
    cookie.put_on(response)
    # What was shown must not be there for whoever presses "back".
    response.headers["clear-site-data"] = '"cache"'
    return response


async def _first(
    house: House,
    request: Request,
    to: str,
    *,
    fault: str | None = None,
    expired: bool = False,
    status: int = 200,
) -> Response:
    values: Mapping[str, Any] = {"next": to, "fault": fault, "expired": expired}
    visitor = await house.people.visitor(request)
    return house.frame.page(request, "payee/sign_in.html", status=status, visitor=visitor, **values)


async def _second(
    house: House, request: Request, token: str, *, fault: str | None = None, status: int = 200
) -> Response:
    minutes = int(signin.CODE_LIFE.total_seconds() // 60)
    values: Mapping[str, Any] = {"step": token, "fault": fault, "minutes": minutes}
    visitor = await house.people.visitor(request)
    return house.frame.page(
        request, "payee/sign_in_code.html", status=status, visitor=visitor, **values
    )


def _step_cookie(house: House, token: str, seconds: int) -> Cookie:
    return Cookie(STEP_COOKIE, token, house.frame.secure, seconds)


def _network(request: Request) -> str:
    return signin.network_of("" if request.client is None else request.client.host)
