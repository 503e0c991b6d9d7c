"""From a source's event through every service to a machine, to LINE, and to an old address."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import jsonschema_rs
import pytest_asyncio
from ground.ports import free_ports
from ground.throwaway import throwaway
from standardwebhooks import Webhook
from tidtam.proving.chain import Chain, run_service, settings_of

from tests.integration.notify.channels.http_server import Heard, HttpServer, answers
from tests.integration.notify.channels.line_api import PUSH_HEADERS, PUSH_REQUEST
from tests.integration.notify.channels.mail_server import LOOPBACK, MailServer
from tests.system.chains import FINANCE, UNIT, event, publish, start_chain, until
from tests.system.test_letters import apply_rules, now_minus

USER = "U" + "4af4980629" * 3 + "ab"
OLD, NEW = "old@supplier.example", "new@supplier.example"
IDENTITY = {"scheme": "tax-id", "value": "0994000000171"}


@dataclass
class Ends:
    """The chain, and what listens at its ends."""

    chain: Chain
    hook: HttpServer = field(default_factory=lambda: HttpServer(answers(204)))
    line: HttpServer = field(default_factory=lambda: HttpServer(answers(200, {}, b"{}")))
    mail: MailServer = field(default_factory=MailServer)

    async def open(self) -> None:
        """Listen, and start notify at the end of the chain."""
        for server in (self.hook, self.line, self.mail):
            await server.open()
        (port,) = free_ports(1)
        self.chain.urls["notify"] = f"http://{LOOPBACK}:{port}"
        settings = settings_of(self.chain.servers, "notify", "prove", None, "")
        settings |= {
            "TIDTAM_SMTP_URL": f"smtp://{LOOPBACK}:{self.mail.port}",
            "TIDTAM_MAIL_FROM": "Tidtam <notices@tidtam.example>",
            "TIDTAM_LINE_TOKEN": "token-of-the-account",
            "TIDTAM_LINE_URL": f"http://{LOOPBACK}:{self.line.port}",
            "TIDTAM_WEBHOOK_HOSTS": LOOPBACK,
            "TIDTAM_PUBLIC_URL": "https://tidtam.example",
        }
        run_service(self.chain.servers, "notify", port, settings)
        await asyncio.to_thread(self.chain.servers.await_up, "notify", 120.0)
        await apply_rules(self.chain)

    async def close(self) -> None:
        """Listen no more."""
        for server in (self.hook, self.line, self.mail):
            await server.close()


@pytest_asyncio.fixture(scope="module")
async def ends() -> AsyncIterator[Ends]:
    """Real servers of this module alone, the chain on them, and what listens."""
    with throwaway() as own:
        made = Ends(await start_chain(own))
        await made.open()
        yield made
        await made.close()


async def webhook(ends: Ends, kind: str, name: str) -> str:
    """Register the hook for somebody; its secret."""
    body = {
        "recipient": {"kind": kind, "id": name},
        "url": f"http://{LOOPBACK}:{ends.hook.port}/hook",
    }
    async with ends.chain.http("notify") as http:
        answer = await http.post("/ops/webhooks", json=body)
    answer.raise_for_status()
    return str(answer.json()["secret"])


async def heard(server: HttpServer, count: int) -> list[Heard]:
    """All requests, once there are so many."""

    async def asked() -> list[Heard]:
        return server.heard

    return await until(asked, lambda found: len(found) >= count, 60)


async def letters(ends: Ends, count: int) -> list[EmailMessage]:
    """All letters, once there are so many."""

    async def asked() -> list[EmailMessage]:
        return ends.mail.letters

    return await until(asked, lambda found: len(found) >= count, 60)


def payee(**contact: Any) -> dict[str, Any]:
    """The payee of these claims, as a source names it."""
    return {"name": "บริษัท ตัวอย่างวิทยาศาสตร์ จำกัด", "identities": [IDENTITY], "contact": contact}


async def test_a_unit_hears_of_its_claim_by_webhook(ends: Ends) -> None:
    """Finance's word on Kafka is a signed request that the public library verifies."""
    secret = await webhook(ends, "source", UNIT)
    line = {"id": "1", "payee": payee(line=USER, email=OLD), "gross": "1070.00", "net": "1070.00"}
    submitted = event("submitted", "hook-1", 1, time=now_minus(1), data={"lines": [line]})
    await publish(ends.chain, [submitted, event("received", "hook-1", 2, time=now_minus(0))])
    (request,) = await heard(ends.hook, 1)
    said = Webhook(secret).verify(request.body, dict(request.headers))
    assert ("tidtam.notice.system-received", "hook-1/1") == (
        said["type"],
        said["data"]["your_event"],
    )
    assert request.headers["webhook-id"] == said["data"]["notice"]


async def test_the_payee_is_told_on_line(ends: Ends) -> None:
    """The same word reaches the payee's LINE account as the published description wants it."""
    (request,) = await heard(ends.line, 1)
    body = json.loads(request.body)
    for schema, value in ((PUSH_REQUEST, body), (PUSH_HEADERS, dict(request.headers))):
        assert jsonschema_rs.validator_for(schema).is_valid(value)
    assert USER == body["to"]
    assert "กองคลังรับเรื่อง" in body["messages"][0]["text"]


async def test_a_change_of_contact_is_told_where_it_was(ends: Ends) -> None:
    """A source changes the payee's address: the old mailbox hears of it, without the new one."""
    received = await letters(ends, 1)
    assert [OLD] == [letter["To"] for letter in received]
    said = {"id": "contact/1", "sequence": "901", "time": now_minus(0), "specversion": "1.0"}
    source = {"source": FINANCE, "type": "tidtam.disbursement.contact-changed"}
    data = {"payee": payee(line=USER, email=NEW)}
    await publish(ends.chain, [{**said, **source, "data": data}])
    (_, letter) = await letters(ends, 2)
    body = letter.get_body(("plain",))
    assert body is not None
    assert (OLD, True) == (letter["To"], "เปลี่ยนช่องทางติดต่อ" in letter["Subject"])
    assert NEW not in body.get_content()
