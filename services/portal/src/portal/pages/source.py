"""
A page per source for its developers: what came of their last events, and what is missing before the
source may go live. Their own token opens it; operators may look too.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portal.asking import NoAnswer
from portal.guards import Problem, form, posts, serve
from portal.people import Cookie
from portal.source_key import KEPT, SourceKeys

if TYPE_CHECKING:
    from portal.house import House

COOKIE = "tidtam-source"
TOKEN_LETTERS_MAX = 300


def routes(house: House) -> list[Route]:
    """The routes of the sources' pages."""
    return [
        Route("/source/{slug}.json", serve(house, for_programs)),
        Route("/source/{slug}", serve(house, page)),
        Route("/source/{slug}", serve(house, enter), methods=["POST"]),
        Route("/source/{slug}/leave", serve(house, leave), methods=["POST"]),
    ]


async def page(house: House, request: Request) -> Response:
    """The page of a source, or the form that asks for its token."""
    slug = request.path_params["slug"]
    visitor = await house.people.visitor(request)
    if visitor is not None and "operator" in visitor.roles:
        return await _shown(house, request, await _as_operator(house, slug), by_token=False)
    kept = house.frame.cookie(request, _name(slug))
    token = _keys(house).opened(slug, kept, house.base.clock.now())
    said = None if token is None else await _as_source(house, slug, token)
    if said is None:
        return await _asked(house, request, wrong=token is not None)
    return await _shown(house, request, said, by_token=True)


@posts
async def enter(house: House, request: Request) -> Response:
    """Take a token, and keep it sealed in this browser for this page."""
    slug = request.path_params["slug"]
    token = (await form(request)).get("token", "")
    if not _may_be(token) or await _as_source(house, slug, token) is None:
        return await _asked(house, request, wrong=True)
    response = house.frame.redirect(f"/source/{slug}")
    _cookie(house, slug, _keys(house).sealed(slug, token, house.base.clock.now())).put_on(response)
    return response


@posts
async def leave(house: House, request: Request) -> Response:
    """Forget the token."""
    slug = request.path_params["slug"]
    response = house.frame.redirect(f"/source/{slug}")
    _cookie(house, slug, "").put_on(response)
    return response


async def for_programs(house: House, request: Request) -> Response:
    """The same as JSON, with `Authorization: Bearer <token>`."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    said = None
    if kind.lower() == "bearer" and _may_be(token.strip()):
        said = await _as_source(house, request.path_params["slug"], token.strip())
    if said is None:
        told = {"error": "the token of this source is needed: Authorization: Bearer …"}
        return _json(told, 401, {"www-authenticate": "Bearer"})
    return _json(said, 200, {})


def _may_be(token: str) -> bool:
    """Whether *token* can be one at all: what is none is not sent on."""
    return 0 < len(token) <= TOKEN_LETTERS_MAX and token.isascii() and token.isprintable()


async def _as_source(house: House, slug: str, token: str) -> dict[str, Any] | None:
    """What intake tells the holder of *token*; None where it is not the token of *slug*."""
    try:
        said = await house.services.ask_as(token, "intake", "/v1/source")
    except NoAnswer:
        raise Problem(503, "away") from None
    return said if said is not None and said["source"]["slug"] == slug else None


async def _as_operator(house: House, slug: str) -> dict[str, Any]:
    if not slug.replace("-", "").isalnum() or not slug.isascii():
        raise Problem(404, "not_found")
    try:
        return await house.services.ask("intake", f"/ops/sources/{slug}")
    except NoAnswer as error:
        if "404" in str(error):
            raise Problem(404, "not_found") from None
        raise Problem(503, "away") from None


async def _shown(house: House, request: Request, said: dict[str, Any], by_token: bool) -> Response:
    answer = house.frame.page(
        request,
        "source/page.html",
        visitor=await house.people.visitor(request),
        zone=said["source"]["zone"],
        source=said["source"],
        said=said,
        by_token=by_token,
        slug=request.path_params["slug"],
    )
    answer.headers["cache-control"] = "no-store"
    return answer


async def _asked(house: House, request: Request, wrong: bool) -> Response:
    slug = request.path_params["slug"]
    status = 403 if wrong else 200
    visitor = await house.people.visitor(request)
    return house.frame.page(
        request, "source/enter.html", status=status, visitor=visitor, slug=slug, wrong=wrong
    )


def _keys(house: House) -> SourceKeys:
    return SourceKeys(house.settings.session_secret)


def _cookie(house: House, slug: str, value: str) -> Cookie:
    seconds = int(KEPT.total_seconds())
    return Cookie(_name(slug), value, house.frame.secure, seconds)


def _name(slug: str) -> str:
    """The cookie of one source: several may be open in one browser."""
    return f"{COOKIE}-{hashlib.sha256(slug.encode()).hexdigest()[:12]}"


def _json(value: Any, status: int, headers: dict[str, str]) -> Response:
    kept = {"cache-control": "no-store", **headers}
    return Response(orjson.dumps(value), status, media_type="application/json", headers=kept)
