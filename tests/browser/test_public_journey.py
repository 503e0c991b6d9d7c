"""What anybody sees in a real browser: the start, the steps, the figures, the open data."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Portal
from tests.browser.looking import DESK, PHONE, kept, words_of
from tests.browser.peopled import page_of, peopled

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("locale", "lead", "stages"),
    [
        ("th-TH", "เงินของท่านถึงขั้นตอนไหนแล้ว", "ขั้นตอนการเบิกจ่าย"),
        ("en-GB", "Where is your payment?", "The stages of a payment"),
    ],
)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_from_the_start_to_the_steps_and_the_figures(
    portal: Portal, browser: Browser, locale: str, lead: str, stages: str, script: bool
) -> None:
    """The language of the browser is spoken; each figure has its table behind it."""
    await peopled(portal.bed)
    async with page_of(browser, PHONE, locale=locale, java_script_enabled=script) as page:
        await page.goto(portal.url)
        assert lead == await page.inner_text("h1")
        await page.click("main a[href='/stages']")
        assert stages == await page.inner_text("h1")
        await page.click("nav a[href='/figures']")
        table = page.locator("details.behind >> nth=0")
        await table.locator("summary").click()
        assert await table.locator("tbody tr >> nth=0").is_visible()
        await kept(page, f"public-figures-{locale}")


async def test_the_language_is_one_tap_and_stays(portal: Portal, browser: Browser) -> None:
    """The other language of the very same page, kept on the next."""
    async with page_of(browser, PHONE) as page:
        await page.goto(f"{portal.url}/stages")
        await page.click("a[hreflang=en]")
        assert "/stages" in page.url
        await page.goto(portal.url)
        assert "en" == await page.get_attribute("html", "lang")


async def test_open_data_are_taken_along(portal: Portal, browser: Browser) -> None:
    """A file of figures comes down whole, and the page counts it."""
    await peopled(portal.bed)
    async with page_of(browser, DESK) as page:
        await page.goto(f"{portal.url}/open-data?lang=en")
        async with page.expect_download() as coming:
            await page.click("a[href$='/on-time.json']")
        found = json.loads((await (await coming.value).path()).read_text(encoding="utf-8"))
        await page.reload()
        assert found["rows"]
        assert "30 days: 1" in await words_of(page)
