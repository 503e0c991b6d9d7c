"""What operators and the `tidtam` command ask of notify about webhooks, under `/ops/webhooks`."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from chassis.database import locked
from chassis.service import Base
from contracts.notice import RecipientKind
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from notify import store
from notify.endpoints import BOTH_SIGN, REMOVED
from notify.gateway import Gateway
from notify.model import Recipient
from notify.retelling import LOOK_BACK, tell_again
from notify.telling import Telling

ID_LETTERS_MAX, URL_LETTERS_MAX = 300, 2000


def webhook_routes(
    base: Base, telling: Telling, gateway: Gateway, wake: asyncio.Event
) -> list[Route]:
    """The routes; the chassis lets only the operator's token in."""
    ops = _Webhooks(base, telling, gateway, wake)
    one = "/ops/webhooks/{endpoint}"
    return [
        Route("/ops/webhooks", ops.listed, methods=["GET"]),
        Route("/ops/webhooks", ops.add, methods=["POST"]),
        Route(f"{one}/rotate", ops.rotate, methods=["POST"]),
        Route(f"{one}/remove", ops.remove, methods=["POST"]),
    ]


class _Webhooks:
    def __init__(self, base: Base, telling: Telling, gateway: Gateway, wake: asyncio.Event) -> None:
        self._base = base
        self._telling = telling
        self._endpoints = telling.rules.endpoints
        self._gateway = gateway
        self._wake = wake

    async def listed(self, request: Request) -> Response:
        """All endpoints, also those that ended; never a secret."""
        async with self._base.pool.acquire() as connection, connection.transaction():
            await self._telling.rules.refresh(connection)
        return _json({"webhooks": self._endpoints.shown()})

    async def add(self, request: Request) -> Response:
        """
        Register an endpoint: `{"recipient": {"kind": …, "id": …}, "url": …}`.

        The answer has its secret, which is shown this once. 409: there is an open one already.
        """
        asked = _asked(await request.body())
        if asked is None:
            return JSONResponse({"error": "name recipient (kind and id) and url"}, 422)
        recipient, url = asked
        # Before any transaction: the host's name is looked up.
        refusal = await self._gateway.refusal(url)
        if refusal is not None:
            return JSONResponse({"error": f"{refusal}; nothing would ever be sent there"}, 422)
        async with self._base.pool.acquire() as connection, locked(connection, store.PEOPLE_LOCK):
            made = await self._endpoints.add(connection, recipient, url)
        if made is None:
            said = f"{recipient.kind} {recipient.id} has an endpoint; remove it, or rotate"
            return JSONResponse({"error": said}, 409)
        async with self._base.pool.acquire() as connection:
            since = self._base.clock.now() - LOOK_BACK
            ids = await store.waiting_for(connection, recipient, since)
        await tell_again(self._base, self._telling, ids)
        self._wake.set()
        shown, secret = made
        return _json({**shown, "secret": secret}, 201)

    async def rotate(self, request: Request) -> Response:
        """A new secret, shown this once; the old one signs beside it for a day."""
        one = request.path_params["endpoint"]
        async with self._base.pool.acquire() as connection, locked(connection, store.PEOPLE_LOCK):
            made = await self._endpoints.rotate(connection, one)
        if made is None:
            return _unknown(one)
        shown, secret = made
        hours = BOTH_SIGN.total_seconds() / 3600
        return _json({**shown, "secret": secret, "both_sign_hours": hours})

    async def remove(self, request: Request) -> Response:
        """Send nothing there any more; its secrets are forgotten."""
        one = request.path_params["endpoint"]
        async with self._base.pool.acquire() as connection, locked(connection, store.PEOPLE_LOCK):
            shown = await self._endpoints.end(connection, one, REMOVED)
        return _unknown(one) if shown is None else _json(shown)


def _asked(body: bytes) -> tuple[Recipient, str] | None:
    """Recipient and URL; None where one of them is not said."""
    try:
        said = orjson.loads(body)
        whom, url = said["recipient"], said["url"]
        recipient = Recipient(RecipientKind(whom["kind"]), whom["id"])
    except (ValueError, KeyError, TypeError):
        return None
    texts = isinstance(recipient.id, str) and isinstance(url, str)
    if not texts or not 0 < len(recipient.id) <= ID_LETTERS_MAX or len(url) > URL_LETTERS_MAX:
        return None
    return recipient, url


def _unknown(endpoint: str) -> Response:
    return JSONResponse({"error": f"no open endpoint {endpoint[:40]!r}"}, 404)


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
