"""
The HTTP side of a service: health from the first moment, its own routes once it is built.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.health import Health, health_routes
from chassis.ops import OperatorsOnly

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from chassis.settings import ServiceSettings

NO_GUESSING = "x-content-type-options"


class NothingGuessed:
    """Says on every answer that it is what its type says: browsers else guess, and run data."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; give the answer the header where it has none."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault(NO_GUESSING, "nosniff")
            await send(message)

        await self._app(scope, receive, sent)


class Server(uvicorn.Server):
    """Uvicorn inside our event loop; signals are the service's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def make_app(health: Health, settings: ServiceSettings) -> Starlette:
    """Return the application with health only; every other path answers 503 until `open_routes`."""
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return Starlette(
        routes=[*health_routes(health), Route("/{rest:path}", _starting, methods=methods)],
        middleware=[
            Middleware(NothingGuessed),
            Middleware(OperatorsOnly, token=settings.operator_token),
        ],
        exception_handlers={Exception: _broken},
    )


def open_routes(app: Starlette, routes: Sequence[BaseRoute]) -> None:
    """Put *routes* in the place of the answer "starting"."""
    app.router.routes[-1:] = list(routes)


def make_server(app: Starlette, settings: ServiceSettings) -> Server:
    """Return the server for the address of *settings*."""
    return Server(
        uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )


async def _starting(_: Request) -> Response:
    """Answer what comes too early."""
    return JSONResponse({"error": "starting; see /readyz"}, 503, {"retry-after": "2"})


async def _broken(_: Request, _error: Exception) -> Response:
    """Answer a fault of ours and tell nothing of it; the server logs it."""
    return JSONResponse({"error": "our fault"}, 500, {NO_GUESSING: "nosniff"})
