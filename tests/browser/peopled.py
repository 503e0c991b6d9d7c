"""A portal with something on every page: cases in each state, months of figures, red things."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

from playwright.async_api import Browser, Page
from portal import watch_store

from chassis import shortnumber
from tests.browser.conftest import Portal
from tests.integration.portal import said
from tests.integration.portal.bed import MONDAY, Bed
from tests.integration.portal.counted import FINANCE, answering, count, keep
from tests.integration.portal.entrance import caught
from tests.integration.portal.test_operator import LETTER, READY, SOURCE
from tests.integration.portal.two_payees import ANNA, told

CHEM, BIO = "sci-chem", "sci-bio"
LATE, HERE, THERE, BACK = (shortnumber.number_of(n) for n in (10, 11, 12, 13))
"""Numbers of a case that is late at finance, one at the unit of chemistry, one at that of biology,
and one that the unit of chemistry got back."""
SUBMITTED = said.event("submitted", "2026-11-10T02:00", role="unit")
RECEIVED = said.event("received", "2026-11-11T02:00")
RETURNED = said.event("returned", "2026-11-19T02:00", reason="incomplete-papers")
CLAIM = ["claim", CHEM, "2569", "69-1"]
WAITING = ["erp-document", "finance", "2569", "D-9"]


async def cases(bed: Bed) -> None:
    """Anna's and Bob's cases, and those of two units: late, fresh, returned."""
    await told(bed)
    late = said.clock(RECEIVED, state="breached", charged=10, due="2026-11-20")
    late |= {"breached_at": "2026-11-20T17:00:00.000000Z", "remaining": -1}
    chem: dict[str, Any] = {"unit": CHEM, "joining": [CLAIM]}
    await bed.say(
        said.case_status(
            1, SUBMITTED, RECEIVED, case=10, number=LATE, title="ค่าเดินทางไปราชการ", **chem
        ),
        said.case_status(1, SUBMITTED, case=11, number=HERE, title="ค่าสารเคมี", unit=CHEM),
        said.case_status(1, SUBMITTED, case=12, number=THERE, title="ค่ากล้องจุลทรรศน์", unit=BIO),
        said.case_status(
            1, SUBMITTED, RECEIVED, RETURNED, case=13, number=BACK, title="ค่าจ้างเหมา", unit=CHEM
        ),
        said.line_status(1, said.line("anna"), case=10),
        said.line_status(1, said.line("anna"), case=11),
        said.line_status(1, said.line("bob"), case=12),
        said.line_status(1, said.line("anna", "700.00"), case=13),
        said.case_sla(1, 1, late, case=10),
    )


async def figures(bed: Bed) -> None:
    """A year of months, some of them held, one differing from what was published."""
    for place in range(12):
        month = f"{2025 + (place + 11) // 12}-{(place + 11) % 12 + 1:02d}"
        states = ["met"] * (20 + place) + ["missed"] * (place % 4)
        await keep(bed, month, states, unit=(CHEM, BIO)[place % 2], kind="travel")
        await keep(bed, month, ["met"] * 9, unit="sci-office", kind="purchase")
    await keep(bed, None, ["open"] * 3, due_on=date(2026, 11, 24))
    await count(bed)
    published = [{"month": "2026-10", "clause": FINANCE, "published": {"n": 9, "met": 9}}]
    async with bed.pool.acquire() as connection:
        await watch_store.save_report(connection, "sla", "months", {"rows": published}, MONDAY)


async def red_things(bed: Bed) -> None:
    """What the services said of themselves: one is away, one has a dead letter, facts wait."""
    letters = {"open": {"invalid-message": 1}, "dead_letters": [LETTER]}
    reject = {**SOURCE["rejects"][0], "slug": "erp"}
    fact = {"source": "erp", "id": "x", "fact": "in-process", "references": [WAITING]}
    lags = {"sla": {"case-status": 4_200}, "intake": {"inbound.erp": 0}}
    reports: list[tuple[str, str, dict[str, Any]]] = [
        ("intake", "ready", READY),
        ("intake", "dead-letters", letters),
        ("intake", "rejects", {"rejects": [reject]}),
        ("intake", "unmatched", {"unmatched": [{**fact, "age_seconds": 190_000}]}),
        ("intake", "totals", {"accepted": 9, "resent": 1, "rejected": 1, "cases": 7,
                              "unmatched": 1}),
        ("kafka", "lag", {"groups": lags, "before": lags}),
        ("notify", "held", {"held": [{"notices": 460}]}),
    ]  # fmt: skip
    await bed.say(said.source_status("erp", 2, promise="daily by 08:00", complete_until=None))
    async with bed.pool.acquire() as connection:
        for service, question, answer in reports:
            await watch_store.save_report(connection, service, question, answer, MONDAY)
        since = MONDAY - timedelta(minutes=12)
        await watch_store.fail_report(connection, "notify", "ready", since, "ConnectError")


async def peopled(bed: Bed) -> None:
    """All of it; intake answers what an operator and a source ask of it."""
    await cases(bed)
    await figures(bed)
    await red_things(bed)
    arrived = {"source": "erp", "id": "received-2026-11-11T02:00", "fact": "received",
               "recorded_at": "2026-11-12T05:00:00Z", "traceparent": None}  # fmt: skip
    answering(
        bed,
        {
            ("GET", "/ops/cases/10/events"): (200, {"case": "10", "events": [arrived]}),
            ("GET", "/v1/source"): (200, SOURCE),
        },
    )


@asynccontextmanager
async def page_of(browser: Browser, size: Any, **more: Any) -> AsyncIterator[Page]:
    """A page of a browser of its own, which speaks Thai."""
    context = await browser.new_context(viewport=size, **{"locale": "th-TH", **more})
    page = await context.new_page()
    yield page
    await context.close()


async def come_in(page: Page, portal: Portal, who: str, to: str = "") -> None:
    """Sign in as `payee`, as one of the invented staff, or as nobody (`public`); then open *to*."""
    if who == "payee":
        with caught() as letters:
            await page.goto(f"{portal.url}/sign-in")
            await page.fill("#number", ANNA)
            await page.press("#number", "Enter")
            await page.fill("#code", await letters.code())
            await page.press("#code", "Enter")
            await page.wait_for_url("**/me")
    elif who != "public":
        await page.goto(f"{portal.url}/staff/sign-in")
        await page.click(f"a[href*='person={who}']")
        await page.wait_for_url(f"{portal.url}/**")
    if to:
        await page.goto(portal.url + to)
