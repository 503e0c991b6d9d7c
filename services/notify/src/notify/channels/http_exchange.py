"""
One HTTP request and its answer, bounded in time and size, for channels that speak HTTP.

Below httpx's client, on its transport: no redirects, no cookies from one endpoint to the next, no
proxies from the environment, no credentials from URLs.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

CONNECTED = "connection.connect_tcp.complete"
HANDED_OVER = "http11.send_request_body.complete"


@dataclass(frozen=True, slots=True)
class HttpBounds:
    """
    How long and how much: to connect, until the answer's headers, for its body, in seconds; and
    of its body in bytes.
    """

    connect_seconds_max: float = 5.0
    answer_seconds_max: float = 20.0
    body_seconds_max: float = 5.0
    body_bytes_max: int = 16_384


USUAL_BOUNDS = HttpBounds()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is its beginning, as bytes on the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came. `handed_over`: the whole request had left, so it may have been taken."""

    reason: str
    connected: bool
    handed_over: bool


@dataclass(slots=True)
class Progress:
    """Which steps of the request are done, as the transport tells them."""

    done: set[str] = field(default_factory=set)

    async def note(self, event: str, _info: Mapping[str, Any]) -> None:
        """Take a step from httpx's trace."""
        self.done.add(event)

    def lost(self, reason: str) -> Lost:
        """No answer, after these steps."""
        # A connection used again tells no connect; what left on it has left all the same.
        handed_over = HANDED_OVER in self.done
        return Lost(reason, handed_over or CONNECTED in self.done, handed_over)


def transport(tls: ssl.SSLContext | None, idle_max: int) -> httpx.AsyncHTTPTransport:
    """
    Where requests leave. *tls* replaces the machine's trusted certificates; at most *idle_max*
    connections stay open. How many are open at once is bounded by who calls: waiting in here would
    count as an attempt.
    """
    return httpx.AsyncHTTPTransport(
        verify=tls if tls is not None else ssl.create_default_context(),
        trust_env=False,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=idle_max),
    )


async def exchange(
    through: httpx.AsyncHTTPTransport, request: httpx.Request, bounds: HttpBounds
) -> Answer | Lost:
    """
    Send *request* and read the answer. Adds its own time limits and trace to the request.

    An answer whose body breaks off is an answer: its status has said all that matters.
    """
    progress = Progress()
    whole = bounds.answer_seconds_max
    timeouts = {"connect": bounds.connect_seconds_max, "pool": whole, "read": whole, "write": whole}
    request.extensions |= {"timeout": timeouts, "trace": progress.note}
    try:
        async with asyncio.timeout(whole):
            response = await through.handle_async_request(request)
    except (TimeoutError, httpx.TimeoutException):
        return progress.lost("no answer in time")
    except httpx.TransportError as error:
        return progress.lost(type(error).__name__)
    try:
        body = await _beginning(response, bounds)
    finally:
        await response.aclose()
    return Answer(response.status_code, response.headers, body)


async def _beginning(response: httpx.Response, bounds: HttpBounds) -> bytes:
    """As much of the body as comes within the bounds, still compressed if it was."""
    read = bytearray()
    try:
        async with asyncio.timeout(bounds.body_seconds_max):
            async for chunk in response.aiter_raw():
                read += chunk
                if len(read) >= bounds.body_bytes_max:
                    break
    except (TimeoutError, httpx.TransportError):
        pass
    return bytes(read[: bounds.body_bytes_max])
