"""One trace, read in Zipkin: from a unit's event through all services to the letter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
import pytest
import pytest_asyncio
from ground.ports import LOOPBACK, free_ports
from ground.throwaway import Servers, throwaway
from tidtam.proving.chain import Chain

from tests.integration.notify.channels.mail_server import MailServer
from tests.system.chains import Viewer, publish, start_chain, start_viewer, until
from tests.system.test_letters import ADDRESS, PAYEE, apply_rules, received, start_notify
from tests.system.test_traces import hops, id_of, traceparent

WAY = [
    [("intake", "intake: accept")],
    [("intake", "relay")],
    [("status", "status: fold")],
    [("status", "relay")],
    [("notify", "notify: decide"), ("sla", "sla: judge")],
    [("notify", "notify: send"), ("sla", "relay")],
    [("notify", "notify: days")],
]
"""Each step under the one before."""
PERSONAL = (ADDRESS, PAYEE["name"], PAYEE["identities"][0]["value"])


@pytest.fixture(scope="module")
def own_servers() -> Iterator[Servers]:
    """Kafka and PostgreSQL of this module alone."""
    with throwaway() as own:
        yield own


@pytest.fixture(scope="module")
def viewer(own_servers: Servers) -> Viewer:
    """Zipkin and its bridge."""
    return start_viewer(own_servers)


@pytest_asyncio.fixture(scope="module")
async def mail() -> AsyncIterator[MailServer]:
    """A mail server that listens."""
    server = MailServer()
    await server.open()
    yield server
    await server.close()


@pytest_asyncio.fixture(scope="module")
async def chain(own_servers: Servers, viewer: Viewer, mail: MailServer) -> AsyncIterator[Chain]:
    """The chain with notify at its end, every trace sampled."""
    made = await start_chain(own_servers, viewer.otlp)
    (port,) = free_ports(1)
    made.urls["notify"] = f"http://{LOOPBACK}:{port}"
    start_notify(made, mail.port, viewer.otlp)
    await asyncio.to_thread(own_servers.await_up, "notify", 120.0)
    await apply_rules(made)
    yield made


async def test_one_trace_leads_from_the_event_to_the_letter(
    chain: Chain, viewer: Viewer, mail: MailServer
) -> None:
    """
    Each hop is a span under the one before; the last names the letter that arrived.

    No span names a person, and the letter names no trace.
    """
    submitted, came = received("traced-1")
    await publish(chain, [submitted])
    await publish(chain, [{**came, "traceparent": traceparent(0x1A)}])
    whole = sum(map(len, WAY))
    spans = await until(
        lambda: viewer.trace(id_of(0x1A)), lambda found: len(found) >= whole, seconds_max=60
    )
    assert [hop for level in WAY for hop in level] == hops(spans)
    (send,) = [span for span in spans if span["name"] == "notify: send"]
    (letter,) = mail.letters
    assert letter["Message-ID"] == f"<{send['tags']['tidtam.message']}@tidtam.example>"
    assert {("1", came["id"])} == {about(span) for span in spans}
    text = orjson.dumps(spans).decode()
    assert [one for one in PERSONAL if one in text] == []
    assert id_of(0x1A) not in letter.as_string()


def about(span: dict[str, Any]) -> tuple[str, str]:
    """Case and event of a span."""
    return span["tags"]["tidtam.case"], span["tags"]["tidtam.event"]
