"""Every page each role can reach by its links: accessible, no wider than the screen, light."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page

from tests.browser.conftest import Portal
from tests.browser.looking import (
    DESK,
    PAGE_BYTES_MAX,
    PHONE,
    SMALL,
    broken_rules,
    fits,
    kept,
    twice_the_size,
    weight_bytes,
)
from tests.browser.peopled import LATE, come_in, page_of, peopled

pytestmark = pytest.mark.browser
HOMES: Mapping[str, Sequence[str]] = {
    "public": ("/", "/sign-in", "/sign-in/code", "/staff", "/source/erp", "/nothing"),
    "payee": ("/me", f"/case/{LATE}"),
    "unit-officer": ("/board", f"/look-up/{LATE}"),
    "finance-officer": ("/board", f"/look-up/{LATE}", f"/correct/{LATE}/fact?fact=transferred"),
    "executive": ("/executive",),
    "operator": ("/operator", f"/operator/case?number={LATE}"),
    "auditor": ("/look-up", f"/look-up/{LATE}"),
    "one-factor": ("/staff/second",),
}
"""Where each begins. What no link leads to (a form does) is named beside it."""
FILES = re.compile(r"\.(csv|xlsx|json|xml)$|^/open-data/api/|^/static/")
LINKS = (
    "[...document.querySelectorAll('a[href]')].map(one => one.getAttribute('href')).concat("
    "[...document.querySelectorAll('form[method=get]')].map(one => one.getAttribute('action')))"
)


def kind_of(path: str) -> str:
    """The same for pages that differ in nothing but a number, a code or a value asked for."""
    parts = urlsplit(path)
    asked = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} - {"lang"})
    return f"{re.sub(r'/(?=[^/]*[0-9])[^/]+', '/#', parts.path)}?{','.join(asked)}"


def our_path(here: str, link: str, portal: Portal) -> str | None:
    """The path *link* leads to where it is a page of ours that shows something."""
    whole = urlsplit(urljoin(here, link))
    if f"{whole.scheme}://{whole.netloc}" != portal.url or FILES.search(whole.path):
        return None
    if whole.path in ("/staff/sign-in", "/sign-out"):
        return None
    return whole.path + (f"?{whole.query}" if whole.query else "")


async def faults_of(page: Page, portal: Portal, path: str, name: str) -> list[str]:
    """What is wrong with one page: in Thai by day on a desk, in English by night on a phone."""
    said: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 404" not in message.text:
            said.append(f"says {message.text}")

    page.on("console", heard)
    sign = "&" if "?" in path else "?"
    views = (("th", "light", DESK), ("en", "dark", PHONE))
    for language, scheme, size in views:
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.goto(f"{portal.url}{path}{sign}lang={language}")
        said += [f"{language} {scheme}: {rule}" for rule in await broken_rules(page)]
        if (weight := await weight_bytes(page)) > PAGE_BYTES_MAX:
            said.append(f"{language}: {weight} bytes")
        await kept(page, f"{name}-{language}")
        await page.set_viewport_size(SMALL)  # type: ignore[arg-type]
        if not await fits(page):
            said.append(f"{language}: wider than 320 px")
        await twice_the_size(page)
        if not await fits(page):
            said.append(f"{language}: runs out at 200 %")
    page.remove_listener("console", heard)
    return said


@pytest.mark.parametrize("who", list(HOMES))
async def test_every_page_is_accessible_fits_and_is_small(
    portal: Portal, browser: Browser, who: str
) -> None:
    """Each keeps WCAG 2.2 AA, 320 px and 200 %, day and night, and weighs less than 60 kB."""
    await peopled(portal.bed)
    found: dict[str, list[str]] = {}
    async with page_of(browser, DESK) as page:
        await come_in(page, portal, who)
        waiting, seen = [*HOMES[who]], {kind_of(one) for one in HOMES[who]}
        while waiting:
            path = waiting.pop(0)
            place = len(found)
            found[path] = await faults_of(page, portal, path, f"{who}-{place:02d}")
            for link in await page.evaluate(LINKS):
                to = our_path(page.url, link, portal)
                if to is not None and kind_of(to) not in seen:
                    seen.add(kind_of(to))
                    waiting.append(to)
    assert {} == {path: faults for path, faults in found.items() if faults}


async def test_the_page_of_a_source_is_accessible(portal: Portal, browser: Browser) -> None:
    """A developer who typed the token sees a page as good as any other."""
    await peopled(portal.bed)
    async with page_of(browser, DESK) as page:
        await page.goto(f"{portal.url}/source/erp")
        await page.fill("#token", "tdt_right")
        await page.press("#token", "Enter")
        await page.wait_for_url("**/source/erp")
        assert [] == await faults_of(page, portal, "/source/erp", "source")
