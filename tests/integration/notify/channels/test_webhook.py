"""Webhooks on a real server: verified by the public library, refused, slow, away and cut off."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from notify.channels.http_exchange import Answer, HttpBounds, exchange, transport
from notify.channels.outcome import Failed, Outcome, Retry, Sent, Unknown
from notify.channels.signing import signed_headers
from notify.channels.webhook import WebhookChannel, WebhookSettings
from standardwebhooks import Webhook, WebhookVerificationError

from tests.integration.notify.channels.deliveries import (
    NOTICE,
    HandClock,
    delivery,
    keep_trying,
)
from tests.integration.notify.channels.http_server import (
    LOOPBACK,
    POURED_CHUNKS_MAX,
    SHORT_THEN_LONG,
    Behaviour,
    Heard,
    HttpServer,
    answers,
    hears_and_drops,
    hears_and_stays_silent,
    holds_the_body_back,
    pours_a_body,
    slams,
    trickles_headers,
)

OLD, NEW, OTHER = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))

Open = Callable[..., WebhookChannel]


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Any]]:
    """Real servers, each with its script."""
    made: list[HttpServer] = []

    async def open_server(*script: Behaviour) -> HttpServer:
        made.append(HttpServer(*script))
        await made[-1].open()
        return made[-1]

    yield open_server
    for server in made:
        await server.close()


@pytest.fixture
async def channel(clock: HandClock) -> AsyncIterator[Open]:
    """A channel with settings of the test's own, for endpoints on loopback."""
    made: list[WebhookChannel] = []

    def open_channel(secrets: tuple[str, ...] = (NEW,), **settings: Any) -> WebhookChannel:
        told = replace(WebhookSettings(hosts_allowed=frozenset({LOOPBACK})), **settings)
        made.append(WebhookChannel(told, lambda _url: secrets, clock))
        return made[-1]

    yield open_channel
    for one in made:
        await one.close()


def url(server: HttpServer, path: str = "/hook?a=b") -> str:
    """The endpoint of a server."""
    return f"http://{LOOPBACK}:{server.port}{path}"


def verified(heard: Heard, secret: str) -> Any:
    """What the public library makes of a request."""
    return Webhook(secret).verify(heard.body, dict(heard.headers))


async def test_a_webhook_is_verified_by_the_library(
    serve: Any, channel: Open, clock: HandClock
) -> None:
    """The body arrives as given, and the public library accepts it with the endpoint's secret."""
    clock.at = datetime.now(UTC)
    server = await serve(answers(204))
    told = delivery(url(server))
    assert Sent() == await channel().send(told)
    heard = server.heard[0]
    assert told.data == verified(heard, NEW)
    assert ("POST", "/hook?a=b") == (heard.method, heard.path)
    assert {
        "host": f"{LOOPBACK}:{server.port}",
        "user-agent": "Tidtam",
        "content-type": "application/json",
        "accept-encoding": "identity",
        "content-length": str(len(heard.body)),
        "webhook-id": NOTICE,
        "webhook-timestamp": str(int(clock.now().timestamp())),
        "webhook-signature": heard.headers["webhook-signature"],
    } == heard.headers


async def test_a_changed_secret(serve: Any, channel: Open, clock: HandClock) -> None:
    """While a secret is being changed the old and the new one verify; no other does."""
    clock.at = datetime.now(UTC)
    server = await serve(answers(200))
    await channel((NEW, OLD)).send(delivery(url(server)))
    heard = server.heard[0]
    assert verified(heard, NEW) == verified(heard, OLD) == json.loads(heard.body)
    with pytest.raises(WebhookVerificationError):
        verified(heard, OTHER)


async def test_an_altered_body_is_not_ours(serve: Any, channel: Open, clock: HandClock) -> None:
    """One changed byte, or another id, and the library refuses it."""
    clock.at = datetime.now(UTC)
    server = await serve(answers(200))
    await channel().send(delivery(url(server)))
    heard = server.heard[0]
    for altered in (
        replace(heard, body=heard.body.replace(b"4821", b"4822")),
        replace(heard, headers={**heard.headers, "webhook-id": "other"}),
    ):
        with pytest.raises(WebhookVerificationError):
            verified(altered, NEW)


def test_the_instant_is_signed_in_utc() -> None:
    """A clock of another zone signs the same instant, and header and signature agree on it."""
    at = datetime.now(UTC)
    bangkok = at.astimezone(timezone(timedelta(hours=7)))
    assert signed_headers([NEW], "n1", at, b"{}") == signed_headers([NEW], "n1", bangkok, b"{}")
    Webhook(NEW).verify(b"{}", signed_headers([NEW], "n1", bangkok, b"{}"))


@pytest.mark.parametrize("secrets", [(), ("whsec_",), ("nonsense",), ("whsec_" + "A" * 8,)])
async def test_no_usable_secret(serve: Any, channel: Open, secrets: tuple[str, ...]) -> None:
    """Without a usable secret nothing leaves; it is tried again, and the secret is not repeated."""
    server = await serve(answers(200))
    outcome = await channel(secrets).send(delivery(url(server)))
    assert isinstance(outcome, Retry)
    assert "secret" in outcome.reason
    assert "nonsense" not in outcome.reason
    assert [] == server.heard


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (200, {}, Sent()),
        (202, {}, Sent()),
        (410, {}, Failed("HTTP 410", gone=True)),
        (404, {}, Retry(5, "HTTP 404")),
        (500, {}, Retry(5, "HTTP 500")),
        (429, {"Retry-After": "120"}, Retry(120, "HTTP 429")),
        (429, {"Retry-After": "1"}, Retry(5, "HTTP 429")),
        (503, {"Retry-After": "Mon, 23 Nov 2026 03:30:00 GMT"}, Retry(3600, "HTTP 503")),
        (503, {"Retry-After": "99999999"}, Retry(86400, "HTTP 503")),
        (503, {"Retry-After": "later"}, Retry(5, "HTTP 503")),
    ],
)
async def test_what_an_answer_means(
    serve: Any, channel: Open, status: int, headers: dict[str, str], outcome: Outcome
) -> None:
    """2xx is taken, 410 ends the endpoint, the rest is tried again, later where it is asked for."""
    server = await serve(answers(status, headers))
    assert outcome == await channel().send(delivery(url(server)))
    assert 1 == len(server.heard)


async def test_redirects_are_not_followed(serve: Any, channel: Open) -> None:
    """An answer that points elsewhere is a failure; nobody asks where it points."""
    elsewhere = await serve(answers(200))
    server = await serve(answers(307, {"Location": url(elsewhere)}))
    outcome = await channel().send(delivery(url(server)))
    assert Retry(5, "HTTP 307, and redirects are not followed") == outcome
    assert 0 == elsewhere.connections


async def test_a_body_without_end(serve: Any, channel: Open) -> None:
    """A status counts, whatever body follows; of the body only a beginning is read."""
    server = await serve(pours_a_body)
    patient = HttpBounds(body_seconds_max=3600)
    assert Sent() == await channel(bounds=patient).send(delivery(url(server)))
    assert server.poured_chunks < POURED_CHUNKS_MAX
    through = transport(None, idle_max=0)
    came = await exchange(through, httpx.Request("POST", url(server)), patient)
    await through.aclose()
    assert isinstance(came, Answer)
    assert (200, b"x" * 16_384) == (came.status, came.body)


async def test_a_body_that_never_comes(serve: Any, channel: Open) -> None:
    """A promised body is waited for only so long; the status has said all."""
    server = await serve(holds_the_body_back)
    bounds = HttpBounds(body_seconds_max=0.05)
    assert Sent() == await channel(bounds=bounds).send(delivery(url(server)))


@pytest.mark.parametrize("behave", [hears_and_stays_silent, trickles_headers])
async def test_slow_servers(serve: Any, channel: Open, behave: Behaviour) -> None:
    """Silence and headers without end are cut off at the bound, and leave the outcome unknown."""
    for bounds in SHORT_THEN_LONG:
        server = await serve(behave)
        outcome = await channel(bounds=bounds).send(delivery(url(server)))
        if server.heard:
            break
    assert Unknown("no answer in time", 5) == outcome


async def test_a_server_that_closes_early(serve: Any, channel: Open) -> None:
    """A connection ended at once has taken nothing that anybody can know of: never Sent."""
    server = await serve(slams)
    outcome = await channel().send(delivery(url(server)))
    assert isinstance(outcome, Retry | Unknown)
    assert [] == server.heard


async def test_unknown_is_sent_again_under_the_same_id(serve: Any, channel: Open) -> None:
    """After a drop the same id and the same bytes come again, so the receiver can tell."""
    server = await serve(hears_and_drops, answers(200))
    one = channel()
    told = delivery(url(server))
    assert isinstance(await one.send(told), Unknown)
    assert Sent() == await one.send(replace(told, attempt=2))
    first, second = server.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == NOTICE
    assert first.body == second.body


async def test_away_for_an_hour(serve: Any, channel: Open, clock: HandClock) -> None:
    """While nobody listens it is tried by the table; back, it is verified at the present time."""
    waits = [5, 300, 1800, 7200]
    clock.at = datetime.now(UTC) - timedelta(seconds=sum(waits))
    server = await serve(answers(200))
    await server.close()
    outcomes = await keep_trying(channel(), delivery(url(server)), clock, 3600, server.open)
    assert [*(Retry(wait, "ConnectError") for wait in waits), Sent()] == outcomes
    assert verified(server.heard[0], NEW)["type"] == "notice.received"


async def test_the_tenth_attempt_is_the_last(serve: Any, channel: Open) -> None:
    """After ten attempts it fails, and the endpoint stays open for other notices."""
    server = await serve(answers(500))
    outcome = await channel().send(delivery(url(server), attempt=10))
    assert Failed("HTTP 500; given up after 10 attempts") == outcome
