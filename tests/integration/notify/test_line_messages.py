"""LINE through the service: whom it reaches, what is pushed, and what each answer leads to."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from notify.channels.line import retry_key

from tests.integration.notify.channels.http_server import answers
from tests.integration.notify.channels.line_api import PUSH_HEADERS, PUSH_REQUEST
from tests.integration.notify.outside import (
    NEWS,
    TOKEN,
    USER,
    House,
)
from tests.integration.notify.said import NUMBER, case_status, event, payee
from tests.integration.notify.test_offices import offices

GROUP = "C" + "0123456789abcdef" * 2


def refusals(schema: dict[str, Any], value: Any) -> list[str]:
    """What the description of the API has against a value."""
    return [one.message for one in jsonschema_rs.validator_for(schema).iter_errors(value)]


async def test_a_payee_is_told_on_line(house: House) -> None:
    """A message to the user, as the published description wants it, with the notice's own key."""
    await house.bed.say(payee(line=USER), *NEWS)
    await house.bed.sent()
    (heard,) = house.line.heard
    body = json.loads(heard.body)
    assert ("POST", "/v2/bot/message/push") == (heard.method, heard.path)
    assert [] == refusals(PUSH_REQUEST, body)
    assert [] == refusals(PUSH_HEADERS, dict(heard.headers))
    assert (USER, f"Bearer {TOKEN}") == (body["to"], heard.headers["authorization"])
    text = body["messages"][0]["text"]
    for word in (NUMBER, "12,480.00 บาท", "TR-77", "https://tidtam.example/cases/"):
        assert word in text
    (notice,) = [one for one in await house.bed.notices() if one["channel"] == "line"]
    assert retry_key(notice["notice"]) == heard.headers["x-line-retry-key"]


async def test_letter_and_line_both_tell(house: House) -> None:
    """Each channel that reaches the payee is used, once."""
    await house.bed.say(payee(line=USER, email="anna@example.org", language="en"), *NEWS)
    assert 1 == len(await house.bed.sent())
    (heard,) = house.line.heard
    assert "THB 12,480.00" in json.loads(heard.body)["messages"][0]["text"]


async def test_who_wants_no_line_gets_none(house: House) -> None:
    """A channel that is off is recorded and stays silent."""
    await house.bed.say(payee(line=USER, off=["line"]), *NEWS)
    await house.bed.sent()
    assert [] == house.line.heard
    assert ("suppressed", 0, None) == await house.state("line")


async def test_an_office_group_gets_the_day_in_one_message(house: House) -> None:
    """A LINE group of an office is told once a day, several claims in one message."""
    row = {"kind": "unit-office", "id": "science", "line": GROUP, "valid_from": "2026-01-01"}
    await house.bed.ask("PUT", "/ops/config", offices(row))
    returned = event("returned", "2026-11-23T01:00", reason="papers-missing")
    for case in (1, 2):
        await house.bed.say(case_status(1, {**returned, "id": f"r{case}"}, case=case))
    await house.bed.sent()
    assert [] == house.line.heard
    await house.bed.later(hours=24)
    (heard,) = house.line.heard
    body = json.loads(heard.body)
    assert ([], GROUP) == (refusals(PUSH_REQUEST, body), body["to"])


async def test_a_refused_user_is_final(house: House) -> None:
    """400 is for good, in LINE's own words, and is listed; the others are tried again."""
    refused = json.dumps({"message": "The property, 'to', in the request body is invalid"})
    house.line.script = [answers(400, {}, refused.encode())]
    await house.bed.say(payee(line=USER), *NEWS)
    await house.bed.sent()
    state, attempts, failure = await house.state("line")
    assert ("failed-permanent", 1) == (state, attempts)
    assert failure == "HTTP 400: The property, 'to', in the request body is invalid"
    (row,) = (await house.bed.ask("GET", "/ops/unreachable"))["unreachable"]
    assert ("anna", "line") == (row["recipient_id"], row["channel"])
    assert USER not in json.dumps(await house.bed.notices())


@pytest.mark.parametrize("status", [401, 403, 500, 503])
async def test_what_is_about_us_or_passes_is_tried_again(house: House, status: int) -> None:
    """A token that ran out, and LINE's own trouble, lose no message; the key stays the same."""
    house.line.script = [answers(status, {"Connection": "close"}), answers(200)]
    await house.bed.say(payee(line=USER), *NEWS)
    await house.bed.sent()
    assert ("failed-temporary", 1, f"HTTP {status}") == await house.state("line")
    await house.line.close()
    await house.line.open()
    await house.bed.later(seconds=31)
    assert ("sent", 2, None) == await house.state("line")
    assert 1 == len({one.headers["x-line-retry-key"] for one in house.line.heard})


async def test_taken_before_is_sent(house: House) -> None:
    """409 says that an earlier attempt had been taken: nothing is sent a third time."""
    house.line.script = [answers(409, {"X-Line-Accepted-Request-Id": "req-1"})]
    await house.bed.say(payee(line=USER), *NEWS)
    await house.bed.sent()
    assert ("sent", 1, None) == await house.state("line")
    await house.bed.later(minutes=5)
    assert 1 == len(house.line.heard)
