"""
Webhooks after Standard Webhooks: a signed JSON body, posted to a registered endpoint.

Any 2xx is a success, 410 ends the endpoint, all else is tried again by the table. Only https, and
only public addresses, unless the operator has named the host.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx
import orjson
from chassis.clock import Clock

from notify.channels.addresses import Resolve, is_public, system_resolve
from notify.channels.http_exchange import (
    USUAL_BOUNDS,
    Answer,
    HttpBounds,
    Lost,
    exchange,
    transport,
)
from notify.channels.outcome import Delivery, Failed, Outcome, Retry, Sent
from notify.channels.schedule import WEBHOOK_SCHEDULE, Schedule, retry_after_seconds
from notify.channels.signing import signed_headers

ADDRESSES_TRIED_MAX = 3
PORTS = {"https": 443, "http": 80}
NOWHERE = Lost("the host has no address", connected=False, handed_over=False)

SecretsOf = Callable[[str], Sequence[str]]
"""The signing secrets of an endpoint by its URL, the newest first; none where it has none."""


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """
    `hosts_allowed`: host names in lower case that may lie in a private network and speak plain
    HTTP. `connections_max`: how many endpoints are spoken to at once.
    """

    hosts_allowed: frozenset[str] = frozenset()
    user_agent: str = "Tidtam"
    connections_max: int = 20
    bounds: HttpBounds = USUAL_BOUNDS
    schedule: Schedule = WEBHOOK_SCHEDULE


class WebhookChannel:
    """Endpoints by URL. *resolve* answers for names, *tls* says whom to trust."""

    def __init__(
        self,
        settings: WebhookSettings,
        secrets_of: SecretsOf,
        clock: Clock,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._secrets_of = secrets_of
        self._clock = clock
        self._resolve = resolve
        # Nothing stays open: requests name addresses, and two hosts may share one. A connection
        # sealed for the first must never carry a request for the second.
        self._transport = transport(tls, idle_max=0)
        self._slots = asyncio.Semaphore(settings.connections_max)

    async def send(self, delivery: Delivery) -> Outcome:
        """Post the data of *delivery* to its endpoint, in one attempt."""
        url = self._endpoint(delivery.to)
        if isinstance(url, Failed):
            return url
        async with self._slots:
            try:
                headers, body = self._signed(delivery)
            except ValueError as error:
                # A fault of ours that an operator can mend while the table lasts.
                return self._settings.schedule.after(delivery.attempt, str(error))
            addresses = await self._addresses(url, delivery.attempt)
            if not isinstance(addresses, tuple):
                return addresses
            return self._judged(delivery, await self._post(url, addresses, headers, body))

    async def refusal(self, endpoint: str) -> str | None:
        """
        Why nothing would ever be sent to *endpoint*; None where it may be.

        A name without an address now may have one later: it is judged again at every send.
        """
        url = self._endpoint(endpoint)
        if isinstance(url, Failed):
            return url.reason
        addresses = await self._addresses(url, attempt=1)
        return addresses.reason if isinstance(addresses, Failed) else None

    async def close(self) -> None:
        """Let go of the transport."""
        await self._transport.aclose()

    def _endpoint(self, text: str) -> httpx.URL | Failed:
        """The URL of an endpoint, or why nothing will ever be sent to it."""
        try:
            url = httpx.URL(text)
        except (httpx.InvalidURL, ValueError):
            return Failed("the endpoint is not a URL")
        if not url.host or url.userinfo:
            return Failed("the endpoint has no host, or a password in it")
        if url.scheme != "https" and not (url.scheme == "http" and self._is_named(url)):
            return Failed("the endpoint is not https")
        return url

    def _is_named(self, url: httpx.URL) -> bool:
        return url.host.lower() in self._settings.hosts_allowed

    def _signed(self, delivery: Delivery) -> tuple[dict[str, str], bytes]:
        """The headers and the very bytes they sign. Raises `ValueError` for an unusable secret."""
        secrets = self._secrets_of(delivery.to)
        body = orjson.dumps(dict(delivery.data), option=orjson.OPT_SORT_KEYS)
        headers = signed_headers(secrets, delivery.notice_id, self._clock.now(), body)
        return headers, body

    async def _addresses(self, url: httpx.URL, attempt: int) -> tuple[str, ...] | Retry | Failed:
        """Where to connect to. One private address among them is enough to refuse all."""
        host = url.raw_host.decode("ascii")
        try:
            async with asyncio.timeout(self._settings.bounds.connect_seconds_max):
                found = tuple(await self._resolve(host, url.port or PORTS[url.scheme]))
        except OSError:
            # TimeoutError too: while the name server is away, nobody knows that the host is gone.
            found = ()
        if not found:
            return self._settings.schedule.after(attempt, NOWHERE.reason)
        if not self._is_named(url) and not all(is_public(address) for address in found):
            return Failed("the endpoint lies inside a private network")
        return found[:ADDRESSES_TRIED_MAX]

    async def _post(
        self, url: httpx.URL, addresses: Sequence[str], signed: Mapping[str, str], body: bytes
    ) -> Answer | Lost:
        """Post to the first of the *addresses* that takes a connection."""
        headers = {
            "host": url.netloc.decode("ascii"),
            "user-agent": self._settings.user_agent,
            "content-type": "application/json",
            "accept-encoding": "identity",
            **signed,
        }
        # The certificate is still asked for the name, not for the address.
        named = {"sni_hostname": url.raw_host.decode("ascii")}
        came: Answer | Lost = NOWHERE
        for address in addresses:
            there = url.copy_with(host=address)
            request = httpx.Request("POST", there, headers=headers, content=body, extensions=named)
            came = await exchange(self._transport, request, self._settings.bounds)
            if isinstance(came, Answer) or came.connected:
                break
        return came

    def _judged(self, delivery: Delivery, came: Answer | Lost) -> Outcome:
        schedule = self._settings.schedule
        if isinstance(came, Lost):
            if came.handed_over:
                return schedule.unknown(delivery.attempt, came.reason)
            return schedule.after(delivery.attempt, came.reason)
        reason = f"HTTP {came.status}"
        if 200 <= came.status < 300:
            return Sent()
        if came.status == 410:
            return Failed(reason, gone=True)
        if 300 <= came.status < 400:
            reason += ", and redirects are not followed"
        asked_seconds = retry_after_seconds(came.headers.get("retry-after"), self._clock.now())
        return schedule.after(delivery.attempt, reason, asked_seconds)
