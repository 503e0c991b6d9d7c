"""A day of an officer in a real browser: board, look-up, work lists, a correction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import Portal
from tests.browser.looking import DESK, PHONE, kept, words_of
from tests.browser.peopled import BACK, HERE, LATE, THERE, come_in, page_of, peopled

pytestmark = pytest.mark.browser
LISTS = "/work"


@pytest.fixture
def sent(portal: Portal) -> Iterator[list[dict[str, Any]]]:
    """What intake is sent, which takes everything."""
    events: list[dict[str, Any]] = []

    def take(request: httpx.Request) -> httpx.Response:
        events.append(orjson.loads(request.content))
        return httpx.Response(202, json={"findings": []})

    outgoing: Any = portal.bed.house.outgoing
    before = outgoing._client
    outgoing._client = httpx.AsyncClient(
        transport=httpx.MockTransport(take), base_url="http://intake"
    )
    yield events
    outgoing._client = before


async def say_it_is_late(page: Page) -> None:
    """From a case: give the reason for its delay, look at what changes, and send it."""
    await page.click(f"a[href='/correct/{LATE}/delay']")
    await page.check("input[name=code][value=year-end]")
    await page.fill("#note", "ปิดงวดสิ้นปี")
    await page.click("main form button[type=submit]")
    assert "ปิดงวดสิ้นปี" in await words_of(page)
    await page.click("main form button[type=submit]")
    await page.wait_for_url(f"**/look-up/{LATE}?said=sent")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_a_day_of_a_finance_officer(
    portal: Portal, browser: Browser, sent: list[dict[str, Any]], script: bool
) -> None:
    """What presses stands first; a caller is helped in three steps; a correction has a reason."""
    await peopled(portal.bed)
    async with page_of(browser, DESK, java_script_enabled=script) as page:
        await come_in(page, portal, "finance-officer", "/board")
        await page.check("input[name=pressing]")
        await page.click(".filters button")
        assert [LATE] == [
            (await one.get_attribute("href") or "").rpartition("/")[2]
            for one in await page.locator("a.ticket").all()
        ]
        await page.click("a[href='/look-up']")
        await page.fill("#q", "เดินทาง")
        await page.check("input[name=why][value=phone]")
        await page.press("#q", "Enter")
        await page.click(f"a[href^='/look-up/{LATE}']")
        assert "ค่าเดินทางไปราชการ" in await words_of(page)
        await say_it_is_late(page)
        await page.click(f"a[href='{LISTS}']")
        await page.click(f"a[href='{LISTS}/unmatched']")
        assert "D-9" in await words_of(page)
    assert ["year-end"] == [one["data"]["reason"]["code"] for one in sent]
    looked = await portal.bed.pool.fetchval(
        "select reason from access_log where what = 'look-up' order by at limit 1"
    )
    assert "phone" == looked


async def test_a_unit_officer_meets_the_own_unit_alone(portal: Portal, browser: Browser) -> None:
    """On the board, in the list and in the look-up there is no case of another unit."""
    await peopled(portal.bed)
    async with page_of(browser, PHONE) as page:
        await come_in(page, portal, "unit-officer")
        for path in ("/board?whose=all", "/board/list?whose=all"):
            await page.goto(portal.url + path)
            text = await words_of(page)
            assert all(number in text for number in (HERE, BACK, LATE))
            assert THERE not in text
        answer = await page.goto(f"{portal.url}/look-up/{THERE}")
        assert answer is not None
        assert 404 == answer.status


async def test_from_the_board_into_a_case_by_keyboard(portal: Portal, browser: Browser) -> None:
    """Each stop can be seen; from the top of the board Tab and Enter lead into a case."""
    await peopled(portal.bed)
    style = "getComputedStyle(document.activeElement).outlineStyle"
    at = "document.activeElement.getAttribute('href') || ''"
    async with page_of(browser, DESK) as page:
        await come_in(page, portal, "finance-officer", "/board")
        for _ in range(40):
            await page.keyboard.press("Tab")
            assert "solid" == await page.evaluate(style)
            if (await page.evaluate(at)).startswith("/look-up/"):
                break
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/look-up/*")


@pytest.mark.parametrize("language", ["th", "en"])
async def test_the_list_prints_as_a_table_alone(
    portal: Portal, browser: Browser, language: str
) -> None:
    """On paper there are the cases: no menus, no filters, no buttons."""
    await peopled(portal.bed)
    async with page_of(browser, DESK) as page:
        await come_in(page, portal, "finance-officer", f"/board/list?whose=all&lang={language}")
        await page.emulate_media(media="print")
        for part in (".places", ".tools", ".filters", "a.skip"):
            assert not await page.locator(part).is_visible(), part
        assert await page.locator("main table").is_visible()
        printed = await page.pdf(prefer_css_page_size=True)
        assert 1 == printed.count(b"/Type /Page\n")
        await kept(page, f"officer-printed-{language}")
