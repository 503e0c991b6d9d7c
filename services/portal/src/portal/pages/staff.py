"""Staff: signing in through the body's provider, the second factor, and the sessions list."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import orjson
import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import totp
from portal.frame import FORM_COOKIE, own_path
from portal.guards import Problem, form, posts, serve, staff_only
from portal.house import House
from portal.navigation import home_of
from portal.oidc import NotSignedIn, Provider
from portal.people import Cookie, Visitor
from portal.signing_in_staff import SECOND_LIFE, TRIP_LIFE, Half, StaffDoor, TooMany
from portal.staff_claims import Staff, staff_of

CALLBACK = "/staff/callback"
TRIP_COOKIE = "tidtam-trip-"
SECOND_COOKIE = "tidtam-second"
STATE_LETTERS_MAX = 200


def routes(house: House) -> list[BaseRoute]:
    """The routes of this module. Raises `SettingsError` for a provider that cannot be trusted."""
    settings = house.settings
    provider = Provider(settings, house.base.clock) if settings.oidc_issuer else None
    if provider is None:
        house.base.log.warning("no identity provider is set: no member of staff can sign in")
    doorway = Doorway(StaffDoor(provider, settings.session_secret))
    return [
        Route("/staff", serve(house, first)),
        Route("/staff/sign-in", serve(house, doorway.leave)),
        Route(CALLBACK, serve(house, doorway.come_back)),
        Route("/staff/second", serve(house, doorway.second), methods=["GET"]),
        Route("/staff/second", serve(house, posts(doorway.enter)), methods=["POST"]),
        Route("/staff/sessions/end", serve(house, posts(end)), methods=["POST"]),
    ]


async def first(house: House, request: Request) -> Response:
    """Who one is here, with the open sessions; else where to sign in."""
    visitor = await house.people.visitor(request)
    if visitor is None or visitor.kind != "staff":
        return house.frame.page(
            request,
            "staff/start.html",
            person=visitor,
            ready=bool(house.settings.oidc_issuer),
            failed="",
            next="/staff",
        )
    open_now = await house.people.sessions(visitor)
    today = house.rules.today(house.base.clock.now())
    language = house.frame.language(request)
    titles = [house.rules.unit_title(unit, today, language) for unit in visitor.units]
    return house.frame.page(
        request,
        "staff/account.html",
        person=visitor,
        home=home_of(visitor.roles),
        units=titles,
        sessions=[
            (mark_of(one.hash), one, browser_of(one.agent), one.hash == visitor.session_hash)
            for one in open_now
        ],
        ended=request.query_params.get("ended") == "1",
    )


class Doorway:
    """The pages of signing in, around the one `StaffDoor` of the process."""

    def __init__(self, door: StaffDoor) -> None:
        self.door = door

    async def leave(self, house: House, request: Request) -> Response:
        """Send the browser to the provider; who is signed in already is led on."""
        to = own_path(request.query_params.get("next", "/staff"))
        visitor = await house.people.visitor(request)
        if visitor is not None and visitor.kind == "staff":
            return house.frame.redirect(to)
        if self.door.provider is None:
            return _failed(house, request, "not_set_up", 503, to)
        try:
            trip = await self.door.provider.begin(callback(house))
        except NotSignedIn as problem:
            house.base.log.warning("staff sign-in failed", reason=problem.key, why=str(problem))
            return _failed(house, request, problem.key, 503, to)
        response = house.frame.redirect("/staff")
        response.headers["location"] = trip.url
        kept = self.door.kept(trip, to, house.base.clock.now())
        seconds = int(TRIP_LIFE.total_seconds())
        _cookie(house, trip_cookie(trip.state), kept, seconds).put_on(response)
        return response

    async def come_back(self, house: House, request: Request) -> Response:
        """Take who comes back from the provider: into a session, or on to the second factor."""
        name = trip_cookie(request.query_params.get("state", "")[:STATE_LETTERS_MAX])
        now = house.base.clock.now()
        found = self.door.trip(house.frame.cookie(request, name), now)
        if found is None or self.door.provider is None:
            house.base.log.warning("staff sign-in failed", reason="stale")
            return _failed(house, request, "stale", 400, "/staff")
        trip, to = found
        try:
            claims = await self.door.provider.finish(
                trip, callback(house), dict(request.query_params)
            )
            staff = staff_of(claims)
        except NotSignedIn as problem:
            house.base.log.warning("staff sign-in failed", reason=problem.key, why=str(problem))
            response = _failed(
                house, request, problem.key, 503 if problem.key == "away" else 400, to
            )
        except ValueError:
            house.base.log.warning("staff sign-in failed", reason="not_proved")
            response = _failed(house, request, "not_proved", 400, to)
        else:
            response = await self._take(house, request, staff, to)
        # A trip is made once: its cookie is worth nothing afterwards.
        _cookie(house, name, "", 0).put_on(response)
        return response

    async def _take(self, house: House, request: Request, staff: Staff, to: str) -> Response:
        if not staff.roles:
            house.base.log.warning("staff sign-in failed", reason="no_role")
            return _failed(house, request, "no_role", 403, to)
        if staff.second_factor:
            cookie = await house.people.begin("staff", staff.person, staff.claims(), request)
            return await _led_in(house, staff, to, cookie)
        async with house.base.pool.acquire() as connection:
            ticket = await self.door.half(connection, staff, to, house.base.clock.now())
        response = house.frame.redirect("/staff/second")
        seconds = int(SECOND_LIFE.total_seconds())
        _cookie(house, SECOND_COOKIE, ticket, seconds).put_on(response)
        return response

    async def second(self, house: House, request: Request) -> Response:
        """Ask for the code of the app; who has none yet is shown how to set one up."""
        half = self._half(house, request)
        if half is None:
            return house.frame.redirect("/staff")
        return await _second(house, request, half)

    async def enter(self, house: House, request: Request) -> Response:
        """Take the code."""
        half = self._half(house, request)
        if half is None:
            return _failed(house, request, "stale", 400, "/staff")
        typed = (await form(request)).get("code", "")
        try:
            cookie = await self._proved(house, request, half, typed)
        except TooMany:
            house.base.log.warning("staff sign-in is limited")
            raise Problem(429, "too_many") from None
        if cookie is None:
            house.base.log.warning("staff sign-in failed", reason="second_factor")
            return await _second(house, request, half, wrong=True)
        response = await _led_in(house, half.staff, half.next, cookie)
        _cookie(house, SECOND_COOKIE, "", 0).put_on(response)
        return response

    async def _proved(
        self, house: House, request: Request, half: Half, typed: str
    ) -> Cookie | None:
        """The session that *typed* begins; None for a wrong code. Raises `TooMany`."""
        now, staff = house.base.clock.now(), half.staff
        async with house.base.pool.acquire() as connection:
            await self.door.count(connection, half, now)
            async with connection.transaction():
                if not await self.door.proves(connection, half, typed, now):
                    return None
                return await house.people.begin_on(
                    connection, "staff", staff.person, staff.claims(), request
                )

    def _half(self, house: House, request: Request) -> Half | None:
        ticket = house.frame.cookie(request, SECOND_COOKIE)
        return self.door.read_half(ticket, house.base.clock.now())


@staff_only()
async def end(house: House, request: Request, visitor: Visitor) -> Response:
    """End one session of one's own, or all others."""
    said = (await form(request)).get("session", "")
    for one in await house.people.sessions(visitor):
        others = said == "others" and one.hash != visitor.session_hash
        if others or mark_of(one.hash) == said:
            await house.people.end_other(visitor, one.hash)
    return house.frame.redirect("/staff?ended=1")


def callback(house: House) -> str:
    """Where the provider leads back to; the same address is registered there."""
    return house.frame.public_url + CALLBACK


def trip_cookie(state: str) -> str:
    """The cookie of one trip: two tabs are two trips."""
    return TRIP_COOKIE + hashlib.sha256(state.encode()).hexdigest()[:12]


def mark_of(session_hash: bytes) -> str:
    """What names a session in the list of its own person."""
    return hashlib.sha256(session_hash).hexdigest()[:16]


def browser_of(agent: str) -> str:
    """What a person calls the browser and the machine that *agent* names."""
    browsers = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
                ("Safari", "Safari"))  # fmt: skip
    machines = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
                ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"))  # fmt: skip
    named = [
        next((name for mark, name in known if mark in agent), "") for known in (browsers, machines)
    ]
    return " · ".join(one for one in named if one)


async def _led_in(house: House, staff: Staff, to: str, cookie: Cookie) -> Response:
    """Hand the session over. Those from before a change of roles end: they would keep the old."""
    now_is = Visitor("staff", staff.person, "", b"", house.base.clock.now())
    for one in await house.people.sessions(now_is):
        if not _same_rights(one.claims, staff):
            await house.people.end_other(now_is, one.hash)
    house.base.log.info("staff signed in", roles=",".join(staff.roles))
    response = house.frame.redirect(home_of(frozenset(staff.roles)) if to == "/staff" else to)
    cookie.put_on(response)
    # A form shown before anybody was signed in is worth nothing from now on.
    Cookie(FORM_COOKIE, secrets.token_urlsafe(18), house.frame.secure).put_on(response)
    return response


def _same_rights(claims: str, staff: Staff) -> bool:
    kept: dict[str, Any] = orjson.loads(claims)
    return set(kept.get("roles", ())) == set(staff.roles) and set(kept.get("units", ())) == set(
        staff.units
    )


async def _second(house: House, request: Request, half: Half, *, wrong: bool = False) -> Response:
    drawn = ""
    if half.new_secret is not None:
        told = totp.address(half.new_secret, half.staff.name)
        drawn = segno.make(told, error="m", boost_error=False).svg_inline(
            border=2, omitsize=True, svgclass=None, lineclass=None
        )
    return house.frame.page(
        request,
        "staff/second.html",
        visitor=await house.people.visitor(request),
        status=422 if wrong else 200,
        qr=drawn,
        secret=half.new_secret or "",
        wrong=wrong,
    )


def _failed(house: House, request: Request, key: str, status: int, to: str) -> Response:
    return house.frame.page(
        request,
        "staff/start.html",
        status=status,
        ready=key != "not_set_up",
        failed="" if key == "not_set_up" else key,
        next=to,
    )


def _cookie(house: House, name: str, value: str, seconds: int) -> Cookie:
    return Cookie(name, value, house.frame.secure, seconds)
