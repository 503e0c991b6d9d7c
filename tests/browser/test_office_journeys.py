"""Executives and operators in a real browser: from what is wrong to what is behind it."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest
from aiokafka.structs import ConsumerRecord
from chassis.deadletters import DeadLetter, list_dead_letters, put_dead_letters
from chassis.ops import dead_letter_routes
from playwright.async_api import Browser
from portal import watch_store
from starlette.applications import Starlette

from tests.browser.conftest import Portal
from tests.browser.looking import DESK, PHONE, kept, words_of
from tests.browser.peopled import BACK, HERE, LATE, THERE, come_in, page_of, peopled
from tests.integration.portal.bed import MONDAY
from tests.integration.portal.counted import answering

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["th", "en"])
async def test_an_executive_goes_from_the_month_to_the_counts_and_takes_them_along(
    portal: Portal, browser: Browser, language: str
) -> None:
    """The month's figure opens its units, a unit its kinds; the file has what the table says."""
    await peopled(portal.bed)
    async with page_of(browser, DESK) as page:
        await come_in(page, portal, "executive", f"/executive?lang={language}")
        text = await words_of(page)
        assert not any(number in text for number in (LATE, HERE, BACK, THERE))
        await kept(page, f"executive-{language}")
        await page.click(".big-figure a")
        async with page.expect_download() as coming:
            await page.click("a[download][href*='.csv'] >> nth=0")
        path = await (await coming.value).path()
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        shown = await page.locator("main table >> nth=0 >> tbody tr").all()
        assert len(rows) == len(shown) > 1
        for row, line in zip(rows, shown, strict=True):
            assert row["claims"] == await line.locator("td >> nth=0").inner_text()
        await page.click("main table >> nth=0 >> tbody a >> nth=0")
        assert "unit=" in page.url
        assert await page.locator("main tbody tr").count() > 0


async def test_an_operator_sends_a_dead_letter_again(portal: Portal, browser: Browser) -> None:
    """The letter stands under what is red; one press, and its service has put it back for good."""
    await peopled(portal.bed)
    bed, topic = portal.bed, "case-event"
    record: Any = ConsumerRecord(topic, 0, 5, 0, 0, b"1", b"{}", None, 1, 2, ())
    async with bed.pool.acquire() as connection:
        await put_dead_letters(connection, [DeadLetter(record, "invalid-message", "data/lines")])
        (letter,) = await list_dead_letters(connection)
        shown = {name: letter[name] for name in ("id", "topic", "reason", "detail", "subject")}
        shown["created_at"] = letter["created_at"].isoformat()
        said = {"open": {"invalid-message": 1}, "dead_letters": [shown]}
        await watch_store.save_report(connection, "intake", "dead-letters", said, MONDAY)
    service = Starlette(routes=list(dead_letter_routes(bed.base, list)))
    bed.house.services.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=service))
    async with page_of(browser, PHONE) as page:
        await come_in(page, portal, "operator", "/operator")
        await kept(page, "operator-letter")
        await page.click("#letters button")
        await page.wait_for_url("**sent=again*")
        assert "ส่งซ้ำแล้ว" in await words_of(page)
        assert 0 == await page.locator("#letters form").count()
    assert 1 == await bed.pool.fetchval("select count(*) from outbox where topic = $1", topic)


async def test_an_operator_finds_where_a_case_is_stuck(portal: Portal, browser: Browser) -> None:
    """By its number: what happened, what came when, and how long after."""
    await peopled(portal.bed)
    arrived = {"source": "erp", "id": "received-2026-11-11T02:00", "fact": "received",
               "recorded_at": "2026-11-14T05:00:00Z", "traceparent": None}  # fmt: skip
    answering(
        portal.bed,
        {("GET", "/ops/cases/10/events"): (200, {"case": "10", "events": [arrived]})},
    )
    async with page_of(browser, DESK, java_script_enabled=False) as page:
        await come_in(page, portal, "operator", "/operator?lang=en")
        assert "The service notify does not answer" in await words_of(page)
        await page.fill("#number", LATE)
        await page.press("#number", "Enter")
        await page.wait_for_load_state()
        text = await words_of(page)
    assert "received-2026-11-11T02:00" in text
    assert "3 days" in text
