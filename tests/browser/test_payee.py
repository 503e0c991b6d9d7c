"""A payee in a real browser: from the number to the case, on a phone, by keyboard, and printed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import Portal
from tests.browser.looking import (
    DESK,
    PAGE_BYTES_MAX,
    PHONE,
    fits,
    kept,
    twice_the_size,
    weight_bytes,
)
from tests.integration.portal import said
from tests.integration.portal.entrance import caught
from tests.integration.portal.two_payees import MINE, SHARED, told

pytestmark = pytest.mark.browser


@asynccontextmanager
async def signed_in(
    portal: Portal, browser: Browser, size: Any, **more: Any
) -> AsyncIterator[Page]:
    """A page on which the payee has come from a letter's link to the case."""
    await told(portal.bed)
    context = await browser.new_context(viewport=size, locale="th-TH", **more)
    page = await context.new_page()
    with caught() as letters:
        await page.goto(f"{portal.url}/case/{SHARED}")
        await page.fill("#number", said.TAX_ID)
        await page.press("#number", "Enter")
        await page.fill("#code", await letters.code())
        await page.press("#code", "Enter")
        await page.wait_for_url(f"**/case/{SHARED}")
    yield page
    await context.close()


async def test_by_keyboard_alone(portal: Portal, browser: Browser) -> None:
    """From the top, the first stop skips to the content, and each stop can be seen."""
    async with signed_in(portal, browser, DESK) as page:
        await page.keyboard.press("Tab")
        assert "#main" == await page.evaluate("document.activeElement.getAttribute('href')")
        stops = 0
        for _ in range(60):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement === document.body"):
                break
            stops += 1
            style = "getComputedStyle(document.activeElement).outlineStyle"
            assert "solid" == await page.evaluate(style)
    assert 10 <= stops < 60


async def test_without_javascript(portal: Portal, browser: Browser) -> None:
    """Signing in, asking and reading work with scripts switched off."""
    async with signed_in(portal, browser, PHONE, java_script_enabled=False) as page:
        await page.click("text=ถามเรื่องนี้")
        await page.fill("#words", "เมื่อไรจะได้รับเงิน")
        await page.click("form[action$='/ask'] button")
        assert "said=asked" in page.url
    assert 1 == await portal.bed.pool.fetchval("select count(*) from question")


async def test_at_twice_the_size(portal: Portal, browser: Browser) -> None:
    """At 200 % nothing is cut off or runs out of the screen."""
    async with signed_in(portal, browser, DESK) as page:
        await twice_the_size(page)
        assert await fits(page)
        await kept(page, "payee-case-zoomed")


async def test_a_case_prints_on_one_page(portal: Portal, browser: Browser) -> None:
    """The case and its sheet are one A4 each."""
    async with signed_in(portal, browser, DESK) as page:
        for path in (f"/case/{MINE}", f"/case/{MINE}/sheet"):
            await page.goto(portal.url + path)
            printed = await page.pdf(prefer_css_page_size=True)
            assert 1 == printed.count(b"/Type /Page\n")


async def test_a_page_is_small(portal: Portal, browser: Browser) -> None:
    """A page with its style and script is less than 60 kB."""
    async with signed_in(portal, browser, PHONE) as page:
        await page.reload()
        assert 0 < await weight_bytes(page) < PAGE_BYTES_MAX
