"""LINE on a real server: the request as its description says, and what each answer means."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from notify.channels.line import LineChannel, LineSettings, push_body, retry_key, units
from notify.channels.outcome import Failed, Outcome, Retry, Sent, Unknown

from tests.integration.notify.channels.deliveries import (
    LINK,
    NOTICE,
    HandClock,
    delivery,
    keep_trying,
)
from tests.integration.notify.channels.http_server import (
    LOOPBACK,
    SHORT_THEN_LONG,
    Behaviour,
    HttpServer,
    answers,
    hears_and_drops,
    hears_and_stays_silent,
    slams,
)
from tests.integration.notify.channels.line_api import PUSH_REQUEST

USER = "U" + "4af4980629" * 3 + "ab"
TOKEN = "token-of-the-account"
ACCEPTED = {"X-Line-Request-Id": "req-1"}
TAKEN_BEFORE = {"X-Line-Request-Id": "req-2", "X-Line-Accepted-Request-Id": "req-1"}
TWICE = json.dumps({"message": "The retry key is already accepted"}).encode()
BAD = json.dumps({"message": "The property, 'to', in the request body is invalid"}).encode()

Open = Callable[..., Any]


@pytest.fixture
async def line(clock: HandClock) -> AsyncIterator[Open]:
    """A server with a script, and a channel that takes it for LINE."""
    servers: list[HttpServer] = []
    channels: list[LineChannel] = []

    async def open_both(*script: Behaviour, **settings: Any) -> tuple[HttpServer, LineChannel]:
        servers.append(HttpServer(*script))
        await servers[-1].open()
        told = LineSettings(TOKEN, f"http://{LOOPBACK}:{servers[-1].port}")
        channels.append(LineChannel(replace(told, **settings), clock))
        return servers[-1], channels[-1]

    yield open_both
    for channel in channels:
        await channel.close()
    for server in servers:
        await server.close()


def refusals(body: Any) -> list[str]:
    """What the description of the API has against a body."""
    return [one.message for one in jsonschema_rs.validator_for(PUSH_REQUEST).iter_errors(body)]


async def test_the_request_is_as_described(line: Open) -> None:
    """Path, token, retry key and body of a push are what the published description asks for."""
    server, channel = await line(answers(200, ACCEPTED, b'{"sentMessages":[{"id":"1"}]}'))
    assert Sent("req-1") == await channel.send(delivery(USER))
    heard = server.heard[0]
    assert ("POST", "/v2/bot/message/push") == (heard.method, heard.path)
    assert f"Bearer {TOKEN}" == heard.headers["authorization"]
    assert "application/json" == heard.headers["content-type"]
    assert retry_key(NOTICE) == heard.headers["x-line-retry-key"]
    body = json.loads(heard.body)
    assert [] == refusals(body)
    assert USER == body["to"]
    text = body["messages"][0]["text"]
    assert text.startswith("กองคลังรับเรื่องเบิกจ่ายของท่านแล้ว เลขติดตาม 4821-7735-6\n\nเรียน ผู้รับเงิน")
    assert text.endswith(f"\n\n{LINK}")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"to": USER, "messages": []},
        {"to": USER, "messages": [{"type": "text"}]},
        {"to": USER, "messages": [{"type": "text", "text": ""}]},
        {"to": USER, "messages": [{"type": "txt", "text": "a"}]},
        {"to": USER, "messages": [{"type": "text", "text": "a"}], "retryKey": "a"},
        {"messages": [{"type": "text", "text": "a"}]},
    ],
)
def test_the_description_refuses(spoilt: dict[str, Any]) -> None:
    """The description the requests are checked against does catch what is wrong."""
    assert [] != refusals(spoilt)


@given(subject=st.text(max_size=300), text=st.text(max_size=3000), repeat=st.integers(1, 4))
def test_every_body_is_as_described(subject: str, text: str, repeat: int) -> None:
    """Of whatever length and script, the text fits as LINE counts it, and holds the link."""
    body = push_body(delivery(USER, subject=subject, text=text * repeat))
    assert [] == refusals(body)
    sent = body["messages"][0]["text"]
    assert units(sent) <= 5000
    assert LINK in sent


def test_a_long_text_is_cut_before_the_link() -> None:
    """Letters outside the basic plane count twice; the cut halves none of them."""
    sent = push_body(delivery(USER, subject="S", text="🍎" * 4000))["messages"][0]["text"]
    assert f"…\n\n{LINK}" == sent.removeprefix("S\n\n").lstrip("🍎")
    assert units(sent) in (4999, 5000)


def test_a_link_stands_once() -> None:
    """Where the text already holds the link it is not said again."""
    sent = push_body(delivery(USER, text=f"See {LINK} now"))["messages"][0]["text"]
    assert 1 == sent.count(LINK)


@given(one=st.from_regex(r"[a-z0-9]{1,64}", fullmatch=True))
def test_a_retry_key_is_the_notices(one: str) -> None:
    """A notice has one retry key for ever, a UUID; another notice has another."""
    assert str(uuid.UUID(retry_key(one))) == retry_key(one)
    assert retry_key(one) != retry_key(one + "x")


@pytest.mark.parametrize(
    ("behave", "outcome"),
    [
        (answers(409, TAKEN_BEFORE, TWICE), Sent("req-1")),
        (
            answers(400, {}, BAD),
            Failed("HTTP 400: The property, 'to', in the request body is invalid"),
        ),
        (answers(404, {}, b"not json"), Failed("HTTP 404")),
        (answers(401, {}, b"[]"), Retry(30, "HTTP 401")),
        (answers(403), Retry(30, "HTTP 403")),
        (answers(429, {"Retry-After": "90"}), Retry(90, "HTTP 429")),
        (answers(429, {"Retry-After": "86400"}), Retry(3600, "HTTP 429")),
        (answers(429), Retry(30, "HTTP 429")),
        (answers(500), Retry(30, "HTTP 500")),
        (answers(302, {"Location": "https://example.org/"}), Retry(30, "HTTP 302")),
    ],
)
async def test_what_an_answer_means(line: Open, behave: Behaviour, outcome: Outcome) -> None:
    """409 was taken before, 4xx is for good, but for what is about us; the rest comes again."""
    server, channel = await line(behave)
    assert outcome == await channel.send(delivery(USER))
    assert 1 == len(server.heard)


async def test_a_drop_then_taken_before(line: Open) -> None:
    """After a drop the same retry key comes again, and 409 says that the first had been taken."""
    server, channel = await line(hears_and_drops, answers(409, TAKEN_BEFORE, TWICE))
    assert Unknown("RemoteProtocolError", 30) == await channel.send(delivery(USER))
    assert Sent("req-1") == await channel.send(delivery(USER, attempt=2))
    keys = {heard.headers["x-line-retry-key"] for heard in server.heard}
    assert {retry_key(NOTICE)} == keys


async def test_a_slow_server(line: Open) -> None:
    """No answer within the bound leaves the outcome unknown."""
    for bounds in SHORT_THEN_LONG:
        server, channel = await line(hears_and_stays_silent, bounds=bounds)
        outcome = await channel.send(delivery(USER))
        if server.heard:
            break
    assert Unknown("no answer in time", 30) == outcome


async def test_a_server_that_closes_early(line: Open) -> None:
    """A connection ended at once is never Sent."""
    server, channel = await line(slams)
    assert isinstance(await channel.send(delivery(USER)), Retry | Unknown)
    assert [] == server.heard


async def test_connections_are_used_again(line: Open) -> None:
    """Many pushes one after the other go over one connection."""
    server, channel = await line(answers(200, ACCEPTED, b"{}"))
    for number in range(10):
        assert Sent("req-1") == await channel.send(delivery(USER, notice_id=f"n{number}"))
    assert (10, 1) == (len(server.heard), server.connections)


async def test_away_for_an_hour(line: Open, clock: HandClock) -> None:
    """While nobody listens it is tried by the table, and taken once when somebody does again."""
    server, channel = await line(answers(200, ACCEPTED))
    await server.close()
    outcomes = await keep_trying(channel, delivery(USER), clock, 3600, server.open)
    waits = [30, 120, 600, 1800, 3600]
    assert [*(Retry(wait, "ConnectError") for wait in waits), Sent("req-1")] == outcomes
    assert 1 == len(server.heard)


def test_settings_do_not_show_the_token() -> None:
    """Settings can be logged: the token is not among what they show."""
    assert TOKEN not in repr(LineSettings(TOKEN))
