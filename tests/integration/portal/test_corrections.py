"""Corrections: always with a reason, shown before they are sent, sent once, and on record."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from chassis.shortnumber import number_of
from ground.databases import Database
from portal import watch_store

from tests.integration.portal import said
from tests.integration.portal.staffed import StaffedBed, csrf_of, staffed

ONE, TWO = number_of(10_000_001), number_of(20_000_002)
LISTS = "/work"
CLAIM, RECEIPT = ["claim", "sci-chem", "2569", "69-1"], ["receipt", "finance", "2569", "R-1"]
OTHER = ["claim", "sci-bio", "2569", "69-2"]


class Intake:
    """Stands where intake stands: keeps what it is sent and answers as it is told."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.status = 202

    def answer(self, request: httpx.Request) -> httpx.Response:
        """One event."""
        self.sent.append(orjson.loads(request.content))
        finding = {"pointer": "/data/refs", "rule": "known", "remedy": "Name it otherwise."}
        return httpx.Response(
            self.status, json={"findings": [finding] if self.status > 299 else []}
        )


@pytest.fixture
async def house(database: Database) -> AsyncIterator[StaffedBed]:
    """A case at finance, one at another unit."""
    async with staffed(database) as made:
        sent = said.event("submitted", "2026-11-16T02:00", role="unit")
        came = said.event("received", "2026-11-17T02:00")
        at_chem: dict[str, Any] = {"unit": "sci-chem", "number": ONE, "joining": [CLAIM, RECEIPT]}
        await made.bed.say(
            said.payee("anna"),
            said.case_status(1, sent, came, **at_chem),
            said.case_status(1, sent, case=2, unit="sci-bio", number=TWO, joining=[OTHER]),
            said.line_status(1, said.line("anna")),
        )
        yield made


@pytest.fixture
def intake(house: StaffedBed) -> Intake:
    """An intake that takes everything."""
    stand_in = Intake()
    outgoing: Any = house.bed.house.outgoing
    outgoing._client = httpx.AsyncClient(
        transport=httpx.MockTransport(stand_in.answer), base_url="http://intake"
    )
    return stand_in


async def preview(browser: httpx.AsyncClient, action: str, **fields: str) -> httpx.Response:
    """Fill the form in and look at what will change."""
    page = await browser.get("/look-up")
    return await browser.post(f"/correct/{ONE}/{action}", data={"csrf": csrf_of(page), **fields})


async def send(browser: httpx.AsyncClient, action: str, page: httpx.Response) -> httpx.Response:
    """Send what was looked at."""
    found = re.search(r'name="draft" value="([\w-]+)"', page.text)
    assert found is not None, page.text
    told = {"csrf": csrf_of(page), "draft": found[1]}
    return await browser.post(f"/correct/{ONE}/{action}", data=told)


async def test_a_correction_without_a_reason_is_not_even_previewed(
    house: StaffedBed, intake: Intake
) -> None:
    """A code where the process has some, words where it has none."""
    async with house.signed_in("finance-officer") as browser:
        assert (await preview(browser, "delay", note="so")).status_code == 422
        assert (await preview(browser, "fact", fact="in-process")).status_code == 422
    assert intake.sent == []


async def test_a_fact_shows_the_stage_it_leads_to_and_is_sent_only_then(
    house: StaffedBed, intake: Intake
) -> None:
    """The preview says from where to where; sending is a second press; both together are one."""
    async with house.signed_in("finance-officer") as browser:
        page = await preview(browser, "fact", fact="in-process", note="the ERP was down")
        assert "กองคลังกำลังดำเนินการเบิกจ่าย" in page.text
        assert intake.sent == []
        first = await send(browser, "fact", page)
        again = await send(browser, "fact", page)
    assert first.headers["location"] == again.headers["location"] == f"/look-up/{ONE}?said=sent"
    assert intake.sent[0] == intake.sent[1], "a second press says the very same"
    event = intake.sent[0]
    assert (event["source"], event["type"]) == ("portal", "tidtam.disbursement.in-process")
    ref = {"scheme": "claim", "issuer": "sci-chem", "scope": "2569", "value": "69-1"}
    assert event["data"]["refs"] == [ref]


async def test_who_corrected_and_why_stands_in_the_log_before_it_is_sent(
    house: StaffedBed, intake: Intake
) -> None:
    """Person, fact, event and reason; no topic carries the person."""
    async with house.signed_in("unit-officer") as browser:
        page = await preview(browser, "delay", code="awaiting-papers", note="ใบเสร็จตัวจริง")
        await send(browser, "delay", page)
    event = intake.sent[0]
    row = await house.bed.pool.fetchrow(
        "select person, what, case_id, reason from access_log where what like 'correction delayed%'"
    )
    assert row is not None
    assert tuple(row) == (
        "demo-unit-officer",
        f"correction delayed {event['id']}",
        1,
        "awaiting-papers · ใบเสร็จตัวจริง",
    )
    assert event["data"]["reason"] == {"code": "awaiting-papers", "text": "ใบเสร็จตัวจริง"}
    assert "demo-unit-officer" not in str(event)


async def test_a_fact_that_would_be_a_contradiction_says_so_before_it_is_sent(
    house: StaffedBed,
) -> None:
    """Submitted after finance has it would go back: nothing would change."""
    async with house.signed_in("finance-officer") as browser:
        page = await preview(browser, "fact", fact="submitted", note="late paper")
    assert "ย้อนขั้นตอนโดยไม่มีเหตุ" in page.text


async def test_retracting_names_the_event_and_shows_what_stands_then(
    house: StaffedBed, intake: Intake
) -> None:
    """A unit officer takes back what the unit said, finance also what finance said."""
    async with house.signed_in("unit-officer") as browser:
        page = await browser.get(f"/correct/{ONE}/retract")
        assert page.text.count('name="event"') == 1
    async with house.signed_in("finance-officer") as browser:
        page = await preview(browser, "retract", event="0", code="entered-wrongly")
        assert "อยู่ระหว่างดำเนินการที่หน่วยงาน" in page.text
        await send(browser, "retract", page)
    assert intake.sent[0]["data"]["retracts"] == {
        "source": "erp",
        "id": "received-2026-11-17T02:00",
    }


async def test_joining_names_both_numbers_also_one_that_waits_unmatched(
    house: StaffedBed, intake: Intake
) -> None:
    """The other is found by its short number, or among what intake says is unmatched."""
    waiting = ["erp-document", "finance", "2569", "D-9"]
    report = {"unmatched": [{"source": "erp", "id": "x", "fact": "in-process",
                             "references": [waiting], "age_seconds": 90_000}]}  # fmt: skip
    now = house.bed.clock.at
    await watch_store.save_report(house.bed.pool, "intake", "unmatched", report, now)  # type: ignore[arg-type]
    async with house.signed_in("finance-officer") as browser:
        page = await preview(browser, "link", other=TWO, code="wrong-case")
        assert TWO in page.text
        await send(browser, "link", page)
        page = await preview(browser, "link", other="d-9", code="wrong-case")
        await send(browser, "link", page)
        missing = await preview(browser, "link", other="nothing", code="wrong-case")
        listed = await browser.get(f"{LISTS}/unmatched")
    assert [one["data"]["link"][1]["value"] for one in intake.sent] == ["69-2", "D-9"]
    assert "refs" not in intake.sent[0]["data"]
    assert missing.status_code == 422
    assert "D-9" in listed.text


async def test_a_unit_officer_neither_joins_nor_touches_another_units_case(
    house: StaffedBed,
) -> None:
    """Joining is finance's; a case of another unit is as absent as one there is not."""
    async with house.signed_in("unit-officer") as browser:
        for path in (f"/correct/{ONE}/link", f"/correct/{TWO}/delay", f"/correct/{ONE}/nothing"):
            assert (await browser.get(path)).status_code == 404
    async with house.signed_in("auditor") as browser:
        assert (await browser.get(f"/correct/{ONE}/delay")).status_code == 403


async def test_what_intake_refuses_is_said_with_its_remedy_and_what_is_away_can_be_sent_again(
    house: StaffedBed, intake: Intake
) -> None:
    """Nothing is lost and nothing is doubled."""
    async with house.signed_in("finance-officer") as browser:
        page = await preview(browser, "delay", code="year-end")
        intake.status = 422
        refused = await send(browser, "delay", page)
        assert (refused.status_code, "Name it otherwise." in refused.text) == (422, True)
        intake.status = 503
        away = await send(browser, "delay", page)
        assert away.status_code == 503
        intake.status = 200
        assert (await send(browser, "delay", away)).status_code == 303
    assert len({one["id"] for one in intake.sent}) == 1


async def test_a_draft_of_somebody_else_is_no_draft(house: StaffedBed, intake: Intake) -> None:
    """A correction is sent by who previewed it, on the case it was made for."""
    async with house.signed_in("finance-officer") as browser:
        page = await preview(browser, "delay", code="year-end")
    found = re.search(r'name="draft" value="([\w-]+)"', page.text)
    assert found is not None
    async with house.signed_in("unit-officer") as other:
        token = csrf_of(await other.get("/look-up"))
        told = {"csrf": token, "draft": found[1]}
        assert (await other.post(f"/correct/{ONE}/delay", data=told)).status_code == 403
    assert intake.sent == []


async def test_the_work_lists_open_for_officers(house: StaffedBed) -> None:
    """Each list answers, empty or not, in both languages."""
    async with house.signed_in("finance-officer") as browser:
        for name in ("contradictions", "undetermined", "unmatched", "joins", "unreachable", "held"):
            for lang in ("th", "en"):
                assert (await browser.get(f"{LISTS}/{name}?lang={lang}")).status_code == 200
        assert (await browser.get(f"{LISTS}/others")).status_code == 404


@pytest.mark.parametrize("action", ["delay", "fact", "retract", "link", "unlink"])
async def test_every_form_opens_in_both_languages(house: StaffedBed, action: str) -> None:
    """No page lacks a word."""
    async with house.signed_in("finance-officer") as browser:
        for lang in ("th", "en"):
            page = await browser.get(f"/correct/{ONE}/{action}?lang={lang}")
            assert page.status_code == 200
        page = await browser.get(f"/correct/{ONE}/fact?fact=transferred")
        assert 'name="reference"' in page.text
