"""Where a webhook may go: never inside, whatever a name says and whenever it says it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from notify.channels.addresses import is_public, system_resolve
from notify.channels.http_exchange import HttpBounds
from notify.channels.outcome import Failed, Retry, Sent, Unknown
from notify.channels.webhook import WebhookChannel, WebhookSettings

from tests.integration.notify.channels.certificates import Sealed, sealed_for
from tests.integration.notify.channels.deliveries import HandClock, delivery
from tests.integration.notify.channels.http_server import (
    LOOPBACK,
    HttpServer,
    answers,
    hears_and_drops,
)
from tests.integration.notify.channels.test_webhook import NEW

PRIVATE = Failed("the endpoint lies inside a private network")


class Names:
    """A name server whose answers change: the next answer for each question, then the last one."""

    def __init__(self, *replies: Sequence[str]) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[str, int]] = []

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Answer a question."""
        self.asked.append((host, port))
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def channel_with(
    names: Names, clock: HandClock, *allowed: str, sealed: Sealed | None = None
) -> WebhookChannel:
    """A channel that asks these *names*."""
    return WebhookChannel(
        WebhookSettings(hosts_allowed=frozenset(allowed)),
        lambda _url: (NEW,),
        clock,
        names.resolve,
        None if sealed is None else sealed.client,
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "localhost",
        "",
    ],
)
async def test_private_addresses_are_refused(clock: HandClock, address: str) -> None:
    """A name that leads inside is refused for good, however the address is written."""
    assert not is_public(address)
    channel = channel_with(Names([address]), clock)
    assert PRIVATE == await channel.send(delivery("https://hooks.test/"))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses(address: str) -> None:
    """Addresses of the open internet pass, also through a gateway."""
    assert is_public(address)


async def test_one_private_address_refuses_all(clock: HandClock) -> None:
    """A name with a public and a private address is refused: it would be luck which is taken."""
    channel = channel_with(Names(["8.8.8.8", "10.0.0.1"]), clock)
    assert PRIVATE == await channel.send(delivery("https://hooks.test/"))


async def test_spellings_of_loopback_are_refused(clock: HandClock) -> None:
    """Numbers that the machine takes for loopback are judged as what they resolve to."""
    channel = WebhookChannel(WebhookSettings(), lambda _url: (NEW,), clock, system_resolve)
    for host in (LOOPBACK, "[::1]", "2130706433", "0x7f.1", "0"):
        assert PRIVATE == await channel.send(delivery(f"https://{host}/"))


async def test_a_name_is_asked_once(clock: HandClock, tmp_path: Path) -> None:
    """The connection goes to the address that was judged, not to a second answer of the name."""
    sealed = sealed_for("hooks.test", tmp_path)
    server = HttpServer(answers(200))
    await server.open(sealed.server)
    names = Names([LOOPBACK], ["127.0.0.2"])
    channel = channel_with(names, clock, "hooks.test", sealed=sealed)
    outcome = await channel.send(delivery(f"https://hooks.test:{server.port}/hook"))
    assert Sent() == outcome
    assert [("hooks.test", server.port)] == names.asked
    assert f"hooks.test:{server.port}" == server.heard[0].headers["host"]
    await channel.close()
    await server.close()


async def test_the_certificate_is_the_names(clock: HandClock, tmp_path: Path) -> None:
    """Though the connection goes to an address, the certificate must be for the name."""
    sealed = sealed_for("hooks.test", tmp_path)
    server = HttpServer(answers(200))
    await server.open(sealed.server)
    channel = channel_with(Names([LOOPBACK]), clock, "hooks.test", "other.test", sealed=sealed)
    for host, outcome in (
        ("hooks.test", Sent()),
        ("other.test", Retry(5, "ConnectError")),
        ("hooks.test", Sent()),
    ):
        assert outcome == await channel.send(delivery(f"https://{host}:{server.port}/"))
    assert 2 == len(server.heard)
    await channel.close()
    await server.close()


async def test_the_next_address_where_one_is_dead(clock: HandClock) -> None:
    """Where the first address takes no connection the next one gets the message, once."""
    server = HttpServer(answers(200))
    await server.open()
    channel = channel_with(Names(["::1", LOOPBACK]), clock, "hooks.test")
    assert Sent() == await channel.send(delivery(f"http://hooks.test:{server.port}/"))
    assert 1 == len(server.heard)
    await channel.close()
    await server.close()


async def test_no_second_address_after_the_first_has_heard(clock: HandClock) -> None:
    """Where the first address took the connection, and perhaps the message, no other is tried."""
    server = HttpServer(hears_and_drops)
    await server.open()
    channel = channel_with(Names([LOOPBACK, LOOPBACK]), clock, "hooks.test")
    lost = await channel.send(delivery(f"http://hooks.test:{server.port}/"))
    assert Unknown("RemoteProtocolError", 5) == lost
    assert 1 == server.connections
    await channel.close()
    await server.close()


async def test_a_name_without_an_address(clock: HandClock) -> None:
    """A name that has no address now is tried again: name servers fail too."""
    missing = Retry(5, "the host has no address")
    assert missing == await channel_with(Names([]), clock).send(delivery("https://hooks.test/"))
    real = WebhookChannel(WebhookSettings(), lambda _url: (NEW,), clock)
    assert missing == await real.send(delivery(f"https://{'a' * 64}.test/"))


async def test_a_name_server_that_is_away(clock: HandClock) -> None:
    """A name server that refuses or never answers delays the message and holds nothing up."""

    async def refuse(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no name server")

    async def never(_host: str, _port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return ()

    told = WebhookSettings(bounds=HttpBounds(connect_seconds_max=0.05))
    for resolve in (refuse, never):
        channel = WebhookChannel(told, lambda _url: (NEW,), clock, resolve)
        outcome = await channel.send(delivery("https://hooks.test/"))
        assert Retry(5, "the host has no address") == outcome


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.test/", "the endpoint is not https"),
        ("ftp://hooks.test/", "the endpoint is not https"),
        ("hooks.test", "the endpoint has no host, or a password in it"),
        ("https:///path", "the endpoint has no host, or a password in it"),
        ("https://user:secret@hooks.test/", "the endpoint has no host, or a password in it"),
        ("https://hooks.test:notaport/", "the endpoint is not a URL"),
        ("https://hooks.test/\r\nX: y", "the endpoint is not a URL"),
        ("https://[::1/", "the endpoint is not a URL"),
        ("", "the endpoint has no host, or a password in it"),
    ],
)
async def test_what_is_no_endpoint(clock: HandClock, url: str, reason: str) -> None:
    """What is no plain https URL fails for good, and the reason does not repeat it."""
    names = Names(["8.8.8.8"])
    assert Failed(reason) == await channel_with(names, clock).send(delivery(url))
    assert [] == names.asked
