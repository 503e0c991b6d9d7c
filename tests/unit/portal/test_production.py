"""What a real portal refuses: pages without https, a relay without TLS, being led elsewhere."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import aiosmtplib
import httpx
import pytest
from chassis.clock import SystemClock
from chassis.errors import SettingsError
from portal.asking import NoAnswer, Services
from portal.code_mail import CodeMail, letter
from portal.oidc import NotSignedIn, Provider
from portal.settings import PortalSettings, check_public_url

KEY = base64.b64encode(bytes(32)).decode()
LETTER = b"Subject: 123456\r\n\r\n"


def settings(**more: Any) -> PortalSettings:
    """Settings of a portal, as far as they must be given."""
    told: dict[str, Any] = {
        "database_url": "postgresql://portal@localhost/x",
        "kafka": "nowhere:1",
        "http_port": 0,
        "payee_key": KEY,
        "session_key": KEY,
        "intake_url": "http://127.0.0.1:9",
        "intake_token": "tdt_test",
        **more,
    }
    return PortalSettings(**told)


@pytest.mark.parametrize(
    ("url", "production", "good"),
    [
        ("https://portal.example", True, True),
        ("http://portal.example", True, False),
        ("http://127.0.0.1:8000", True, False),
        ("http://127.0.0.1:8000", False, True),
    ],
)
def test_a_real_portal_is_reached_by_https_alone(url: str, production: bool, good: bool) -> None:
    """The start ends with the variable's name."""
    made = settings(public_url=url, production=production)
    if good:
        check_public_url(made)
        return
    with pytest.raises(SettingsError, match="TIDTAM_PUBLIC_URL"):
        check_public_url(made)


@pytest.mark.parametrize("to", ["a@b.example\r\nBcc: c@d.example", "a@b.example\n\nAnother text"])
def test_no_address_adds_a_line_to_a_letter(to: str) -> None:
    """An address with a line end in it is none: no letter is made."""
    with pytest.raises(ValueError, match=r"linefeed|newline|CR|LF"):
        letter("123456", to, "Tidtam <sign-in@tidtam.example>", "th", 10, datetime(2026, 11, 23))


async def test_an_answer_that_leads_elsewhere_is_not_followed() -> None:
    """Neither another service nor the identity provider sends the portal, with its secrets, on."""
    asked: list[str] = []

    def lead_on(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"location": "https://evil.example/"})

    transport = httpx.MockTransport(lead_on)
    known = settings(
        public_url="https://x.example", oidc_issuer="https://id.example", oidc_client_id="tidtam"
    )
    services = Services(known, transport)
    try:
        with pytest.raises(NoAnswer):
            await services.ask("intake", "/ops/sources")
        with pytest.raises(NotSignedIn):
            await Provider(known, SystemClock(), transport).begin("https://x.example/back")
    finally:
        await services.close()
    assert ["127.0.0.1", "id.example"] == [httpx.URL(one).host for one in asked]


@pytest.mark.parametrize(("host", "taken"), [("127.0.0.1", 1), ("127.0.0.2", 0)])
async def test_no_code_goes_to_a_relay_elsewhere_without_tls(host: str, taken: int) -> None:
    """One that offers none is given nothing, not even the address; this very machine is exempt."""
    said = await heard_by_relay(host, not taken, lambda mail: mail.send(LETTER, "anna@example.org"))
    assert taken == said.count(b"123456") == said.count(b"anna@example.org")


@pytest.mark.parametrize(("host", "taken"), [("127.0.0.1", 1), ("127.0.0.2", 0)])
async def test_for_nobody_the_relay_is_spoken_to_and_given_nothing(host: str, taken: int) -> None:
    """A letter is begun and taken back: no recipient is named and none is handed in."""
    said = await heard_by_relay(host, not taken, lambda mail: mail.pretend())
    words = [line.split()[0].upper() for line in said.splitlines()]
    assert taken == words.count(b"MAIL") == words.count(b"RSET")
    assert not {b"RCPT", b"DATA"} & set(words)


async def heard_by_relay(
    host: str, refused: bool, speak: Callable[[CodeMail], Awaitable[None]]
) -> bytes:
    """What a relay on *host* that offers no TLS hears when *speak* speaks to it."""
    heard: list[bytes] = []
    served = asyncio.Event()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 plain\r\n")
        while line := await reader.readline():
            heard.append(line)
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                heard.append(await reader.readuntil(b"\r\n.\r\n"))
            writer.write(b"250 ok\r\n")
        writer.close()
        await writer.wait_closed()
        served.set()

    server = await asyncio.start_server(relay, host, 0)
    port = server.sockets[0].getsockname()[1]
    mail = CodeMail(f"smtp://{host}:{port}", "Tidtam <sign-in@tidtam.example>")
    try:
        if refused:
            with pytest.raises(aiosmtplib.SMTPException):
                await speak(mail)
        else:
            await speak(mail)
        await asyncio.wait_for(served.wait(), 10)
    finally:
        server.close()
        await server.wait_closed()
    return b"".join(heard)
