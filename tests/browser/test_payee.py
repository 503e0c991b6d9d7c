"""A payee in a real browser: from the number to the case, on a phone, by keyboard, and printed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.browser.conftest import ARTEFACTS, Portal
from tests.integration.portal import said
from tests.integration.portal.entrance import caught
from tests.integration.portal.two_payees import MINE, SHARED, told

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 900}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@asynccontextmanager
async def signed_in(
    portal: Portal, browser: Browser, size: dict[str, int], **more: Any
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


async def kept(page: Page, name: str) -> None:
    """Keep a picture of the whole page, for people to look at."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)


async def fits(page: Page) -> bool:
    """Is nothing wider than the screen?"""
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return not await page.evaluate(wider)


@pytest.mark.parametrize("size", [PHONE, SMALL, DESK], ids=["phone", "small", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_of_a_payee_is_accessible(
    portal: Portal, browser: Browser, size: dict[str, int], scheme: Any
) -> None:
    """No page breaks a rule of WCAG 2.2 AA that a machine can see, and none is wider than asked."""
    paths = ["/me", f"/case/{MINE}", f"/case/{SHARED}", f"/case/{MINE}/sheet", "/me/search"]
    paths += ["/me/settings", "/me/looks", f"/case/{SHARED}/ask", "/me/cases?group=4"]
    broken = {}
    async with signed_in(portal, browser, size, color_scheme=scheme) as page:
        for path in paths:
            await page.goto(portal.url + path)
            await kept(page, f"payee-{paths.index(path)}-{size['width']}-{scheme}")
            found = await Axe().run(page, options=RULES)
            broken[path] = [one["id"] for one in found.response["violations"]]
            assert await fits(page), path
    assert [] == [(path, rules) for path, rules in broken.items() if rules]


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
    async with signed_in(portal, browser, {"width": 640, "height": 450}) as page:
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
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
        sizes = "[...performance.getEntriesByType('navigation'), "
        sizes += "...performance.getEntriesByType('resource')].map(one => one.decodedBodySize)"
        assert 0 < sum(await page.evaluate(sizes)) < 60_000
