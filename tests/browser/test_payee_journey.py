"""A payee's way in a real browser: from the tax id to the case, by the code in the mail."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import Portal
from tests.browser.looking import DESK, PHONE, kept, words_of
from tests.browser.peopled import page_of
from tests.integration.portal import said
from tests.integration.portal.two_payees import MINE, SHARED, told

pytestmark = pytest.mark.browser
THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


async def code_in_mail(page: Page, mail_page: str) -> str:
    """The code of the newest letter, read from the page of the mail sink in another tab."""
    tab = await page.context.new_page()
    for _ in range(100):
        await tab.goto(mail_page)
        if await tab.locator("td a").count():
            break
        await tab.wait_for_timeout(50)
    await tab.locator("td a").first.click()
    found = re.search(r"(?<!\d)\d{6}(?!\d)", await tab.inner_text("pre >> nth=0"))
    await tab.close()
    assert found is not None
    return found[0]


async def come_in(page: Page, portal: Portal, mail_page: str, number: str = said.TAX_ID) -> None:
    """From the start page to the own payments."""
    await page.goto(portal.url)
    await page.click("main a[href='/sign-in']")
    await page.fill("#number", number)
    await page.press("#number", "Enter")
    await page.wait_for_url("**/sign-in/code")
    await page.fill("#code", await code_in_mail(page, mail_page))
    await page.press("#code", "Enter")
    await page.wait_for_url("**/me")


@pytest.mark.parametrize(
    ("language", "paid", "step"),
    [
        ("th-TH", "ศ. 20 พ.ย. 2569", "จ่ายเงินแล้ว"),
        ("en-GB", "Fri 2026-11-20", "Paid"),
    ],
)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_from_the_number_to_the_case(
    portal: Portal, browser: Browser, mail_page: str, language: str, paid: str, step: str,
    script: bool,
) -> None:  # fmt: skip
    """The code of the letter opens the payments; one tap further is which step, when, and whom."""
    await told(portal.bed)
    more: dict[str, Any] = {"locale": language, "java_script_enabled": script}
    async with page_of(browser, PHONE, **more) as page:
        await come_in(page, portal, mail_page)
        await page.click(f"a[href='/case/{MINE}']")
        text = await words_of(page)
        assert paid in text
        assert step in text
        assert "TR-77" in text
        assert await page.locator("a.telephone").count() == 1
        await kept(page, f"journey-payee-{language}")


async def test_thai_digits_and_searching(portal: Portal, browser: Browser, mail_page: str) -> None:
    """A number typed in Thai digits is the same number, to sign in with and to search by."""
    await told(portal.bed)
    async with page_of(browser, PHONE) as page:
        await come_in(page, portal, mail_page, said.TAX_ID.translate(THAI_DIGITS))
        await page.fill("#q", MINE.translate(THAI_DIGITS))
        await page.press("#q", "Enter")
        await page.wait_for_load_state()
        assert MINE in await words_of(page)


async def test_the_back_button_after_signing_out_shows_nothing(
    portal: Portal, browser: Browser, mail_page: str
) -> None:
    """Who presses "back" on a shared machine is asked to sign in."""
    await told(portal.bed)
    async with page_of(browser, DESK) as page:
        await come_in(page, portal, mail_page)
        await page.goto(f"{portal.url}/case/{SHARED}")
        await page.click("form[action='/sign-out'] button")
        await page.wait_for_url(f"{portal.url}/")
        await page.go_back()
        assert "/sign-in" in page.url
        assert "500.00" not in await page.content()


async def test_two_tabs_and_the_back_button_send_one_question(
    portal: Portal, browser: Browser, mail_page: str
) -> None:
    """The form stands in two tabs: each sends what was typed in it, and "back" sends nothing."""
    await told(portal.bed)
    async with page_of(browser, PHONE) as page:
        await come_in(page, portal, mail_page)
        other = await page.context.new_page()
        for tab, text in ((page, "one"), (other, "two")):
            await tab.goto(f"{portal.url}/case/{SHARED}/ask")
            await tab.fill("#words", text)
        for tab in (page, other):
            await tab.click("form[action$='/ask'] button")
            await tab.wait_for_url("**said=asked*")
        await page.go_back()
        await page.go_forward()
    rows = await portal.bed.pool.fetch("select words from question order by 1")
    assert ["one", "two"] == [row["words"] for row in rows]


async def test_the_sheet_confirms_itself_without_a_name(
    portal: Portal, browser: Browser, mail_page: str
) -> None:
    """The address under the printed code opens for anybody, and tells nothing of the person."""
    await told(portal.bed)
    async with page_of(browser, DESK) as page:
        await come_in(page, portal, mail_page)
        await page.goto(f"{portal.url}/case/{MINE}/sheet")
        found = re.search(r"/confirm/[a-z2-7]+", await page.inner_text("main"))
        assert found is not None
    async with page_of(browser, PHONE) as anybody:
        await anybody.goto(portal.url + found[0])
        text = await words_of(anybody)
        assert MINE in text
        assert "อันนา" not in text
        await kept(anybody, "journey-confirm")
