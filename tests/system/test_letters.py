"""From a unit's event through every service to a letter in a mailbox, on real servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import pytest_asyncio
from ground.ports import free_ports
from ground.throwaway import Servers, throwaway
from tidtam.proving.chain import Chain, run_service, settings_of

from tests.integration.notify.bed import rules
from tests.integration.notify.channels.mail_server import LOOPBACK, MailServer
from tests.system.chains import event, publish, start_chain, stop, until

ADDRESS = "accounts@supplier.example"
PAYEE: dict[str, Any] = {
    "name": "บริษัท ตัวอย่างวิทยาศาสตร์ จำกัด",
    "identities": [{"scheme": "tax-id", "value": "0994000000171"}],
    "contact": {"email": ADDRESS},
}
LINE = {"id": "1", "payee": PAYEE, "gross": "1070.00", "net": "1070.00"}


@pytest.fixture(scope="module")
def own_servers() -> Iterator[Servers]:
    """Kafka and PostgreSQL of this module alone."""
    with throwaway() as own:
        yield own


@pytest_asyncio.fixture(scope="module")
async def mail() -> AsyncIterator[MailServer]:
    """A mail server that listens."""
    server = MailServer()
    await server.open()
    yield server
    await server.close()


@pytest_asyncio.fixture(scope="module")
async def chain(own_servers: Servers, mail: MailServer) -> AsyncIterator[Chain]:
    """The chain with notify at its end; letters may leave at any hour."""
    made = await start_chain(own_servers)
    (port,) = free_ports(1)
    made.urls["notify"] = f"http://{LOOPBACK}:{port}"
    start_notify(made, mail.port)
    await asyncio.to_thread(own_servers.await_up, "notify", 120.0)
    await apply_rules(made)
    yield made


async def apply_rules(chain: Chain) -> None:
    """The rules this house ships, but letters may leave at any hour."""
    (notices,) = rules()["notices"]
    day = {**notices["sending"]["payee"], "opens": 0, "closes": 24 * 60}
    sending = {**notices["sending"], "payee": day}
    async with chain.http("notify") as http:
        body = {**rules(), "notices": [{**notices, "sending": sending}]}
        (await http.put("/ops/config", json=body)).raise_for_status()


def start_notify(chain: Chain, smtp_port: int, otlp: str = "") -> None:
    """Start notify on its port; letters go to the mail server on *smtp_port*, spans to *otlp*."""
    settings = settings_of(chain.servers, "notify", "prove", None, otlp)
    settings["TIDTAM_SMTP_URL"] = f"smtp://{LOOPBACK}:{smtp_port}"
    settings["TIDTAM_MAIL_FROM"] = "Tidtam <notices@tidtam.example>"
    settings["TIDTAM_PUBLIC_URL"] = "https://tidtam.example"
    settings["TIDTAM_CLAIM_SECONDS"] = "4"
    run_service(chain.servers, "notify", int(chain.urls["notify"].rpartition(":")[2]), settings)


def now_minus(minutes: int) -> str:
    """An instant so long ago."""
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def received(claim: str, line: dict[str, Any] = LINE) -> list[dict[str, Any]]:
    """A claim of the payee's that finance has received."""
    return [
        event("submitted", claim, 1, time=now_minus(9), data={"lines": [line]}),
        event("received", claim, 2, time=now_minus(6)),
    ]


async def mail_notices(chain: Chain, case: int) -> list[dict[str, Any]]:
    """The e-mail notices of a case."""
    async with chain.http("notify") as http:
        told = (await http.get(f"/ops/cases/{case}/notices")).json()["notices"]
    return [one for one in told if one["channel"] == "email"]


async def mails(chain: Chain, case: int) -> list[tuple[str, str]]:
    """Rule and state of the e-mail notices of a case."""
    return [(one["rule"], one["state"]) for one in await mail_notices(chain, case)]


def words(letter: EmailMessage) -> str:
    """The plain text of a letter."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def test_a_payment_arrives_as_a_letter_once(chain: Chain, mail: MailServer) -> None:
    """Receipt and payment reach the payee; sent again, and after a restart, only what is new."""
    transfer = {"transfer": {"reference": "TR-900", "method": "transfer"}}
    paid = event("transferred", "letter-1", 3, time=now_minus(3), data=transfer)
    await publish(chain, [*received("letter-1"), paid])
    told = [("received", "sent"), ("paid", "sent")]
    assert told == await until(lambda: mails(chain, 1), lambda found: told == found, 60)
    assert {ADDRESS} == set(mail.recipients)
    assert any("1,070.00 บาท" in words(letter) for letter in mail.letters)
    await asyncio.to_thread(stop, chain, "notify")
    start_notify(chain, mail.port)
    await asyncio.to_thread(chain.servers.await_up, "notify", 120.0)
    arrived = len(mail.letters)
    await publish(chain, [*received("letter-1"), paid, *received("letter-2")])
    more = [("received", "sent")]
    assert more == await until(lambda: mails(chain, 2), lambda found: more == found, 60)
    assert (told, arrived + 1) == (await mails(chain, 1), len(mail.letters))
    assert len(mail.letters) == len({letter["Message-ID"] for letter in mail.letters})
