"""What a source is answered over Kafka, and that Kafka and HTTP are one journal."""

from __future__ import annotations

import hashlib
from functools import partial

import orjson
from chassis.topics import ensure_topics

from tests.integration.intake.bed import Chain, Sender
from tests.integration.intake.words import until


async def test_kafka_and_http_are_one_journal(chain: Chain) -> None:
    """What came by Kafka is a resend by HTTP and the other way round; altered is told on both."""
    unit = await chain.register()
    first, second = unit.event("submitted", "k-1"), unit.event("approved", "k-1")
    await unit.publish(first)
    await unit.ended(accepted=1)
    assert [200, 202] == [(await unit.post(event)).status_code for event in (first, second)]
    await unit.publish(second)
    await unit.ended(accepted=2, resent=2)
    changed = {**second, "time": "2026-01-13T10:15:00+07:00"}
    (position,) = await unit.publish(changed)
    assert 409 == (await unit.post({**first, "sequence": "4"})).status_code
    await unit.ended(accepted=2, resent=2, rejected=2)
    by_kafka = next(row for row in await unit.rejects() if row["position"] == position)
    assert hashlib.sha256(orjson.dumps(changed)).hexdigest() == by_kafka["sha256"]
    assert by_kafka["altered"]
    assert ["altered-duplicate"] == [f["rule"] for f in by_kafka["findings"]]


async def test_binary_mode_in_kafka_headers(chain: Chain) -> None:
    """Attributes in `ce_` headers with data in the value are the same event as structured."""
    unit = await chain.register()
    event = unit.event("submitted", "k-2")
    headers = [(f"ce_{n}", v.encode()) for n, v in event.items() if isinstance(v, str)]
    await unit.publish(event["data"], headers=[*headers, ("content-type", b"application/json")])
    await unit.ended(accepted=1)
    assert 200 == (await unit.post(event)).status_code


async def test_a_refusal_lies_on_the_senders_topic_and_page_and_holds_no_payload(
    chain: Chain,
) -> None:
    """A reject names position, event, rule and place; nothing the sender wrote is repeated."""
    unit = await chain.register()
    secret = "ห้ามเผยแพร่-QZWX"
    bad = unit.event("submitted", "k-3", data={"kind": secret, "title": secret})
    (position,) = await unit.publish(bad)
    (broken,) = await unit.publish(b'{"id": "' + secret.encode())
    await unit.ended(rejected=2)
    told = await until(unit.told)
    page = await unit.rejects()
    assert [position, broken] == [row["position"] for row in told]
    assert [(unit.slug, bad["id"]), (None, None)] == [(row["source"], row["id"]) for row in told]
    assert [["code-unknown"], ["json-malformed"]] == [
        [finding["rule"] for finding in row["findings"]] for row in told
    ]
    assert {row["sha256"] for row in told} == {row["sha256"] for row in page}
    assert "QZWX" not in orjson.dumps([told, page]).decode()
    records = await chain.records(f"inbound-rejected.{unit.slug}")
    assert not [r for r in records if b"QZWX" in r.key + r.value + repr(r.headers).encode()]


async def test_a_topic_of_nobody_is_refused_by_name(chain: Chain) -> None:
    """Events on a topic whose source nobody registered end as rejects an operator sees."""
    known = await chain.register()
    nobody = Sender(chain, f"nobody-{known.slug}", "")
    await ensure_topics(chain.servers.kafka, [(nobody.topic, 1, {})])
    await nobody.publish(nobody.event("submitted", "k-4"), b"{", known.event("submitted", "k-4"))
    page = await until(lambda: _three(nobody))
    assert [["source-unknown"], ["json-malformed"], ["source-unknown"]] == [
        [finding["rule"] for finding in row["findings"]] for row in reversed(page)
    ]
    assert [] == await chain.cases_of("k-4")


async def _three(sender: Sender) -> list[dict[str, object]]:
    page = await sender.rejects()
    return page if len(page) == 3 else []


async def test_a_topic_binds_its_source(chain: Chain) -> None:
    """An event of one source on the topic of another is refused there, and counted there."""
    unit, other = await chain.register(), await chain.register()
    await unit.publish(other.event("submitted", "k-5"))
    await unit.ended(rejected=1)
    await other.ended()
    assert ["source-not-yours"] == [
        f["rule"] for f in (await unit.rejects())[0]["findings"] if f["pointer"] == "/source"
    ]


async def test_fields_nobody_reads_are_kept_sealed_and_lie_on_no_topic(chain: Chain) -> None:
    """An unknown field may hold anything, so it lies beside the journal under the payees' key."""
    unit = await chain.register()
    event = unit.event("submitted", "k-6", data={"taxnumber": "UNREAD-8812"})
    await unit.publish(event)
    case = await chain.case_of("k-6")
    await chain.stage(case, "at_unit")
    for topic in ("case-event", "case-status"):
        assert not [r for r in await chain.records(topic) if b"UNREAD-8812" in r.value]
    (row,) = await chain.rows("select unread from intake.journal_text where source = $1", unit.slug)
    assert row["unread"] is not None
    assert b"8812" not in row["unread"]


async def test_what_waited_is_said_as_if_it_had_not(chain: Chain) -> None:
    """A fact emitted late, from the journal, equals the same fact emitted at once."""
    late, prompt = await chain.register("finance"), await chain.register("finance")
    unit = await chain.register(issuers=["*"], units=["u"], unit="u")

    def paid(sender: Sender) -> dict[str, object]:
        number = {"scheme": "claim", "value": "k-7", "issuer": sender.slug}
        said = {
            "lines": [{"id": "1", "gross": "7.00"}],
            "transfer": {"reference": "TR-7", "method": "promptpay", "date": "2026-01-12"},
            "contact": "โทรภายใน ๑๒๐๑",
            "amount": {"value": "7.00", "currency": "THB"},
        }
        more = {"sequence": "7", "timeprecision": "day", "id": "same"}
        return sender.event("transferred", number, data=said, **more)

    def claim(sender: Sender) -> dict[str, object]:
        return unit.event("submitted", {"scheme": "claim", "value": "k-7", "issuer": sender.slug})

    await late.publish(paid(late))
    await late.ended(accepted=1)
    await unit.publish(claim(late), claim(prompt))
    await unit.ended(accepted=2)
    await prompt.publish(paid(prompt))
    first, second = [await until(partial(_fact, sender)) for sender in (late, prompt)]
    for event, sender in ((first, late), (second, prompt)):
        del event["correlationid"], event["data"]["membership"], event["recordedtime"]
        event["source"] = event["source"].replace(sender.slug, "X")
        event["data"]["joining"][0][1] = "X"
    assert second == first


async def _fact(sender: Sender) -> dict[str, object] | None:
    events = [orjson.loads(record.value) for record in await sender.chain.records("case-event")]
    return next((event for event in events if event["source"] == sender.slug), None)
