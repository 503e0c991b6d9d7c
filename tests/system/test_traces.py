"""Traces as an operator reads them in Zipkin: from publisher to judged case, and bounded."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
import pytest
import pytest_asyncio
from chassis.telemetry import EVENTS_PER_TRACE_MAX, Tracing
from ground.throwaway import Servers, throwaway
from tidtam.proving.answer import read_answer
from tidtam.proving.chain import OPERATOR, Chain

from tests.system.chains import (
    Viewer,
    answered,
    event,
    publish,
    start_again,
    start_chain,
    start_viewer,
    stop,
    until,
)

WHOLE = [
    ("intake", "intake: accept"),
    ("intake", "relay"),
    ("status", "status: fold"),
    ("status", "relay"),
    ("sla", "sla: judge"),
    ("sla", "relay"),
]
PERSON: dict[str, Any] = {
    "name": "นางสาวทดสอบ ระบบดี",
    "identities": [{"scheme": "citizen-id", "value": "1100000000172"}],
    "account": {"bank": "006", "number": "9870001234"},
    "contact": {"email": "thotsop@example.org", "telephone": "0899999999"},
}
FIRST_TRACE = 0x5EED << 112
TITLE = "ค่าตอบแทนวิทยากรบรรยายพิเศษ"
PERSONAL = (
    PERSON["name"],
    "1100000000172",
    "9870001234",
    "thotsop@example.org",
    "0899999999",
    TITLE,
)


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
async def chain(own_servers: Servers, viewer: Viewer) -> AsyncIterator[Chain]:
    """The chain, every trace sampled."""
    yield await start_chain(own_servers, viewer.otlp)


def traceparent(trace: int, flags: str = "01") -> str:
    """What a publisher says: its trace and its span."""
    return f"00-{id_of(trace)}-{trace + 1:016x}-{flags}"


def id_of(trace: int) -> str:
    """A trace id of full length: Zipkin leaves leading zeros out."""
    return f"{FIRST_TRACE + trace:032x}"


def hops(spans: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Service and name of each span, every span after its parent."""
    ordered, parents = [], {span.get("parentId") for span in spans} - {s["id"] for s in spans}
    while parents:
        level = [span for span in spans if span.get("parentId") in parents]
        ordered += sorted((s["localEndpoint"]["serviceName"], s["name"]) for s in level)
        parents = {span["id"] for span in level}
    return ordered


async def whole_trace(viewer: Viewer, trace: int) -> list[dict[str, Any]]:
    """The spans of a trace once all hops are there."""
    return await until(lambda: viewer.trace(id_of(trace)), lambda spans: len(spans) >= len(WHOLE))


async def test_one_trace_leads_from_the_publisher_to_the_days_left(
    chain: Chain, viewer: Viewer
) -> None:
    """Header or attribute: each event's spans follow each other under the publisher's own span."""
    data = {"title": TITLE, "lines": [{"id": "1", "payee": PERSON, "gross": "1500.00"}]}
    by_header = event("submitted", "T-1", 1, data=data)
    by_attribute = event("received", "T-1", 2, traceparent=traceparent(0xA2))
    await publish(chain, [by_header], [("traceparent", traceparent(0xA1).encode())])
    await publish(chain, [by_attribute])
    answer = await answered(chain, 2)
    (case,) = answer.cases
    for trace, told in ((0xA1, by_header), (0xA2, by_attribute)):
        spans = await whole_trace(viewer, trace)
        assert hops(spans) == WHOLE
        first = next(span for span in spans if span["name"] == "intake: accept")
        assert first["parentId"] == traceparent(trace)[36:52]
        named = {(s["tags"]["tidtam.case"], s["tags"]["tidtam.event"]) for s in spans}
        assert named == {(case, told["id"])}


async def test_an_operator_finds_it_by_case_number(chain: Chain, viewer: Viewer) -> None:
    """The search by case gives the traces of exactly that case's events."""
    answer = await read_answer(chain.servers.kafka)
    (case,) = answer.cases
    found = await viewer.search(f"tidtam.case={case}")
    assert {spans[0]["traceId"] for spans in found} == {id_of(0xA1), id_of(0xA2)}


async def test_no_span_names_a_person(chain: Chain, viewer: Viewer) -> None:
    """Neither identity, account, address nor title of what was published is in any span."""
    answer = await read_answer(chain.servers.kafka)
    (case,) = answer.cases
    found = await viewer.search(f"tidtam.case={case}")
    text = orjson.dumps(found).decode()
    assert [one for one in PERSONAL if one in text] == []
    assert "tidtam.event" in text


async def test_each_event_of_a_batch_keeps_its_trace(chain: Chain, viewer: Viewer) -> None:
    """Five traced events of one case that become one version have five whole traces."""
    before = await accepted(chain)
    stop(chain, "status")
    facts = ("drafted", "submitted", "approved", "received", "in-process")
    told = [
        event(fact, "T-2", number, traceparent=traceparent(0xB0 + number))
        for number, fact in enumerate(facts, 1)
    ]
    await publish(chain, told)
    await until(lambda: accepted(chain), lambda count: count == before + len(told))
    await start_again(chain, "status", viewer.otlp)
    answer = await answered(chain, before + len(told))
    case = next(one for one in answer.standing() if one["timeline"][0]["id"] == told[0]["id"])
    assert case["version"] == 1
    for number in range(1, 6):
        assert hops(await whole_trace(viewer, 0xB0 + number)) == WHOLE


async def test_a_trace_goes_on_when_an_event_finds_its_case(chain: Chain, viewer: Viewer) -> None:
    """An event that had to wait for its case reaches the status in its own trace all the same."""
    before = await accepted(chain)
    early = event("transferred", "T-3", 4, traceparent=traceparent(0xC1))
    await publish(chain, [early])
    waiting = await until(lambda: viewer.trace(id_of(0xC1)), len)
    assert hops(waiting) == WHOLE[:1]
    await publish(chain, [event("submitted", "T-3", 1)])
    await answered(chain, before + 2)
    assert hops(await whole_trace(viewer, 0xC1)) == WHOLE


async def test_a_source_cannot_make_one_endless_trace(chain: Chain, viewer: Viewer) -> None:
    """Of 1,000 events with one traceparent 200 share its trace; each other one links to it."""
    before = await accepted(chain)
    told = [event("drafted", f"T-4-{n}", 1) for n in range(1000)]
    header = traceparent(0xD1)
    await publish(chain, told, [("traceparent", header.encode())])
    await answered(chain, before + 1000)
    spans = await until(
        lambda: viewer.trace(id_of(0xD1)),
        lambda found: len(found) >= EVENTS_PER_TRACE_MAX * len(WHOLE),
    )
    assert len(spans) == EVENTS_PER_TRACE_MAX * len(WHOLE)
    link = f"link.0={id_of(0xD1)}/{header[36:52]}"
    linked = await until(lambda: viewer.search(link, 1000), lambda found: len(found) >= 800)
    assert len(linked) == 800


async def test_the_ratio_alone_decides(chain: Chain, viewer: Viewer) -> None:
    """
    At one half exactly the traces that the keyed hash picks have all their spans, others none.

    Whether the sender asked for sampling changes nothing.
    """
    before = await accepted(chain)
    await restarted(chain, viewer, 0.5)
    traces = range(0xE000, 0xE028)
    told = [
        event("drafted", f"T-5-{n}", 1, traceparent=traceparent(n, flags=f"0{n % 2}"))
        for n in traces
    ]
    await publish(chain, told)
    await answered(chain, before + len(told))
    stop(chain)
    key = hashlib.sha256(b"trace sampling" + OPERATOR.encode()).digest()
    picked = {n for n in traces if Tracing(0.5, key).sampled(FIRST_TRACE + n)}
    seen = {n: await until_known(viewer, n, n in picked) for n in traces}
    assert seen == {n: WHOLE if n in picked else [] for n in traces}
    assert 0 < len(picked) < len(traces)


async def test_at_ratio_zero_nothing_is_traced(chain: Chain, viewer: Viewer) -> None:
    """A sender that asks for sampling is followed as ever, and costs no span."""
    await restarted(chain, viewer, 0.0)
    before = await accepted(chain)
    await publish(chain, [event("submitted", "T-6", 1, traceparent=traceparent(0xF1))])
    answer = await answered(chain, before + 1)
    (case,) = (c for c in answer.standing() if c["timeline"][0]["id"] == "T-6/1")
    stop(chain)
    assert await viewer.trace(id_of(0xF1)) == []
    assert await viewer.search(f"tidtam.case={case['case']}") == []


async def accepted(chain: Chain) -> int:
    """How many events intake has accepted so far."""
    async with chain.http("intake") as http:
        return int((await http.get("/ops/totals")).json()["accepted"])


async def restarted(chain: Chain, viewer: Viewer, ratio: float) -> None:
    """All services again, with another ratio."""
    stop(chain)
    for service in chain.urls:
        await start_again(chain, service, viewer.otlp, ratio)


async def until_known(viewer: Viewer, trace: int, expected: bool) -> list[tuple[str, str]]:
    """The hops of a trace; one that is expected is waited for."""
    spans = await (whole_trace(viewer, trace) if expected else viewer.trace(id_of(trace)))
    return hops(spans)
