"""The office's on-time share on a payee's first page: of a closed month, with its target."""

from __future__ import annotations

from tests.integration.portal.bed import Bed
from tests.integration.portal.counted import count, keep, page_text
from tests.integration.portal.two_payees import signed_in, told


async def test_a_payee_sees_how_the_office_kept_its_promise(bed: Bed) -> None:
    """The last month that is over, how many claims, the target, and since when it is known."""
    await told(bed)
    await keep(bed, "2026-10", ["met"] * 9 + ["missed"])
    await keep(bed, "2026-11", ["missed"] * 6)
    await count(bed)
    async with signed_in(bed) as browser:
        page = await page_text(browser, "/me?lang=en")
    for words in ("90.0 %", "Oct 2026", "Target 85 %", "9 of 10 claims on time"):
        assert words in page


async def test_a_month_too_small_to_be_told_is_no_share(bed: Bed) -> None:
    """Before five claims of a closed month were counted the page says nothing of it."""
    await told(bed)
    await keep(bed, "2026-10", ["met"] * 4)
    await count(bed)
    async with signed_in(bed) as browser:
        page = await page_text(browser, "/me?lang=en")
    assert "Target 85 %" not in page
