"""The operator's pages, and those of sources: what they show, and what they let somebody do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from chassis.shortnumber import number_of
from portal import watch_store
from portal.lag import Lag
from portal.watching import Watching

from tests.integration.portal import said
from tests.integration.portal.bed import MONDAY, Bed
from tests.integration.portal.counted import answering, page_text, staff
from tests.integration.portal.entrance import HIDDEN

LETTER = {
    "id": 7,
    "topic": "case-event",
    "reason": "invalid-message",
    "detail": "data/lines",
    "subject": "1",
    "created_at": "2026-11-23T00:10:00+00:00",
}
READY = {"ready": True, "checks": {"database": {"ok": True}}, "outbox": {"oldest_age_seconds": 0}}
SOURCE: dict[str, Any] = {
    "as_of": "2026-11-23T02:30:00.000000Z",
    "source": {
        "source": "erp", "slug": "erp", "name_th": "ระบบบัญชี", "name_en": "ERP", "role": "finance",
        "contact": "erp@finance.example", "promise": "live", "zone": "Asia/Bangkok",
        "complete_until": None, "clock_lead_ms": 1200, "accepted": 3, "resent": 0, "rejected": 1,
        "facts": {"disbursement": ["received"]}, "difference": None,
    },
    "missing": ["no-heartbeat"],
    "events": [{"id": "e-1", "fact": "received", "time": "2026-11-23T01:00:00Z",
                "recorded_at": "2026-11-23T01:00:01Z", "references": [], "waits": False}],
    "rejects": [{"event_id": "e-2", "position": None, "sha256": "ab" * 32,
                 "recorded_at": "2026-11-23T01:00:01Z",
                 "findings": [{"pointer": "/data/kind", "rule": "code-unknown", "remedy": "x"}]}],
    "unmatched": [],
}  # fmt: skip
NUMBER = number_of(1)


@pytest.mark.parametrize("language", ["th", "en"])
async def test_red_things_come_first_with_what_to_do(bed: Bed, language: str) -> None:
    """A service that is away since twelve minutes, and a source that is silent."""
    await bed.say(said.source_status("erp", 1, promise="daily by 08:00", complete_until=None))
    async with bed.pool.acquire() as connection:
        await watch_store.save_report(connection, "intake", "ready", READY, MONDAY)
        since = MONDAY - timedelta(minutes=12)
        await watch_store.fail_report(connection, "notify", "ready", since, "ConnectError")
    async with staff(bed, "operator") as browser:
        page = await page_text(browser, f"/operator?lang={language}")
    assert "make logs NAME=notify" in page
    assert {"th": "09.18 น.", "en": "09:18"}[language] in page
    assert {"th": "ต้นทาง erp เงียบ", "en": "The source erp is silent"}[language] in page


async def test_only_operators_may_look(bed: Bed) -> None:
    """An executive may not, and nobody may without signing in."""
    async with staff(bed, "executive") as browser:
        for path in ("/operator", "/operator/rejects", "/operator/case?number=1"):
            assert 403 == (await browser.get(path)).status_code
    assert 303 == (await bed.get("/operator")).status_code


async def test_a_dead_letter_is_sent_again_by_a_form_of_ours_alone(bed: Bed) -> None:
    """With the session's token it is; without it nothing is asked of the service."""
    open_ = {"open": {"invalid-message": 1}, "dead_letters": [LETTER]}
    gone = {"open": {}, "dead_letters": []}
    async with bed.pool.acquire() as connection:
        await watch_store.save_report(connection, "intake", "dead-letters", open_, MONDAY)
    asked = answering(
        bed,
        {
            ("POST", "/ops/dead-letters/7/redrive"): (200, {"id": 7, "redriven": True}),
            ("GET", "/ops/dead-letters"): (200, gone),
        },
    )
    async with staff(bed, "operator") as browser:
        fields = dict(
            HIDDEN.findall((await browser.get("/operator")).text.split('id="letters"')[1])
        )
        stolen = await browser.post("/operator/redrive", data={**fields, "csrf": "guessed"})
        assert (403, []) == (stolen.status_code, asked)
        answer = await browser.post("/operator/redrive", data=fields)
        assert (303, "/operator?sent=again#letters") == (
            answer.status_code,
            answer.headers["location"],
        )
        page = (await browser.get("/operator?sent=again&lang=en")).text
    assert "It was sent again." in page
    assert "/operator/redrive" not in page
    assert "Bearer operator-token" == asked[0].headers["authorization"]


async def test_a_case_is_traced_and_the_look_is_written_down(bed: Bed) -> None:
    """Its events in both orders; without intake the order of arrival is said to be unknown."""
    await bed.say(said.case_status(1, said.event("received", "2026-11-18T03:00"), number=NUMBER))
    arrived = {"source": "erp", "id": "received-2026-11-18T03:00", "fact": "received",
               "recorded_at": "2026-11-18T04:00:00Z", "traceparent": None}  # fmt: skip
    answering(bed, {("GET", "/ops/cases/1/events"): (200, {"case": "1", "events": [arrived]})})
    async with staff(bed, "operator") as browser:
        page = await page_text(browser, f"/operator/case?number={NUMBER}&lang=en")
        assert "60 minutes" in page
        answering(bed, {})
        away = await browser.get(f"/operator/case?number={NUMBER}&lang=en")
        assert "The order of arrival is not known" in away.text
        assert 404 == (await browser.get("/operator/case?number=000000000")).status_code
    rows = await bed.pool.fetch("select role, what, case_id from access_log")
    assert [("operator", "trace of a case", 1)] * 2 == [tuple(row) for row in rows]


async def test_looking_keeps_answers_failures_and_minutes(bed: Bed) -> None:
    """What a service said stays to be seen when it says nothing any more."""
    answers = {("GET", "/readyz"): (200, READY), ("GET", "/ops/totals"): (200, {"accepted": 4})}
    answering(bed, answers)
    watching = Watching(bed.base, bed.house.services, Lag(bed.house.settings))
    await watching.once()
    answering(bed, {("GET", "/readyz"): (503, {**READY, "ready": False})})
    bed.clock.at = MONDAY + timedelta(minutes=1)
    watching = Watching(bed.base, bed.house.services, Lag(bed.house.settings))
    await watching.once()
    async with bed.pool.acquire() as connection:
        reports = await watch_store.read_reports(connection)
        downtime = await watch_store.read_downtime(connection, MONDAY - timedelta(days=1))
    totals = reports["intake", "totals"]
    assert ({"accepted": 4}, MONDAY, bed.clock.at) == (totals.said, totals.at, totals.failing_since)
    assert reports["intake", "ready"].failing_since is None
    assert reports["kafka", "lag"].failing_since == MONDAY
    assert (MONDAY, 2, 1) == downtime


async def test_a_source_page_opens_with_its_own_token_alone(bed: Bed) -> None:
    """The token is sealed in the browser, shown to intake at each look, and stands in no page."""
    asked = answering(bed, {("GET", "/v1/source"): (200, SOURCE)})
    async with bed.client() as browser:
        fields = dict(HIDDEN.findall((await browser.get("/source/erp")).text))
        answer = await browser.post("/source/erp", data={**fields, "token": "tdt_right"})
        assert 303 == answer.status_code
        assert "tdt_right" not in answer.headers["set-cookie"]
        assert "HttpOnly" in answer.headers["set-cookie"]
        page = await browser.get("/source/erp?lang=en")
        assert "No heartbeat among the last 50 events" in page.text
        assert "code-unknown" in page.text
        assert "no-store" == page.headers["cache-control"]
        assert {"Bearer tdt_right"} == {one.headers["authorization"] for one in asked}
        answering(bed, {("GET", "/v1/source"): (401, {})})
        assert 403 == (await browser.get("/source/erp")).status_code


async def test_the_token_of_another_source_opens_nothing(bed: Bed) -> None:
    """Nor does a wrong one, nor one that is no text of a header."""
    answering(bed, {("GET", "/v1/source"): (200, SOURCE)})
    async with bed.client() as browser:
        fields = dict(HIDDEN.findall((await browser.get("/source/bank")).text))
        for token in ("tdt_right", "", "ก" * 9, "a\r\nb: c", "x" * 400):
            answer = await browser.post("/source/bank", data={**fields, "token": token})
            assert 403 == answer.status_code
        json_ = await browser.get(
            "/source/bank.json", headers={"authorization": "Bearer tdt_right"}
        )
        assert 401 == json_.status_code
        none = await browser.get("/source/erp.json", headers={"authorization": "Bearer "})
        assert 401 == none.status_code
        own = await browser.get("/source/erp.json", headers={"authorization": "Bearer tdt_right"})
        assert SOURCE == own.json()
