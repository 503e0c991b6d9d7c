"""Figures: what is counted, what anybody may know of it, and what only executives do."""

from __future__ import annotations

import csv
import io
from datetime import date
from xml.etree import ElementTree

import pytest
from portal import figures_store, watch_store

from tests.integration.portal import said
from tests.integration.portal.bed import MONDAY, Bed
from tests.integration.portal.counted import FINANCE, count, keep, page_text, staff

KEY = "finance-9-days#finance"
PATHS = ("/", "/stages", "/figures", "/open-data")
SUBMITTED = said.event("submitted", "2026-11-10T01:00")
RECEIVED = said.event("received", "2026-11-12T03:00")
PAID = said.event("transferred", "2026-11-18T02:00")


def table(text: str) -> list[dict[str, str]]:
    """The rows of a CSV."""
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


async def test_a_clock_counts_once_in_its_month_whatever_its_version(bed: Bed) -> None:
    """Met and missed count, breached ones that run on too; void and open ones nowhere."""
    await keep(bed, "2026-10", ["met"] * 7 + ["missed"])
    await keep(bed, "2026-10", ["met", "breached", "void"], clause="finance-9-days@2#finance")
    await keep(bed, None, ["open", "open"])
    await count(bed)
    async with bed.pool.acquire() as connection:
        (row,) = await figures_store.figures(connection, "all", KEY)
        (now,) = await figures_store.running(connection, clause=KEY)
    assert ("2026-10", 10, 8, 9) == (row.month, row.n, row.met, row.stopped)
    assert (4, 4, 12) == (row.p15, row.p50, row.p95)
    assert (2, 1) == (now.open, now.breached)


async def test_counting_again_gives_the_same(bed: Bed) -> None:
    """Figures are counted from nothing each time."""
    await keep(bed, "2026-10", ["met"] * 7)
    await count(bed)
    tables = ("figure_row", "running_row", "due_row", "standing_row", "wait_row", "wait_sum")
    before = [await bed.pool.fetch(f"select * from {one}") for one in tables]
    await count(bed)
    assert before == [await bed.pool.fetch(f"select * from {one}") for one in tables]


async def test_an_ended_case_tells_where_its_days_went(bed: Bed) -> None:
    """Two days with the unit and four with finance; opened again it tells nothing."""
    await bed.say(
        said.case_status(
            3, SUBMITTED, RECEIVED, PAID, stage="paid", group=4, ended=True, holder="nobody"
        )
    )
    await count(bed)
    async with bed.pool.acquire() as connection:
        rows = await figures_store.waits(connection, ["2026-11"])
    assert [("", "", 0, 1), ("finance", "received", 4, 1), ("unit", "at_unit", 2, 1)] == [
        (row.party, row.stage, row.days, row.cases) for row in rows
    ]
    await bed.say(said.case_status(4, SUBMITTED, RECEIVED))
    await count(bed)
    async with bed.pool.acquire() as connection:
        assert [] == await figures_store.waits(connection, ["2026-11"])
        (waiting,) = await figures_store.standing(connection)
    assert ("finance", "received", 1) == (waiting.holder, waiting.stage, waiting.n)


async def test_a_forecast_is_judged_by_the_day_the_money_came(bed: Bed) -> None:
    """The first one of a stage is kept, and settled when the case is paid."""
    told = [(1, "received", "disbursement", date(2026, 11, 17), date(2026, 11, 18))]
    query = "insert into forecast_row values ($1, $2, $3, $4, $5, now())"
    await bed.pool.executemany(query, told)
    await bed.say(said.case_status(3, SUBMITTED, RECEIVED, PAID, stage="paid", ended=True, group=4))
    await count(bed)
    async with bed.pool.acquire() as connection:
        (held,) = await figures_store.accuracy(connection, date(2026, 11, 1))
    assert (1, 0, 1) == (held.n, held.by_half, held.by_most)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["th", "en"])
async def test_public_pages_are_there_before_any_figure(bed: Bed, path: str, language: str) -> None:
    """In both languages, with the headers of every page."""
    answer = await bed.get(f"{path}?lang={language}")
    assert 200 == answer.status_code
    assert f'<html lang="{language}">' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "style=" not in answer.text


async def test_a_public_figure_is_of_a_month_that_is_over(bed: Bed) -> None:
    """The start names the last closed month; the month at hand is marked on its page."""
    await keep(bed, "2026-10", ["met"] * 9 + ["missed"])
    await keep(bed, "2026-11", ["missed"] * 6)
    await count(bed)
    async with bed.client() as browser:
        start = await page_text(browser, "/?lang=en")
        page = await page_text(browser, "/figures?lang=en")
    assert "90.0 %" in start
    assert "Oct 2026" in start
    assert "not over yet" in page
    assert 2 == page.count('<tr><th scope="row">Oct 2026') + page.count(
        '<tr><th scope="row">Nov 2026'
    )


async def test_open_data_leave_small_groups_out(bed: Bed) -> None:
    """A unit of two goes, and with it the next smallest; of the month at hand no unit is told."""
    await keep(bed, "2026-10", ["met"] * 30, unit="sci-chem")
    await keep(bed, "2026-10", ["met"] * 7, unit="sci-bio")
    await keep(bed, "2026-10", ["missed"] * 2, unit="sci-office")
    await keep(bed, "2026-11", ["met"] * 30, unit="sci-chem")
    await count(bed)
    rows = table((await bed.get("/open-data/on-time-by-unit.csv")).text)
    assert {
        "sci-chem": ("30", "no"),
        "sci-bio": ("", "yes"),
        "sci-office": ("", "yes"),
    } == {row["unit"]: (row["claims"], row["left_out"]) for row in rows}
    assert {"2026-10"} == {row["month"] for row in rows}


async def test_open_data_are_counted_and_paged(bed: Bed) -> None:
    """Files, pages and the feed; who fetched is not written down."""
    for month in ("2026-08", "2026-09", "2026-10"):
        await keep(bed, month, ["met"] * 6)
    await count(bed)
    first = (await bed.get("/open-data/api/on-time?per_page=2")).json()
    assert (2, 3, 2) == (len(first["rows"]), first["rows_in_all"], first["pages"])
    path = first["next"].removeprefix(bed.house.frame.public_url)
    second = (await bed.get(path)).json()
    assert ["2026-10"] == [row["month"] for row in second["rows"]]
    assert second["next"] is None
    for wrong in ("page=0", "page=9", "page=x", "per_page=501", "page=๑"):
        assert 422 == (await bed.get(f"/open-data/api/on-time?{wrong}")).status_code
    assert 404 == (await bed.get("/open-data/api/nothing")).status_code
    assert 404 == (await bed.get("/open-data/on-time.exe")).status_code
    for kind in ("json", "xlsx"):
        assert 200 == (await bed.get(f"/open-data/on-time.{kind}")).status_code
    feed = ElementTree.fromstring((await bed.get("/open-data/feed.xml?lang=en")).content)
    titles = [(one.text or "").replace("\u00a0", " ") for one in feed.iter("title")]
    assert "Oct 2026: 100.0 % on time (6 of 6 claims)" == titles[1]
    rows = await bed.pool.fetch("select format, n from open_data_use order by format")
    assert [("api", 2), ("json", 1), ("rss", 1), ("xlsx", 1)] == [tuple(row) for row in rows]


async def test_only_executives_see_the_overview(bed: Bed) -> None:
    """Others are told it is not theirs; nobody signed in is asked to sign in."""
    assert "/staff/sign-in" in (await bed.get("/executive")).headers["location"]
    async with staff(bed, "operator") as browser:
        for path in ("/executive", "/executive/counts", "/executive/export/months.csv"):
            assert 403 == (await browser.get(path)).status_code
    async with staff(bed, "executive") as browser:
        assert 200 == (await browser.get("/executive")).status_code


@pytest.mark.parametrize("language", ["th", "en"])
async def test_the_overview_says_whether_the_month_is_held(bed: Bed, language: str) -> None:
    """With what was published of a closed month beside what late facts made of it."""
    await keep(bed, "2026-10", ["met"] * 9 + ["missed"])
    await keep(bed, "2026-11", ["met"] * 19 + ["missed"])
    await keep(bed, None, ["open"] * 3, due_on=date(2026, 11, 24))
    await count(bed)
    published = [{"month": "2026-10", "clause": FINANCE, "published": {"n": 9, "met": 9}}]
    async with bed.pool.acquire() as connection:
        await watch_store.save_report(connection, "sla", "months", {"rows": published}, MONDAY)
    async with staff(bed, "executive") as browser:
        page = await page_text(browser, f"/executive?lang={language}")
    assert "95.0 %" in page
    assert "100.0 %" in page
    assert {"th": "ต่างจากที่เผยแพร่", "en": "differs from what was published"}[language] in page
    held = {"th": "เกินเวลาได้อีก 2 เรื่อง", "en": "2 more late claims can be borne"}
    assert held[language] in page


async def test_each_figure_leads_to_counts_and_to_a_file(bed: Bed) -> None:
    """Down to unit and kind, never to a case; the file has the same numbers."""
    await keep(bed, "2026-10", ["met"] * 3, unit="sci-chem", kind="travel")
    await keep(bed, "2026-10", ["missed"] * 2, unit="sci-bio", kind="purchase")
    await count(bed)
    asked = "promise=finance-9-days%23finance&month=2026-10"
    async with staff(bed, "executive") as browser:
        page = await page_text(browser, f"/executive/counts?{asked}&lang=en")
        assert "unit=sci-chem" in page
        deeper = await page_text(browser, f"/executive/counts?{asked}&unit=sci-chem&lang=en")
        assert "Travel" in deeper
        assert "Purchase" not in deeper
        units = table((await browser.get(f"/executive/export/units.csv?{asked}")).text)
        for name in ("months", "waiting", "days", "due", "forecasts", "by-kind", "by-fund"):
            for kind in ("csv", "xlsx", "json"):
                answer = await browser.get(f"/executive/export/{name}.{kind}?{asked}")
                assert 200 == answer.status_code
        assert 404 == (await browser.get("/executive/export/persons.csv")).status_code
    assert [("sci-bio", "2", "0"), ("sci-chem", "3", "3")] == [
        (row["group"], row["claims"], row["on_time"]) for row in units
    ]


async def test_what_waits_is_told_by_unit_and_kind(bed: Bed) -> None:
    """A place on the page opens the counts behind it."""
    await bed.say(
        said.case_status(1, SUBMITTED, RECEIVED), said.case_sla(1, 1, said.clock(RECEIVED))
    )
    await count(bed)
    async with staff(bed, "executive") as browser:
        answer = await browser.get("/executive/waiting?party=finance&stage=received&lang=en")
    assert 200 == answer.status_code
    assert "Received by finance" in answer.text
    assert said.NUMBER not in answer.text
