"""Looking at a page as a judge does: its size, its rules, what is kept of it for people to see."""

from __future__ import annotations

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, ViewportSize

from tests.browser.conftest import ARTEFACTS

PHONE: ViewportSize = {"width": 390, "height": 844}
SMALL: ViewportSize = {"width": 320, "height": 640}
DESK: ViewportSize = {"width": 1280, "height": 900}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
"""The rules of WCAG 2.2 AA that a machine can see."""
PAGE_BYTES_MAX = 60_000


async def kept(page: Page, name: str) -> None:
    """Keep a picture of the whole page, for people to look at."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)


async def fits(page: Page) -> bool:
    """Is nothing wider than the screen?"""
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return not await page.evaluate(wider)


async def broken_rules(page: Page) -> list[str]:
    """Which rules the page breaks, each with where, as axe-core finds them."""
    found = await Axe().run(page, options=RULES)
    return [
        f"{one['id']} {node['target']}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


async def weight_bytes(page: Page) -> int:
    """How much came over the line for the page as it is: itself, its styles, its script."""
    sizes = "[...performance.getEntriesByType('navigation'), "
    sizes += "...performance.getEntriesByType('resource')].map(one => one.decodedBodySize)"
    return sum(await page.evaluate(sizes))


async def twice_the_size(page: Page) -> None:
    """Letters at 200 %, in a window half as wide: what a browser's zoom comes to."""
    await page.set_viewport_size({"width": 640, "height": 450})
    await page.evaluate("document.documentElement.style.fontSize = '200%'")


async def words_of(page: Page) -> str:
    """What is written in the page's main part, with plain spaces and hyphens."""
    text = await page.inner_text("main")
    return text.replace("\u00a0", " ").replace("\u2011", "-")
