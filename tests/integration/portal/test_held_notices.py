"""Held notices on finance's work list: released or dropped through notify itself, with a reason."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from chassis.shortnumber import number_of
from ground.databases import Database
from notify.ops import ops_routes
from portal.pages.work import HERE
from starlette.applications import Starlette

from tests.integration.notify.bed import Bed as NotifyBed
from tests.integration.notify.bed import close_bed as close_notify
from tests.integration.notify.bed import make_bed as make_notify
from tests.integration.notify.channels.mail_server import MailServer
from tests.integration.notify.said import envelope
from tests.integration.portal import said
from tests.integration.portal.staffed import StaffedBed, csrf_of, staffed

HELD = f"{HERE}/held"
PAID = said.event("transferred", "2026-11-23T02:00")


@pytest.fixture
async def house(database: Database) -> AsyncIterator[StaffedBed]:
    """The portal alone."""
    async with staffed(database, notify_url="http://notify.test") as made:
        yield made


@pytest.fixture
async def notify(database: Database, house: StaffedBed) -> AsyncIterator[NotifyBed]:
    """Notify beside it in one database, all of this hour's notices held; the portal can ask it."""
    server = MailServer()
    bed = await make_notify(database, server)
    await bed.base.pool.execute(
        "insert into hour_count values (date_trunc('hour', $1::timestamptz), 9999)", bed.clock.at
    )
    await answered_by(house, bed)
    yield bed
    await close_notify(bed)
    await server.close()


async def answered_by(house: StaffedBed, notify: NotifyBed | None, status: int = 0) -> None:
    """Whom the portal reaches: notify itself, a server that answers *status*, or nobody."""
    services = house.bed.works.services
    await services.close()
    transport: Any = httpx.MockTransport(lambda request: refused(request, status))
    if notify is not None:
        parts = (notify.telling, notify.gateway, notify.changes, asyncio.Event())
        transport = httpx.ASGITransport(app=Starlette(routes=ops_routes(notify.base, *parts)))
    services.client = httpx.AsyncClient(transport=transport)


def refused(request: httpx.Request, status: int) -> httpx.Response:
    """An answer of *status*; 0 is nobody there."""
    if not status:
        raise httpx.ConnectError("nobody", request=request)
    return httpx.Response(status)


async def pay(house: StaffedBed, notify: NotifyBed, *cases: int) -> None:
    """Pay Anna in some cases: each is told twice, by mail and in the inbox, and both are held."""
    for case in cases:
        paid = {**PAID, "id": f"paid-{case}"}
        lines = said.line_status(1, said.paid_line(paid), case=case)
        number = number_of(case * 10_000_001)
        status = said.case_status(1, paid, case=case, number=number, unit="sci-chem",
                                  lines="transferred")  # fmt: skip
        await notify.say(said.payee("anna", email="anna@example.org"), lines, status)
        await house.bed.say(said.payee("anna"), status, lines)
    await hear(house, notify)


async def hear(house: StaffedBed, notify: NotifyBed) -> None:
    """Let the portal read what notify told."""
    for data in await notify.told():
        await house.bed.say(envelope("notification", f"{data['notice']}/{data['version']}", data))


async def states(house: StaffedBed) -> list[str]:
    """The states of all notices as the portal knows them."""
    rows = await house.bed.pool.fetch("select state from notice_row order by state")
    return [row[0] for row in rows]


async def ids(browser: httpx.AsyncClient) -> list[str]:
    """The notices that may be chosen."""
    return re.findall(r'name="notice" value="(\w+)"', (await browser.get(HELD)).text)


async def decide(browser: httpx.AsyncClient, do: str, **fields: Any) -> httpx.Response:
    """Send the form of the list."""
    token = csrf_of(await browser.get("/look-up"))
    return await browser.post(HELD, data={"csrf": token, "do": do, **fields})


async def test_single_notices_are_released_and_leave_the_list(
    house: StaffedBed, notify: NotifyBed
) -> None:
    """The chosen go on their way, the others stay held; the page says how many."""
    await pay(house, notify, 1, 2)
    async with house.signed_in("finance-officer") as browser:
        some = (await ids(browser))[:1]
        done = await decide(browser, "release", notice=some, reason="ตรวจแล้ว ถูกต้อง")
        assert done.headers["location"] == f"{HELD}?said=released&n=1"
        assert "1 notice released" in (await browser.get(f"{HELD}?said=released&n=1&lang=en")).text
        await hear(house, notify)
        assert 3 == len(await ids(browser))
    assert 3 == (await states(house)).count("held")


async def test_a_whole_kind_is_dropped_with_a_reason_on_record(
    house: StaffedBed, notify: NotifyBed
) -> None:
    """None of it is ever sent; who decided and why stands in the access log."""
    await pay(house, notify, 1, 2)
    async with house.signed_in("finance-officer") as browser:
        assert "4 notices" in (await browser.get(f"{HELD}?lang=en")).text
        done = await decide(browser, "drop", rule="paid", reason="ส่งซ้ำจากการทดสอบ")
        assert done.headers["location"] == f"{HELD}?said=dropped&n=4"
    await hear(house, notify)
    assert ["suppressed"] * 4 == await states(house)
    assert [] == await notify.sent()
    row = await house.bed.pool.fetchrow(
        "select person, reason from access_log where what = 'held notices of paid: drop'"
    )
    assert row is not None
    assert ("demo-finance-officer", "ส่งซ้ำจากการทดสอบ") == tuple(row)


async def test_a_second_press_decides_nothing_twice(house: StaffedBed, notify: NotifyBed) -> None:
    """What was decided already is no longer held, and the page says that it was none."""
    await pay(house, notify, 1)
    async with house.signed_in("finance-officer") as browser:
        some = await ids(browser)
        await decide(browser, "release", notice=some, reason="ถูกต้อง")
        again = await decide(browser, "drop", notice=some, reason="ผิด")
    assert again.headers["location"] == f"{HELD}?said=dropped&n=0"
    assert 1 == len(await notify.sent())


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"reason": "ถูกต้อง"}, "chosen"), ({"rule": "paid"}, "reason"),
     ({"rule": "paid", "reason": "ก" * 501}, "reason")],
)  # fmt: skip
async def test_nothing_is_decided_without_a_choice_and_a_reason(
    house: StaffedBed, notify: NotifyBed, fields: dict[str, str], field: str
) -> None:
    """The form comes back with what is wrong and with what was filled in."""
    await pay(house, notify, 1)
    async with house.signed_in("finance-officer") as browser:
        page = await decide(browser, "release", **fields)
    assert (422, True) == (page.status_code, f'href="#{field}"' in page.text)
    assert ('value="paid" checked' in page.text) == ("rule" in fields)
    await hear(house, notify)
    assert ["held", "held"] == await states(house)


@pytest.mark.parametrize("status", [0, 422, 503])
async def test_where_notify_gives_no_answer_the_page_says_so_and_keeps_the_form(
    house: StaffedBed, notify: NotifyBed, status: int
) -> None:
    """Nothing is lost: the same choice may be sent again, and then it is done."""
    await pay(house, notify, 1)
    async with house.signed_in("finance-officer") as browser:
        await answered_by(house, None, status)
        page = await decide(browser, "release", rule="paid", reason="ถูกต้อง")
        assert 503 == page.status_code
        assert "ระบบแจ้งเตือนไม่ตอบ" in page.text
        assert 'value="paid" checked' in page.text
        await answered_by(house, notify)
        done = await decide(browser, "release", rule="paid", reason="ถูกต้อง")
    assert done.headers["location"] == f"{HELD}?said=released&n=2"


async def test_only_finance_decides(house: StaffedBed, notify: NotifyBed) -> None:
    """A unit officer sees that the unit's notices are held, and has no button."""
    await pay(house, notify, 1)
    async with house.signed_in("unit-officer") as browser:
        page = await browser.get(HELD)
        assert number_of(10_000_001) in page.text
        assert 'name="do"' not in page.text
        assert 403 == (await decide(browser, "drop", rule="paid", reason="x" * 9)).status_code
    async with house.signed_in("finance-officer") as browser:
        assert 400 == (await decide(browser, "burn", rule="paid", reason="x" * 9)).status_code
    assert ["held", "held"] == await states(house)


async def test_a_held_letter_about_a_change_of_address_is_on_the_list(
    house: StaffedBed, notify: NotifyBed
) -> None:
    """It is about no case, has no number, and is decided like the others."""
    await notify.say(said.payee("anna", email="old@example.org"))
    await notify.say(said.payee("anna", 2, email="new@example.org"))
    await hear(house, notify)
    async with house.signed_in("finance-officer") as browser:
        some = await ids(browser)
        assert 1 == len(some)
        done = await decide(browser, "release", notice=some, reason="เจ้าตัวแจ้งเอง")
    assert done.headers["location"] == f"{HELD}?said=released&n=1"
    async with house.signed_in("unit-officer") as browser:
        assert "ไม่มีอะไรค้าง" in (await browser.get(HELD)).text
