"""Officers: the board of the own unit, the list, and the look-up that shows what the payee sees."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from chassis.shortnumber import number_of
from ground.databases import Database

from tests.integration.portal import said
from tests.integration.portal.staffed import StaffedBed, csrf_of, staffed

CHEM, BIO = "sci-chem", "sci-bio"
ONE, TWO, THREE = number_of(10_000_001), number_of(20_000_002), number_of(30_000_003)


@pytest.fixture
async def house(database: Database) -> AsyncIterator[StaffedBed]:
    """A case at each of two units, and one with two payees at finance, late."""
    async with staffed(database) as made:
        sent = said.event("submitted", "2026-11-16T02:00", role="unit")
        came = said.event("received", "2026-11-17T02:00")
        late = said.clock(came, state="breached", charged=10, due="2026-11-20")
        late |= {"breached_at": "2026-11-20T17:00:00.000000Z", "remaining": -1}
        await made.bed.say(
            said.payee("anna"),
            said.payee("bert", name="นายเบิร์ต ตัวอย่าง", tax_id=None),
            said.case_status(1, sent, unit=CHEM, number=ONE, title="ค่าสารเคมี"),
            said.case_status(1, sent, case=2, unit=BIO, number=TWO, title="ค่ากล้อง"),
            said.case_status(1, sent, came, case=3, unit=CHEM, number=THREE, title="ค่าเดินทาง"),
            said.line_status(1, said.line("anna")),
            said.line_status(1, said.line("bert"), case=2),
            said.line_status(1, said.line("anna"), {**said.line("bert"), "id": "2"}, case=3),
            said.case_sla(1, 1, late, case=3),
        )
        yield made


async def test_a_unit_officer_sees_the_own_unit_and_nothing_else(house: StaffedBed) -> None:
    """The board, the list and the look-up of a unit officer end at the unit's border."""
    async with house.signed_in("unit-officer") as browser:
        for path in ("/board?whose=all", "/board/list?whose=all", f"/board?whose=all&unit={BIO}"):
            page = (await browser.get(path)).text
            assert "ค่ากล้อง" not in page
        assert "ค่าสารเคมี" in (await browser.get("/board")).text
        assert (await browser.get(f"/look-up/{TWO}")).status_code == 404
        assert (await browser.get(f"/look-up/{ONE}")).status_code == 200
        found = await _look_for(browser, "ค่ากล้อง")
        assert TWO not in found.text


async def test_the_board_of_finance_has_the_most_pressing_first(house: StaffedBed) -> None:
    """Columns are the stages finance holds; a late case says since when and how many days."""
    async with house.signed_in("finance-officer") as browser:
        page = await browser.get("/board?lang=en")
    lanes = re.findall(r'id="lane-([\w-]+)"', page.text)
    assert lanes == ["received", "in_process", "bounced"]
    assert "10 of 9 working days" in page.text
    assert re.search(r"late since Sat.2026.11.21", page.text)
    assert "ค่าสารเคมี" not in page.text


async def test_the_list_says_the_same_as_the_board(house: StaffedBed) -> None:
    """For printing and for screen readers there is one table."""
    async with house.signed_in("finance-officer") as browser:
        page = await browser.get("/board/list?whose=all")
    assert re.findall(r'class="cell number" href="/look-up/([\d-]+)"', page.text) == [
        THREE, ONE, TWO,
    ]  # fmt: skip


async def test_the_look_up_shows_exactly_what_the_payee_sees(house: StaffedBed) -> None:
    """Letter by letter, but for the question and the rating, which are the payee's alone."""
    cookie = await _payee_cookie(house, "anna")
    async with house.bed.client(cookie=cookie) as payee:
        own = await payee.get(f"/case/{THREE}")
    async with house.signed_in("finance-officer") as browser:
        shown = await browser.get(f"/look-up/{THREE}?payee=1")
    seen = _case_part(shown.text)
    assert "ค่าเดินทาง" not in seen, "a title of several payees is none of theirs"
    ask = re.compile(r'<form class="actions".*?</form>', re.DOTALL)
    assert _plain(seen) == _plain(ask.sub("", _case_part(own.text)))


async def test_a_look_is_written_down_before_it_is_shown_and_the_payee_reads_it(
    house: StaffedBed,
) -> None:
    """Person, role, case, payee and reason stand in the log; the payee sees role and reason."""
    async with house.signed_in("finance-officer") as browser:
        found = await _look_for(browser, THREE, why="phone")
        assert found.status_code == 200
    row = await house.bed.pool.fetchrow(
        "select person, role, what, case_id, payee_id, reason from access_log"
        " where what = 'look-up'"
    )
    assert row is not None
    assert tuple(row) == ("demo-finance-officer", "finance-officer", "look-up", 3, "anna", "phone")
    cookie = await _payee_cookie(house, "anna")
    async with house.bed.client(cookie=cookie) as payee:
        page = await payee.get("/me/looks?lang=en")
    assert "Finance officer" in page.text
    assert "the payee is on the telephone" in page.text


async def test_what_is_looked_for_stands_in_no_address(house: StaffedBed) -> None:
    """A name is typed into a form; the address that follows carries it sealed."""
    async with house.signed_in("finance-officer") as browser:
        page = await browser.get("/look-up")
        sent = {"csrf": csrf_of(page), "q": "เบิร์ต", "why": "desk"}
        answer = await browser.post("/look-up", data=sent)
        assert re.fullmatch(r"/look-up\?found=[\w-]+", answer.headers["location"])
        shown = await browser.get(answer.headers["location"])
    assert TWO in shown.text
    async with house.signed_in("auditor") as other:
        shown = await other.get(answer.headers["location"])
    assert "เบิร์ต" not in shown.text


async def test_only_officers_and_auditors_look_and_auditors_change_nothing(
    house: StaffedBed,
) -> None:
    """Executives and operators see nobody's case; an auditor sees no button of an officer."""
    for person in ("executive", "operator"):
        async with house.signed_in(person) as browser:
            for path in ("/board", "/look-up", f"/look-up/{ONE}"):
                assert (await browser.get(path)).status_code == 403
    async with house.signed_in("auditor") as browser:
        assert (await browser.get("/board")).status_code == 403
        page = await browser.get(f"/look-up/{ONE}")
        assert page.status_code == 200
        assert "/correct/" not in page.text


async def _look_for(browser: httpx.AsyncClient, text: str, why: str = "work") -> httpx.Response:
    page = await browser.get("/look-up")
    sent = {"csrf": csrf_of(page), "q": text, "why": why}
    answer = await browser.post("/look-up", data=sent)
    return await browser.get(answer.headers["location"])


async def _payee_cookie(house: StaffedBed, payee_id: str) -> str:
    """A session of a payee, begun as the sign-in begins one."""
    from starlette.requests import Request

    scope = {"type": "http", "headers": [], "method": "GET", "path": "/", "query_string": b""}
    cookie = await house.bed.house.people.begin("payee", payee_id, {}, Request(scope))
    return f"{cookie.name}={cookie.value}"


def _case_part(page: str) -> str:
    """The payee's view of a case within a page."""
    begin, end = page.index('<div class="case-head">'), page.index('aria-labelledby="sources"')
    return page[begin:end]


def _plain(html: str) -> list[str]:
    return [line.strip() for line in html.splitlines() if line.strip()]
