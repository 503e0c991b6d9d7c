"""
What an operator may do over HTTP, under `/ops/`, with the operator's token.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.deadletters import (
    count_dead_letters,
    list_dead_letters,
    redrive_dead_letter,
    show_dead_letter,
)
from chassis.errors import OversizeMessage

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from chassis.consuming import Consumer
    from chassis.service import Base


class OperatorsOnly:
    """
    Lets requests under `/ops/` through only with the bearer token; without one in the settings,
    none.
    """

    def __init__(self, app: ASGIApp, token: SecretStr | None) -> None:
        self._app = app
        self._token = None if token is None else token.get_secret_value().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        guarded = scope["type"] == "http" and _is_ops(scope["path"])
        if guarded and not self._knows(dict(scope["headers"]).get(b"authorization", b"")):
            refusal = JSONResponse({"error": "the operator's token is needed"}, 401)
            refusal.headers["www-authenticate"] = "Bearer"
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _knows(self, header: bytes) -> bool:
        """Compare in constant time, so that the answer's delay tells nothing."""
        kind, _, token = header.partition(b" ")
        if self._token is None or kind.lower() != b"bearer":
            return False
        return hmac.compare_digest(token.strip(), self._token)


def _is_ops(path: str) -> bool:
    """Return whether *path* is an operator's."""
    return path.rstrip("/") == "/ops" or path.startswith("/ops/")


def dead_letter_routes(base: Base, consumers: Callable[[], Sequence[Consumer]]) -> list[Route]:
    """Return the routes under `/ops/dead-letters`."""

    async def listed(request: Request) -> Response:
        return await _listed(base, request)

    async def shown(request: Request) -> Response:
        letter = await show_dead_letter(base.pool, request.path_params["letter_id"])
        return _absent() if letter is None else JSONResponse(_plain(letter))

    async def redriven(request: Request) -> Response:
        return await _redriven(base, request.path_params["letter_id"])

    async def resumed(_: Request) -> Response:
        names = [one.consumption.name for one in consumers() if one.resume()]
        return JSONResponse({"resumed": names})

    at = "/ops/dead-letters"
    return [
        _route(at, listed, "GET"),
        _route(f"{at}/resume", resumed, "POST"),
        _route(at + "/{letter_id:int}", shown, "GET"),
        _route(at + "/{letter_id:int}/redrive", redriven, "POST"),
    ]


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str) -> Route:
    """Return one route."""
    return Route(path, endpoint, methods=[method])


async def _listed(base: Base, request: Request) -> Response:
    """Answer the list: `?reason=`, `?all=1`, `?limit=` (at most 1000)."""
    asked = request.query_params
    limit = asked.get("limit", "200")
    if not (limit.isascii() and limit.isdigit()):
        return JSONResponse({"error": "limit must be a whole number"}, 400)
    letters = await list_dead_letters(
        base.pool,
        reason=asked.get("reason"),
        all_of_them=asked.get("all") == "1",
        limit=min(int(limit), 1000),
    )
    counts = await count_dead_letters(base.pool)
    return JSONResponse({"open": counts, "dead_letters": [_plain(letter) for letter in letters]})


async def _redriven(base: Base, letter_id: int) -> Response:
    """Redrive one letter; asked twice, it is sent once."""
    try:
        async with base.pool.acquire() as connection:
            sent = await redrive_dead_letter(
                connection, letter_id, base.settings.topic_prefix, base.clock.now()
            )
    except OversizeMessage as error:
        return JSONResponse({"error": str(error)}, 409)
    if sent is None:
        return _absent()
    base.relay.wake()
    base.log.info("dead letter redriven", letter_id=letter_id, sent=sent)
    return JSONResponse({"id": letter_id, "redriven": sent, "already": not sent})


def _absent() -> Response:
    """Answer that there is no such letter."""
    return JSONResponse({"error": "no such dead letter"}, 404)


def _plain(letter: dict[str, Any]) -> dict[str, Any]:
    """
    Return *letter* for JSON: instants as RFC 3339, bytes as text, or as base64 where they are not.
    """
    return {name: _value(value) for name, value in letter.items()}


def _value(value: Any) -> Any:
    """Return one value for JSON."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return "base64:" + base64.b64encode(value).decode("ascii")
    return value
