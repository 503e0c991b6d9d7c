"""
What the portal asks of the other services over HTTP, with the operator's token: how they are, and
what an operator decides. No page of a payee waits for any of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from portal.settings import PortalSettings

ANSWER_SECONDS_MAX = 5.0
BODY_BYTES_MAX = 8_000_000


class NoAnswer(Exception):
    """A service did not answer, or not as it should; the text is for operators, without content."""


class Services:
    """The other services by name; those without an address are not asked."""

    def __init__(
        self, settings: PortalSettings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        told = {
            "intake": settings.intake_url,
            "status": settings.status_url,
            "sla": settings.sla_url,
            "notify": settings.notify_url,
        }
        self.addresses: Mapping[str, str] = {
            name: url.rstrip("/") for name, url in told.items() if url
        }
        token = settings.operator_token
        self._operator = "" if token is None else token.get_secret_value()
        self.client = httpx.AsyncClient(
            timeout=ANSWER_SECONDS_MAX, transport=transport, follow_redirects=False
        )

    async def readiness(self, service: str) -> dict[str, Any]:
        """What `/readyz` says, ready or not. Raises `NoAnswer`."""
        return _content(await self._sent("GET", service, "/readyz", ""), (200, 503))

    async def ask(self, service: str, path: str) -> dict[str, Any]:
        """What an operator's page says. Raises `NoAnswer`."""
        return _content(await self._sent("GET", service, path, self._operator), (200,))

    async def tell(
        self, service: str, path: str, said: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Do what was decided: POST *said* to *path*. Raises `NoAnswer`."""
        content = None if said is None else orjson.dumps(said)
        return _content(await self._sent("POST", service, path, self._operator, content), (200,))

    async def ask_as(self, token: str, service: str, path: str) -> dict[str, Any] | None:
        """What the service tells who holds *token*; None where it knows no such token."""
        answer = await self._sent("GET", service, path, token)
        if answer.status_code in (401, 403):
            return None
        return _content(answer, (200,))

    async def close(self) -> None:
        """Give the connections back."""
        await self.client.aclose()

    async def _sent(
        self, method: str, service: str, path: str, token: str, content: bytes | None = None
    ) -> httpx.Response:
        if service not in self.addresses:
            raise NoAnswer("no address is set")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            return await self.client.request(
                method, self.addresses[service] + path, headers=headers, content=content
            )
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # Its class alone: the text may hold the address with all its parts.
            raise NoAnswer(type(error).__name__) from None


def _content(answer: httpx.Response, good: tuple[int, ...]) -> dict[str, Any]:
    if answer.status_code not in good:
        raise NoAnswer(f"answered {answer.status_code}")
    if len(answer.content) > BODY_BYTES_MAX:
        raise NoAnswer("answered too much")
    try:
        found = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        raise NoAnswer("answered what is no JSON") from None
    if not isinstance(found, dict):
        raise NoAnswer("answered what is no object")
    return found
