"""What a source is answered over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from tests.integration.intake.bed import Chain, Sender
from tests.integration.intake.words import until


async def test_an_event_is_accepted_once_and_a_resend_is_told_so(chain: Chain) -> None:
    """202 for a new event, 200 for the same again, 409 for the same id with other content."""
    unit = await chain.register()
    event = unit.event("submitted", "h-1")
    other = {**event, "data": {**event["data"], "amount": {"value": "1.00", "currency": "THB"}}}
    answers = [await unit.post(one) for one in (event, event, other)]
    assert [202, 200, 409] == [answer.status_code for answer in answers]
    assert ["accepted", "resent", "altered"] == [answer.json()["verdict"] for answer in answers]
    assert ["altered-duplicate"] == [f["rule"] for f in answers[2].json()["findings"]]
    await unit.ended(accepted=1, resent=1, rejected=1)


async def test_what_differs_only_in_writing_is_the_same_event(chain: Chain) -> None:
    """Order of keys, white space and attributes outside sameness make no altered duplicate."""
    unit = await chain.register()
    event = unit.event("submitted", "h-2")
    assert 202 == (await unit.post(event)).status_code
    again = dict(reversed(event.items())) | {"subject": "x", "traceparent": "00-" + "1" * 32}
    raw = orjson.dumps(again, option=orjson.OPT_INDENT_2)
    assert 200 == (await unit.post(raw)).status_code


async def test_a_refusal_says_where_which_rule_and_what_to_do(chain: Chain) -> None:
    """422 carries each finding with pointer, rule and remedy."""
    unit = await chain.register()
    answer = await unit.post(unit.event("submitted", "h-3", data={"kind": "traval"}))
    assert 422 == answer.status_code
    (finding,) = answer.json()["findings"]
    assert ("/data/kind", "code-unknown") == (finding["pointer"], finding["rule"])
    assert 'Did you mean "travel"?' in finding["remedy"]


async def test_unknown_fields_are_accepted_with_a_warning(chain: Chain) -> None:
    """A slip such as `amout` is told and stops nothing."""
    unit = await chain.register()
    answer = await unit.post(unit.event("submitted", "h-4", data={"amout": 1}))
    assert 202 == answer.status_code
    assert [("/data/amout", "field-unknown")] == [
        (w["pointer"], w["rule"]) for w in answer.json()["warnings"]
    ]


async def test_a_batch_is_judged_item_by_item(chain: Chain) -> None:
    """One bad item refuses itself alone; a second of one id is a resend, a third altered."""
    unit = await chain.register()
    good = unit.event("submitted", "h-5")
    batch = [good, unit.event("submited", "h-5"), 5, good, {**good, "sequence": "9"}]
    answer = await unit.post(batch)
    assert 200 == answer.status_code
    verdicts = [item["verdict"] for item in answer.json()["items"]]
    assert ["accepted", "rejected", "rejected", "resent", "altered"] == verdicts
    await unit.ended(accepted=1, resent=1, rejected=3)


async def test_a_batch_that_is_none_is_refused_whole(chain: Chain) -> None:
    """A batch must be a JSON array; nothing of another body is taken."""
    unit = await chain.register()
    kind = {"content-type": "application/cloudevents-batch+json"}
    answers = [await unit.post(raw, kind) for raw in (b"{}", b"[", b"[" + b"1," * 1001 + b"1]")]
    assert [422, 422, 422] == [answer.status_code for answer in answers]
    rules = [answer.json()["findings"][0]["rule"] for answer in answers]
    assert ["not-a-batch", "json-malformed", "not-a-batch"] == rules


async def test_binary_mode_in_http_headers(chain: Chain) -> None:
    """Attributes in `ce-` headers and data in the body are the same event as in structured mode."""
    unit = await chain.register()
    event = unit.event("submitted", "h-6", id="c-6/ก")
    attributes = {
        f"ce-{name}": value.replace("ก", "%E0%B8%81")
        for name, value in event.items()
        if isinstance(value, str)
    }
    headers = {**attributes, "content-type": "application/json"}
    answer = await unit.post(orjson.dumps(event["data"]), headers)
    assert 202 == answer.status_code, answer.text
    assert 200 == (await unit.post(event)).status_code


async def test_a_body_too_large_is_not_read_to_its_end(chain: Chain) -> None:
    """413 for a body beyond what is read, 422 for one event beyond its own limit."""
    unit = await chain.register()
    assert 413 == (await unit.post(b'"' + b"x" * 5_000_000 + b'"')).status_code
    answer = await unit.post(unit.event("submitted", "h-7", data={"title": "x" * 600_000}))
    assert 422 == answer.status_code
    assert ["body-too-large"] == [f["rule"] for f in answer.json()["findings"]]


async def test_only_a_registered_token_is_heard(chain: Chain) -> None:
    """401 without a token, with a wrong one, and with the operator's."""
    unit = await chain.register()
    for token in ("none", "tdt_wrong", "operator of the tests"):
        async with chain.http("intake", token) as http:
            answers = [
                await http.post("/v1/events", content=b"{}"),
                await http.get("/v1/cases", params={"ref": "x"}),
            ]
        assert [401, 401] == [answer.status_code for answer in answers]
        assert ["Bearer", "Bearer"] == [a.headers["www-authenticate"] for a in answers]
    async with chain.http("intake", unit.token) as http:
        assert 401 == (await http.get("/ops/sources")).status_code


async def test_a_token_is_replaced_and_the_old_one_taken_back(chain: Chain) -> None:
    """Old and new token work side by side until the operator drops all but the newest."""
    unit = await chain.register()
    newer = (await chain.tell(f"/ops/sources/{unit.slug}/tokens")).json()["token"]
    renewed = type(unit)(chain, unit.slug, newer)
    event = unit.event("submitted", "h-8")
    assert [202, 200] == [(await s.post(event)).status_code for s in (unit, renewed)]
    async with chain.http() as http:
        answer = await http.delete(f"/ops/sources/{unit.slug}/tokens")
    assert {"source": unit.slug, "dropped": 1} == answer.json()
    assert [401, 200] == [(await s.post(event)).status_code for s in (unit, renewed)]


async def test_a_token_may_be_given(chain: Chain) -> None:
    """Who keeps secrets elsewhere gives one; again it changes nothing, a weak or taken one does."""
    unit, other = await chain.register(), await chain.register()
    token = "tdt_" + "x" * 43
    at = f"/ops/sources/{unit.slug}/tokens"
    for _ in range(2):
        assert token == (await chain.tell(at, {"token": token})).json()["token"]
    given = type(unit)(chain, unit.slug, token)
    assert 202 == (await given.post(unit.event("submitted", "h-8b"))).status_code
    weak = [{"token": "tdt_short"}, {"token": 7}, {}, []]
    assert [422] * 4 == [(await chain.tell(at, body)).status_code for body in weak]
    taken = await chain.tell(f"/ops/sources/{other.slug}/tokens", {"token": token})
    assert 409 == taken.status_code


async def test_a_source_speaks_for_itself_alone(chain: Chain) -> None:
    """A token binds its source: another's event is refused whatever it says."""
    unit, other = await chain.register(), await chain.register()
    answer = await unit.post(other.event("submitted", "h-9"))
    assert 422 == answer.status_code
    assert ["source-not-yours"] == [
        f["rule"] for f in answer.json()["findings"] if f["pointer"] == "/source"
    ]


async def test_twenty_clients_and_kafka_at_once_make_one_case(chain: Chain) -> None:
    """The same new reference from many HTTP clients and from Kafka at the same time is one case."""
    unit = await chain.register()
    posted = [unit.event("submitted", "h-10", id=f"p{n}") for n in range(60)]
    published = [unit.event("submitted", "h-10", id=f"p{n}") for n in range(40, 100)]
    crowd = [asyncio.create_task(unit.post(event)) for event in posted]
    await unit.publish(*published)
    answers = await asyncio.gather(*crowd)
    assert {200, 202} >= {answer.status_code for answer in answers}
    await unit.ended(accepted=100, resent=20)
    case = await chain.case_of("h-10")
    rows = await chain.rows(
        "select case_id, count(*) from intake.journal where source = $1 group by 1", unit.slug
    )
    assert [{"case_id": case, "count": 100}] == rows


async def test_odd_questions_get_an_answer(chain: Chain) -> None:
    """A reference with NUL, a very long one, and none at all are answered, not failed."""
    unit = await chain.register()
    async with chain.http("intake", unit.token) as http:
        codes = [
            (await http.get("/v1/cases", params={"ref": ref_})).status_code
            for ref_ in ("a\0b", "x" * 5000, "ไม่มี", " ")
        ]
    assert [200, 200, 200, 422] == codes


async def test_a_source_reads_its_own_cases_and_no_persons(chain: Chain) -> None:
    """Read-back shows the cases that hold an event of the asker, without titles and payees."""
    unit, other = await chain.register(), await chain.register()
    payee = {"identities": [{"scheme": "tax-id", "value": "0994000000171"}], "name": "ก ข"}
    said = {
        "title": "ค่าวัสดุสำนักงาน",
        "lines": [{"id": "1", "gross": "5.00", "payee": payee}],
        "contact": "ห้อง 101",
    }
    assert 202 == (await unit.post(unit.event("submitted", "h-11", data=said))).status_code
    await chain.stage(await chain.case_of("h-11"), "at_unit")

    async def seen(sender: Sender) -> list[dict[str, Any]]:
        async with chain.http("intake", sender.token) as http:
            return list((await http.get("/v1/cases", params={"ref": " H-๑๑"})).json()["cases"])

    (case,) = await until(lambda: seen(unit))
    assert ("at_unit", "unit") == (case["stage"], case["holder"])
    text = orjson.dumps(case).decode()
    assert not [w for w in ("ค่าวัสดุ", "ห้อง 101", "0994", "payee", "title") if w in text]
    assert [] == await seen(other)
