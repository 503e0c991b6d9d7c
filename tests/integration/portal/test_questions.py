"""Questions of payees: a list for the desk that had the case, an answer that stays, seen by one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import httpx
import pytest
from chassis.shortnumber import number_of
from ground.databases import Database
from portal.pages.work import HERE as LISTS
from starlette.requests import Request

from tests.integration.portal import said
from tests.integration.portal.staffed import StaffedBed, csrf_of, staffed

ONE, TWO, THREE = number_of(10_000_001), number_of(20_000_002), number_of(30_000_003)
SENT = said.event("submitted", "2026-11-16T02:00", role="unit")
CAME = said.event("received", "2026-11-17T02:00")
HERE = f"{LISTS}/questions"


@pytest.fixture
async def house(database: Database) -> AsyncIterator[StaffedBed]:
    """A case at each of two units and one at finance, all of them with a line of Anna's."""
    async with staffed(database) as made:
        await made.bed.say(
            said.payee("anna"),
            said.payee("bert", name="นายเบิร์ต ตัวอย่าง", tax_id=None),
            said.case_status(1, SENT, unit="sci-chem", number=ONE),
            said.case_status(1, SENT, case=2, unit="sci-bio", number=TWO),
            said.case_status(1, SENT, CAME, case=3, unit="sci-chem", number=THREE),
            *(said.line_status(1, said.line("anna"), case=case) for case in (1, 2)),
            said.line_status(1, said.line("anna"), {**said.line("bert"), "id": "2"}, case=3),
        )
        yield made


async def payee(house: StaffedBed, payee_id: str = "anna") -> httpx.AsyncClient:
    """A browser of a payee, signed in as the sign-in does it."""
    scope = {"type": "http", "headers": [], "method": "GET", "path": "/", "query_string": b""}
    cookie = await house.bed.house.people.begin("payee", payee_id, {}, Request(scope))
    return house.bed.client(cookie=f"{cookie.name}={cookie.value}")


async def ask(house: StaffedBed, number: str, words: str) -> None:
    """Ask as Anna."""
    async with await payee(house) as browser:
        page = await browser.get(f"/case/{number}/ask")
        sent = {"csrf": csrf_of(page), "words": words}
        assert (await browser.post(f"/case/{number}/ask", data=sent)).status_code == 303


async def listed(browser: httpx.AsyncClient) -> list[tuple[str, str]]:
    """The questions of the list: the number of the case, and the page of the question."""
    page = await browser.get(HERE)
    rows = re.findall(rf'href="({HERE}/\d+)".*?class="number">([\d-]+)<', page.text, re.DOTALL)
    return [(number, path) for path, number in rows]


async def give(browser: httpx.AsyncClient, path: str, words: str) -> httpx.Response:
    """Answer the question at *path*."""
    token = csrf_of(await browser.get("/look-up"))
    return await browser.post(path, data={"csrf": token, "words": words})


async def test_a_question_is_for_who_had_the_case_when_it_was_asked(house: StaffedBed) -> None:
    """The unit sees its own, finance what was asked there; the oldest stands first."""
    for number in (THREE, TWO, ONE):
        await ask(house, number, "เมื่อไรจะได้เงิน")
        house.bed.clock.at += timedelta(minutes=1)
    async with house.signed_in("unit-officer") as browser:
        assert [ONE] == [number for number, _ in await listed(browser)]
    async with house.signed_in("finance-officer") as browser:
        assert [THREE] == [number for number, _ in await listed(browser)]


async def test_after_three_days_finance_sees_what_a_unit_left_unanswered(
    house: StaffedBed,
) -> None:
    """No question waits for ever for want of an officer at the unit."""
    await ask(house, TWO, "")
    house.bed.clock.at += timedelta(days=3)
    async with house.signed_in("finance-officer") as browser:
        assert [] == await listed(browser)
    house.bed.clock.at += timedelta(seconds=1)
    async with house.signed_in("finance-officer") as browser:
        page = await browser.get(f"{HERE}?lang=en")
        assert "3 days" in page.text
        assert [TWO] == [number for number, _ in await listed(browser)]


async def test_the_payee_reads_the_answer_and_nobody_else_does(house: StaffedBed) -> None:
    """On the page of the case and, while it is new, on the dashboard; not on another payee's."""
    await ask(house, THREE, "ได้รับเอกสารครบไหม")
    async with house.signed_in("finance-officer") as browser:
        ((_, path),) = await listed(browser)
        assert "ได้รับเอกสารครบไหม" in (await browser.get(path)).text
        answer = await give(browser, path, "ครบแล้ว\nจะโอนวันศุกร์")
        assert answer.headers["location"] == f"{HERE}?said=answered"
        assert [] == await listed(browser)
    async with await payee(house) as browser:
        page = (await browser.get(f"/case/{THREE}?lang=en")).text
        assert "Finance answered on Mon" in page
        assert "จะโอนวันศุกร์" in page
        assert "จะโอนวันศุกร์" in (await browser.get("/me")).text
        house.bed.clock.at += timedelta(days=31)
    async with await payee(house) as browser:
        assert "จะโอนวันศุกร์" not in (await browser.get("/me")).text
        assert "จะโอนวันศุกร์" in (await browser.get(f"/case/{THREE}")).text
    async with await payee(house, "bert") as browser:
        page = (await browser.get(f"/case/{THREE}")).text
        assert "ได้รับเอกสารครบไหม" not in page
        assert "จะโอนวันศุกร์" not in page


async def test_each_look_and_the_answer_are_on_record_and_the_payee_sees_that_staff_looked(
    house: StaffedBed,
) -> None:
    """Person, case, payee and why; the payee reads role and reason."""
    await ask(house, THREE, "?")
    async with house.signed_in("finance-officer") as browser:
        ((_, path),) = await listed(browser)
        await browser.get(path)
        await give(browser, path, "พรุ่งนี้")
    rows = await house.bed.pool.fetch(
        "select person, what, case_id, payee_id from access_log where reason = 'question'"
        " order by place"
    )
    who = ("demo-finance-officer",)
    assert [(*who, what, 3, "anna") for what in ("question", "question form",
            "answer to a question")] == [tuple(row) for row in rows]  # fmt: skip
    async with await payee(house) as browser:
        assert "answering the payee&#39;s question" in (await browser.get("/me/looks?lang=en")).text


async def test_the_first_answer_stands_for_good(house: StaffedBed) -> None:
    """A second answer changes nothing, and the table refuses whoever would change one."""
    await ask(house, THREE, "?")
    async with house.signed_in("finance-officer") as browser:
        ((_, path),) = await listed(browser)
        await give(browser, path, "ครั้งแรก")
        again = await give(browser, path, "ครั้งที่สอง")
        assert again.headers["location"] == f"{path}?said=already"
        page = (await browser.get(again.headers["location"])).text
    assert ("ครั้งแรก" in page, "ครั้งที่สอง" in page, "<textarea" in page) == (True, False, False)
    for change in ("update answer set words = 'x'", "delete from answer", "truncate answer"):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await house.bed.pool.execute(change)


@pytest.mark.parametrize(("words", "status"), [("", 422), ("ก" * 1001, 422), ("ก" * 1000, 303)])
async def test_an_answer_says_something_and_is_not_too_long(
    house: StaffedBed, words: str, status: int
) -> None:
    """What is refused stays in the form with what is wrong with it."""
    await ask(house, THREE, "?")
    async with house.signed_in("finance-officer") as browser:
        ((_, path),) = await listed(browser)
        answer = await give(browser, path, words)
        assert (status, 'href="#words"' in answer.text) == (answer.status_code, status == 422)


async def test_a_question_of_another_desk_is_as_absent_as_none(house: StaffedBed) -> None:
    """A unit officer opens neither another unit's question nor one asked while finance had it."""
    for number in (TWO, THREE):
        await ask(house, number, "ความลับ")
    places = await house.bed.pool.fetch("select place from question")
    async with house.signed_in("unit-officer") as browser:
        for path in (*(f"{HERE}/{one[0]}" for one in places), f"{HERE}/999", f"{HERE}/x"):
            assert (await browser.get(path)).status_code == 404
            assert (await give(browser, path, "คำตอบ")).status_code == 404
    async with house.signed_in("auditor") as browser:
        assert (await browser.get(f"{HERE}/{places[0][0]}")).status_code == 403
    assert 0 == await house.bed.pool.fetchval("select count(*) from answer")


async def test_a_question_follows_its_case_when_it_is_joined_to_another(
    house: StaffedBed,
) -> None:
    """The list names the number that stayed, and the payee finds the answer there."""
    await ask(house, THREE, "ถามก่อนรวมเรื่อง")
    await house.bed.say(
        said.case_status(2, SENT, CAME, unit="sci-chem", number=ONE),
        said.case_status(2, SENT, CAME, case=3, unit="sci-chem", number=THREE, redirect_to="1"),
    )
    async with house.signed_in("finance-officer") as browser:
        ((number, path),) = await listed(browser)
        assert number == ONE
        await give(browser, path, "รวมเรื่องแล้ว")
    async with await payee(house) as browser:
        assert "รวมเรื่องแล้ว" in (await browser.get(f"/case/{ONE}")).text
