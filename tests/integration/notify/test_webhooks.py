"""Webhooks through the service: who is told what, signed, and the same at every attempt."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.integration.notify.channels.http_server import Heard, answers
from tests.integration.notify.outside import House
from tests.integration.notify.said import (
    NUMBER,
    case_status,
    event,
)

SUBMITTED = event("submitted", "2026-11-23T00:30", source="sci-chem", role="unit")
RECEIVED = event("received", "2026-11-23T01:00")
RETURNED = event("returned", "2026-11-23T02:00", reason="papers-missing")


def verified(heard: Heard, secret: str) -> Any:
    """What the public library makes of a request."""
    return Webhook(secret).verify(heard.body, dict(heard.headers))


def fresh(event_at: datetime, fact: str) -> dict[str, Any]:
    """An event of the ERP at that instant."""
    return event(fact, event_at.strftime("%Y-%m-%dT%H:%M"))


async def test_a_source_is_told_what_others_said_of_its_cases(house: House) -> None:
    """Signed so that the public library verifies it: rule, number, and the source's own event."""
    house.bed.clock.at = datetime.now(UTC)
    secret = (await house.register("source", "sci-chem"))["secret"]
    before = house.bed.clock.at - timedelta(minutes=9)
    own = {**fresh(before, "submitted"), "source": "sci-chem", "id": "claim-7"}
    received = fresh(before + timedelta(minutes=3), "received")
    await house.bed.say(case_status(1, own, received))
    await house.bed.sent()
    (heard,) = house.hook.heard
    said = verified(heard, secret)
    notice = said["data"]["notice"]
    assert notice == heard.headers["webhook-id"]
    assert {
        "type": "tidtam.notice.system-received",
        "timestamp": received["at"],
        "data": {
            "notice": notice,
            "corrects": None,
            "first": None,
            "holds": True,
            "process": "disbursement",
            "case": NUMBER,
            "told": {"date": said["data"]["told"]["date"]},
            "your_event": "claim-7",
            "link": f"https://tidtam.example/cases/{NUMBER}",
        },
    } == said
    with pytest.raises(WebhookVerificationError):
        verified(heard, (await house.register("source", "erp"))["secret"])


async def test_who_said_it_and_who_has_no_part_are_not_told(house: House) -> None:
    """The ERP that said it hears nothing of it, nor does a source without a part in the case."""
    await house.register("source", "erp")
    await house.register("source", "sci-bio")
    await house.bed.say(case_status(1, SUBMITTED, RECEIVED))
    await house.bed.sent()
    assert [] == house.hook.heard


async def test_what_was_before_the_webhook_is_not_its_news(house: House) -> None:
    """A system that registers today is not told of this morning; what comes after it is."""
    body = {"recipient": {"kind": "source", "id": "sci-chem"}, "url": house.hook_url}
    await house.bed.ask("POST", "/ops/webhooks", body)
    await house.bed.say(case_status(1, SUBMITTED, RECEIVED))
    assert [] == house.hook.heard
    later = event("returned", "2026-11-23T02:31", reason="papers-missing")
    await house.bed.say(case_status(2, SUBMITTED, RECEIVED, later))
    await house.bed.sent()
    told = [json.loads(one.body)["type"] for one in house.hook.heard]
    assert ["tidtam.notice.system-returned"] == told


async def test_a_source_without_webhook_is_nobody_to_look_for(house: House) -> None:
    """It asked for nothing: it stands on no list of whom we could not reach."""
    await house.bed.say(case_status(1, SUBMITTED, RECEIVED))
    assert {"unreachable": []} == await house.bed.ask("GET", "/ops/unreachable")


async def test_an_office_is_told_by_machine_too(house: House) -> None:
    """The unit's own system hears at once what the office reads tomorrow."""
    await house.register("unit-office", "science")
    await house.bed.say(case_status(1, RECEIVED, RETURNED))
    await house.bed.sent()
    (heard,) = house.hook.heard
    body = json.loads(heard.body)
    assert "tidtam.notice.returned" == body["type"]
    assert {"date": "2026-11-23", "reason": "papers-missing"} == body["data"]["told"]


async def test_a_correction_reaches_the_machine_once(house: House) -> None:
    """A fact taken back is one correction that names what it corrects and holds no more."""
    await house.register("source", "sci-chem")
    await house.bed.say(case_status(1, SUBMITTED, RECEIVED))
    await house.bed.sent()
    wrong = {**RECEIVED, "effect": "retracted", "stage": None}
    for version in (2, 3):
        await house.bed.say(case_status(version, SUBMITTED, wrong))
        await house.bed.sent()
    first, correction = (json.loads(one.body)["data"] for one in house.hook.heard)
    assert (first["notice"], False, {}) == (
        correction["corrects"],
        correction["holds"],
        correction["told"],
    )


async def test_every_attempt_has_the_same_body(house: House) -> None:
    """The receiver may compare bytes: what is told does not change with the hour."""
    await house.register("source", "sci-chem")
    house.hook.script = [answers(503), answers(503), answers(204)]
    await house.bed.say(case_status(1, SUBMITTED, RECEIVED))
    await house.bed.sent()
    await house.bed.later(seconds=6)
    await house.bed.say(case_status(2, SUBMITTED, RECEIVED, RETURNED))
    await house.bed.later(minutes=6)
    bodies = [one.body for one in house.hook.heard if b"system-received" in one.body]
    assert (3, 1) == (len(bodies), len(set(bodies)))


async def test_a_preview_shows_what_a_machine_is_sent(house: House) -> None:
    """The text is the body, whoever is registered."""
    await house.bed.say(case_status(1, SUBMITTED, RECEIVED))
    shown = await house.bed.ask("GET", "/ops/preview?rule=system-received&case=1")
    assert "tidtam.notice.system-received" == orjson.loads(shown["text"])["type"]
