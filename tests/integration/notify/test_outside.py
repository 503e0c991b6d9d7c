"""Every way out, through the service: slow, refusing, asking to wait, dropping, away."""

from __future__ import annotations

import pytest

from tests.integration.notify.channels.http_server import (
    answers,
    hears_and_drops,
    hears_and_stays_silent,
    slams,
)
from tests.integration.notify.outside import (
    NEWS,
    STEP_MINUTES,
    House,
    side_of,
)

EVERY_SIDE = ("email", "line", "webhook")
HTTP_SIDES = EVERY_SIDE[1:]


@pytest.mark.parametrize("channel", EVERY_SIDE)
async def test_news_arrives_once(house: House, channel: str) -> None:
    """Told again and again, it has left once."""
    side = await side_of(house, channel)
    for _ in range(2):
        await house.bed.say(*NEWS)
        await house.bed.sent()
    assert 1 == len(side.heard())
    assert ("sent", 1, None) == await house.state(channel)


@pytest.mark.parametrize("channel", EVERY_SIDE)
async def test_away_for_an_hour(house: House, channel: str) -> None:
    """While nobody listens it is put off by the table; when somebody does, it arrives once."""
    side = await side_of(house, channel)
    await side.closes()
    await house.bed.say(*NEWS)
    for _ in range(60 // STEP_MINUTES):
        await house.bed.later(minutes=STEP_MINUTES)
    state, attempts, _ = await house.state(channel)
    assert ("failed-temporary", True) == (state, attempts > 1)
    assert [] == side.heard()
    await side.opens()
    for _ in range(24):
        await house.bed.later(minutes=STEP_MINUTES)
    assert 1 == len(side.heard())
    assert ("sent", 0.0) == ((await house.state(channel))[0], house.unknown(channel))


@pytest.mark.parametrize("channel", HTTP_SIDES)
async def test_a_server_that_asks_to_wait(house: House, channel: str) -> None:
    """After 429 with Retry-After nothing is sent before that time, and then it is, once."""
    side = await side_of(house, channel)
    server = house.hook if channel == "webhook" else house.line
    server.script = [answers(429, {"Retry-After": "1800", "Connection": "close"}), answers(200)]
    await house.bed.say(*NEWS)
    await house.bed.sent()
    assert ("failed-temporary", 1, "HTTP 429") == await house.state(channel)
    await server.close()
    await server.open()
    await house.bed.later(minutes=29)
    assert 1 == len(side.heard())
    await house.bed.later(minutes=2)
    assert [side.heard()[0]] * 2 == side.heard()
    assert ("sent", 2, None) == await house.state(channel)


@pytest.mark.parametrize("channel", HTTP_SIDES)
async def test_a_connection_that_breaks_after_the_message(house: House, channel: str) -> None:
    """Heard whole and not answered: unknown, counted, and sent again under the same identity."""
    side = await side_of(house, channel)
    server = house.hook if channel == "webhook" else house.line
    server.script = [hears_and_drops, answers(409 if channel == "line" else 200)]
    await house.bed.say(*NEWS)
    await house.bed.sent()
    state, _, _ = await house.state(channel)
    assert ("unknown", 1.0) == (state, house.unknown(channel))
    await house.bed.later(minutes=6)
    assert [side.heard()[0]] * 2 == side.heard()
    assert ("sent", 2, None) == await house.state(channel)


@pytest.mark.parametrize("channel", HTTP_SIDES)
async def test_a_server_that_never_answers(house: House, channel: str) -> None:
    """Silence is cut off at the bound and leaves the outcome unknown; the next attempt counts."""
    side = await side_of(house, channel)
    house.hurry(seconds=0.5)
    server = house.hook if channel == "webhook" else house.line
    server.script = [hears_and_stays_silent, answers(200)]
    await house.bed.say(*NEWS)
    await house.bed.sent()
    state, _, failure = await house.state(channel)
    assert ("unknown", "no answer in time") == (state, failure)
    house.hurry(seconds=20)
    await house.bed.later(minutes=6)
    assert {side.heard()[0]} == set(side.heard())
    assert "sent" == (await house.state(channel))[0]


@pytest.mark.parametrize("channel", HTTP_SIDES)
async def test_a_server_that_refuses_every_connection(house: House, channel: str) -> None:
    """Ended before a word was heard, it is never taken for sent, nor lost."""
    side = await side_of(house, channel)
    server = house.hook if channel == "webhook" else house.line
    server.script = [slams]
    await house.bed.say(*NEWS)
    await house.bed.sent()
    state, _, _ = await house.state(channel)
    assert state in ("failed-temporary", "unknown")
    server.script = [answers(200)]
    await house.bed.later(minutes=6)
    assert 1 == len(side.heard())
    assert "sent" == (await house.state(channel))[0]


@pytest.mark.parametrize("channel", EVERY_SIDE)
async def test_news_older_than_the_table(house: House, channel: str) -> None:
    """Away for good, it is given up and listed, and nothing is tried for ever."""
    side = await side_of(house, channel)
    await side.closes()
    await house.bed.say(*NEWS)
    for _ in range(45):
        await house.bed.later(hours=3)
    state, attempts, failure = await house.state(channel)
    expected = {"email": 11, "line": 9, "webhook": 10}[channel]
    assert ("failed-permanent", expected) == (state, attempts)
    assert failure is not None
    assert failure.endswith(f"given up after {expected} attempts")
    (row,) = (await house.bed.ask("GET", "/ops/unreachable"))["unreachable"]
    assert (channel, "failed-permanent") == (row["channel"], row["state"])
