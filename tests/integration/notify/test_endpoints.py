"""Webhook endpoints: registered, rotated, replaced, ended, and refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ground.databases import Database
from notify.endpoints import BOTH_SIGN

from tests.integration.notify.bed import Bed, close_bed, make_bed
from tests.integration.notify.channels.http_server import answers
from tests.integration.notify.outside import NEWS, House
from tests.integration.notify.said import (
    case_status,
    event,
    line_status,
    paid_line,
    payee,
)
from tests.integration.notify.test_webhooks import fresh, verified

SUBMITTED = event("submitted", "2026-11-23T00:30", source="sci-chem", role="unit")
RECEIVED = event("received", "2026-11-23T01:00")
RETURNED = event("returned", "2026-11-23T02:00", reason="papers-missing")


async def test_a_secret_is_rotated(house: House) -> None:
    """For a day both secrets verify; after it only the new one does."""
    house.bed.clock.at = datetime.now(UTC)
    told = await house.register("source", "sci-chem")
    old, path = told["secret"], f"/ops/webhooks/{told['endpoint']}/rotate"
    rotated = await house.bed.ask("POST", path)
    new, rotated_at = rotated["secret"], house.bed.clock.at
    assert 24 == rotated["both_sign_hours"]
    before = house.bed.clock.at - timedelta(minutes=9)
    own = {**fresh(before, "submitted"), "source": "sci-chem"}
    await house.bed.say(case_status(1, own, fresh(before, "received")))
    await house.bed.sent()
    assert verified(house.hook.heard[-1], old) == verified(house.hook.heard[-1], new)
    signatures = house.hook.heard[-1].headers["webhook-signature"].split(" ")
    assert 2 == len(signatures)
    house.bed.clock.at = rotated_at + BOTH_SIGN
    assert [new] == house.bed.telling.rules.endpoints.secrets_of(house.hook_url)
    house.bed.clock.at -= timedelta(seconds=1)
    assert [new, old] == house.bed.telling.rules.endpoints.secrets_of(house.hook_url)


async def test_a_secret_is_shown_once_and_kept_sealed(house: House) -> None:
    """Neither the list nor any table holds a secret or where it leads."""
    told = await house.register("source", "sci-chem")
    listed = (await house.bed.ask("GET", "/ops/webhooks"))["webhooks"]
    assert [told["endpoint"]] == [one["endpoint"] for one in listed]
    assert "whsec_" not in str(listed)
    rows = await house.bed.base.pool.fetch("select t::text from webhook_endpoint t")
    secret, where = told["secret"].removeprefix("whsec_"), house.hook_url
    assert not [row for row in rows if secret in row[0] or where in row[0]]


async def test_410_ends_the_endpoint(house: House) -> None:
    """Gone is gone: nothing more is sent there, it is listed; registered anew, news is told."""
    await house.register("payee", "anna")
    house.hook.script = [answers(410)]
    await house.bed.say(payee(), *NEWS)
    await house.bed.sent()
    assert ("failed-permanent", 1, "HTTP 410") == await house.state("webhook")
    (one,) = (await house.bed.ask("GET", "/ops/webhooks"))["webhooks"]
    assert "gone" == one["ended_reason"]
    other = {**event("transferred", "2026-11-23T02:10"), "id": "other"}
    await house.bed.say(case_status(1, other, case=2))
    await house.bed.sent()
    assert 1 == len(house.hook.heard)
    house.hook.script = [answers(204)]
    await house.register("payee", "anna")
    await house.bed.sent()
    assert 2 == len(house.hook.heard)
    assert ("sent", 1, None) == await house.state("webhook")


async def test_410_ends_no_mailbox(house: House) -> None:
    """A payee whose system is gone is still written to."""
    await house.register("payee", "anna")
    house.hook.script = [answers(410)]
    other = {**event("transferred", "2026-11-23T02:10"), "id": "other"}
    await house.bed.say(payee(email="anna@example.org"), *NEWS)
    await house.bed.sent()
    await house.bed.say(line_status(1, paid_line(other), case=2))
    await house.bed.say(case_status(1, other, case=2, lines="transferred"))
    await house.bed.sent()
    assert ["anna@example.org"] * 2 == [one["To"] for one in house.bed.mail.letters]


async def test_an_endpoint_that_was_replaced_is_not_ended_by_the_old_ones_answer(
    house: House,
) -> None:
    """A 410 of the URL that was given up meanwhile sends the message to the new one."""
    told = await house.register("payee", "anna")
    house.hook.script = [answers(410)]
    await house.bed.say(payee(), *NEWS)
    house.bed.clock.at += timedelta(seconds=3)
    parcels = await house.bed.claims.claim()
    outcomes = [(one, await house.bed.gateway.send(one)) for one in parcels]
    await house.bed.ask("POST", f"/ops/webhooks/{told['endpoint']}/remove")
    body = {"recipient": {"kind": "payee", "id": "anna"}, "url": f"{house.hook_url}/new"}
    await house.bed.ask("POST", "/ops/webhooks", body)
    house.hook.script = [answers(204)]
    await house.bed.claims.record(outcomes)
    await house.bed.sent()
    assert ["/hook", "/hook/new"] == [one.path for one in house.hook.heard]
    assert "sent" == (await house.state("webhook"))[0]


async def test_a_removed_endpoint_hears_nothing(house: House) -> None:
    """What waits for it is not sent, and its secrets are forgotten."""
    told = await house.register("source", "sci-chem")
    await house.bed.say(case_status(1, SUBMITTED, RECEIVED))
    path = f"/ops/webhooks/{told['endpoint']}/remove"
    assert "removed" == (await house.bed.ask("POST", path))["ended_reason"]
    await house.bed.sent()
    assert [] == house.hook.heard
    assert [] == list(house.bed.telling.rules.endpoints.secrets_of(house.hook_url))
    assert 404 == (await house.bed.request("POST", path)).status_code
    assert 404 == (await house.bed.request("POST", path.replace("remove", "rotate"))).status_code


async def test_each_recipient_has_one_endpoint(house: House) -> None:
    """A second one is refused until the first is removed."""
    await house.register("source", "sci-chem")
    body = {"recipient": {"kind": "source", "id": "sci-chem"}, "url": house.hook_url}
    assert 409 == (await house.bed.request("POST", "/ops/webhooks", body)).status_code


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://127.0.0.2/hook", "not https"),
        ("https://127.0.0.2/hook", "private network"),
        ("https://[::1]/hook", "private network"),
        ("https://169.254.169.254/latest", "private network"),
        ("https://user:pass@example.org/", "password"),
        ("ftp://example.org/", "not https"),
        ("nonsense", "no host"),
    ],
)
async def test_an_endpoint_that_would_never_be_sent_to_is_refused(
    house: House, url: str, word: str
) -> None:
    """Only public https, unless the host is allowed by name; the refusal says why."""
    body = {"recipient": {"kind": "source", "id": "sci-chem"}, "url": url}
    answer = await house.bed.request("POST", "/ops/webhooks", body)
    assert 422 == answer.status_code
    assert word in answer.json()["error"]
    assert {"webhooks": []} == await house.bed.ask("GET", "/ops/webhooks")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"url": "https://example.org"},
        {"recipient": {"kind": "nobody", "id": "a"}, "url": "https://example.org"},
        {"recipient": {"kind": "source", "id": ""}, "url": "https://example.org"},
        {"recipient": {"kind": "source", "id": "a"}, "url": 7},
    ],
)
async def test_what_names_no_recipient_or_url_is_refused(house: House, body: object) -> None:
    """Nothing is registered by half."""
    assert 422 == (await house.bed.request("POST", "/ops/webhooks", body)).status_code


async def test_a_host_that_is_not_allowed_any_more(database: Database, house: House) -> None:
    """The rule holds at every send: what was allowed when it was registered is refused later."""
    await house.register("payee", "anna")
    strict = await make_bed(database, house.bed.mail, applied=False)
    strict.clock.at = house.bed.clock.at
    await strict.say(payee(), *NEWS)
    await strict.sent()
    assert [] == house.hook.heard
    state, _, failure = await house.state("webhook")
    assert ("failed-permanent", "the endpoint is not https") == (state, failure)
    await close_bed(strict)


async def test_another_process_sees_a_new_endpoint(database: Database, house: House) -> None:
    """What one process registered, the other tells at once."""
    other: Bed = await make_bed(database, house.bed.mail, applied=False, webhook_hosts="127.0.0.1")
    await other.say(case_status(1, SUBMITTED))
    await house.register("source", "sci-chem")
    await other.say(case_status(2, SUBMITTED, RECEIVED))
    await other.later(seconds=3)
    assert 1 == len(house.hook.heard)
    await close_bed(other)
