"""Offices are told once a day, where the list of offices says on that day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from contracts.canonical import canonical_sha256
from contracts.office_file import load_offices

from contracts import office
from tests.integration.notify.bed import Bed
from tests.integration.notify.said import (
    case_sla,
    case_status,
    clock,
    event,
    line,
    line_status,
    payee,
    sla_event,
)
from tests.unit.contracts.saying import HOME

RETURNED = event("returned", "2026-11-23T01:00", reason="papers-missing")
AGAIN = event("returned", "2026-11-23T04:00", "held", reason="papers-missing")


def offices(*rows: dict[str, Any]) -> dict[str, Any]:
    """A list of offices, as `config apply` sends it."""
    return {"offices": [{"name": "offices", "zone": "Asia/Bangkok", "offices": list(rows)}]}


def unit_office(email: str = "science@example.org", **more: Any) -> dict[str, Any]:
    """The office of the unit `science`, since the beginning of the year."""
    said = {"kind": "unit-office", "id": "science", "email": email, "valid_from": "2026-01-01"}
    return {**said, **more}


async def test_a_unit_gets_one_letter_a_day(bed: Bed) -> None:
    """Two returned claims are one digest the next working morning, not two letters at once."""
    await bed.ask("PUT", "/ops/config", offices(unit_office()))
    await bed.say(case_status(1, RETURNED))
    await bed.say(case_status(1, {**RETURNED, "id": "other"}, case=2, number="4821-7735-6"))
    assert [] == await bed.later(hours=22)
    (letter,) = await bed.later(hours=2)
    assert "science@example.org" == letter["To"]
    assert [] == await bed.later(hours=24)


async def test_a_second_return_is_told_again(bed: Bed) -> None:
    """Returned once more, with papers of its own: the office hears of both."""
    await bed.ask("PUT", "/ops/config", offices(unit_office()))
    await bed.say(case_status(1, RETURNED))
    assert 1 == len(await bed.later(hours=24))
    await bed.say(case_status(2, RETURNED, AGAIN))
    assert 1 == len(await bed.later(hours=24))
    mails = await bed.mails()
    assert [("returned", "sent", None), ("returned", "sent", None)] == mails


async def test_an_office_without_address_is_told_when_it_has_one(bed: Bed) -> None:
    """What found no address lately goes out when the list of offices is applied."""
    await bed.say(case_status(1, RETURNED))
    assert [("returned", "suppressed", "no-address")] == await bed.mails()
    await bed.ask("PUT", "/ops/config", offices(unit_office()))
    assert ["science@example.org"] == [one["To"] for one in await bed.later(hours=24)]


async def test_the_address_is_that_of_the_day(bed: Bed) -> None:
    """An office that moves is reached where it is on the day of the letter."""
    moved = (
        unit_office(valid_until="2026-11-23"),
        unit_office("new@example.org", valid_from="2026-11-24", language="en"),
    )
    await bed.ask("PUT", "/ops/config", offices(*moved))
    await bed.say(case_status(1, RETURNED))
    (letter,) = await bed.later(hours=24)
    assert "new@example.org" == letter["To"]


async def test_who_has_the_case_is_told_that_it_is_overdue(bed: Bed) -> None:
    """The officer of finance hears of a breach in office hours; the head when it stays so."""
    finance = {"kind": "officer", "id": "finance", "email": "finance@example.org"}
    head = {"kind": "desk", "id": "finance-head", "email": "head@example.org"}
    since = {"valid_from": "2026-01-01"}
    await bed.ask("PUT", "/ops/config", offices({**finance, **since}, {**head, **since}))
    started = event("received", "2026-11-09T01:00")
    await bed.say(
        line_status(1, line()),
        case_status(1, started),
        case_sla(1, 1, clock(started, state="breached", remaining=0)),
        sla_event("breached", started, "2026-11-22T17:00"),
    )
    assert ["finance@example.org"] == [one["To"] for one in await bed.sent()]
    bed.clock.at += timedelta(days=2)
    await bed.say(sla_event("reminder-due", started, "2026-11-24T17:00", offset=3))
    assert ["head@example.org"] == [one["To"] for one in await bed.later(hours=24)]


async def test_a_list_that_contradicts_itself_is_refused(bed: Bed) -> None:
    """Two addresses of one office on one day are a mistake of the list; nothing is applied."""
    both = offices(unit_office(), unit_office("other@example.org", valid_from="2026-02-01"))
    answer = await bed.request("PUT", "/ops/config", both)
    assert 422 == answer.status_code
    assert "two addresses" in answer.json()["error"]
    payee = offices({**unit_office(), "kind": "payee"})
    assert 422 == (await bed.request("PUT", "/ops/config", payee)).status_code
    assert [] == (await bed.ask("GET", "/ops/config"))["offices"]


def rows_of(**changed: Any) -> dict[str, Any]:
    """An office that stands for two units and a desk, as `config apply` sends it."""
    roles = (("unit-office", "science"), ("unit-office", "biology"), ("desk", "finance-head"))
    return offices(
        *(unit_office(kind=kind, id=one, office="faculty", **changed) for kind, one in roles)
    )


async def breached(bed: Bed, started: dict[str, Any], case: int = 1) -> None:
    """A claim that finance has had for too long."""
    await bed.say(
        line_status(1, line(), case=case),
        case_status(1, started, case=case),
        case_sla(1, 1, clock(started, state="breached", remaining=0), case=case),
        sla_event("breached", started, "2026-11-22T17:00", case=case),
    )


async def test_an_office_that_stands_for_several_gets_one_letter_a_day(bed: Bed) -> None:
    """Two units and a desk of one office: all their news of a day is one digest."""
    await bed.ask("PUT", "/ops/config", rows_of())
    started = event("received", "2026-11-09T01:00")
    await breached(bed, started, case=3)
    await bed.say(case_status(1, RETURNED))
    await bed.say(case_status(1, {**RETURNED, "id": "b"}, case=2, unit="biology"))
    await bed.say(sla_event("reminder-due", started, "2026-11-22T17:00", case=3, offset=3))
    (letter,) = await bed.later(hours=24)
    assert letter["Subject"].endswith("จำนวน 3 รายการ")
    told = [one for case in (1, 2, 3) for one in await bed.notices(case)]
    of_office = {one["message"] for one in told if one["channel"] == "email" and one["told_at"]}
    assert {letter["Message-ID"].strip("<>").partition("@")[0]} == of_office
    assert [] == await bed.later(hours=24)


async def test_an_office_that_wants_no_digest(bed: Bed) -> None:
    """It is told at once within its hours, and what comes at night waits for the morning."""
    await bed.ask("PUT", "/ops/config", rows_of(digest=False))
    await bed.say(case_status(1, RETURNED))
    (letter,) = await bed.sent()
    assert "ส่งกลับ" in letter["Subject"]
    bed.clock.at += timedelta(hours=9)
    await bed.say(case_status(1, {**RETURNED, "id": "b"}, case=2))
    assert [] == await bed.sent()
    assert 1 == len(await bed.later(hours=15))


async def test_a_digest_that_was_put_off_goes_out_the_same_day(bed: Bed) -> None:
    """Where the mail server fails at half past eight, nobody waits for tomorrow's digest."""
    await bed.ask("PUT", "/ops/config", rows_of())
    await bed.say(case_status(1, RETURNED))
    bed.mail.at_letter = "451 4.3.0 try again later"
    await bed.later(hours=23)
    bed.mail.at_letter = ""
    assert ["science@example.org"] == [one["To"] for one in await bed.later(minutes=2)]


async def test_an_office_reads_its_own_language(bed: Bed) -> None:
    """English where the list says so, and the digest names the day."""
    await bed.ask("PUT", "/ops/config", rows_of(language="en"))
    await bed.say(case_status(1, RETURNED))
    (letter,) = await bed.later(hours=24)
    assert letter["Subject"].startswith("News for your office of Tue 2026-11-24")


@pytest.mark.parametrize("kind", ["met", "missed", "voided"])
async def test_a_reminder_stops_when_the_obligation_ends(bed: Bed, kind: str) -> None:
    """Asked for at night and pointless in the morning, it is not sent; nor one that comes late."""
    await bed.ask("PUT", "/ops/config", rows_of())
    started = event("received", "2026-11-09T01:00")
    await breached(bed, started)
    await bed.say(sla_event("reminder-due", started, "2026-11-22T17:00", offset=2))
    await bed.say(sla_event(kind, started, "2026-11-23T04:00"))
    await bed.say(sla_event("reminder-due", started, "2026-11-22T17:01", offset=3))
    assert [] == [one["To"] for one in await bed.later(hours=24)]
    reminders = [one for one in await bed.mails() if one[0] == "overdue-head"]
    expected = ("overdue-head", "suppressed", "superseded-before-sending")
    assert [expected, expected] == reminders


async def test_a_reminder_falls_with_its_breach(bed: Bed) -> None:
    """A breach that a late fact takes back reminds nobody any more."""
    await bed.ask("PUT", "/ops/config", rows_of())
    started = event("received", "2026-11-09T01:00")
    await breached(bed, started)
    await bed.say(sla_event("reminder-due", started, "2026-11-22T17:00", offset=2))
    await bed.say(sla_event("superseded", started, "2026-11-23T03:00", of="breached"))
    assert [] == [one["To"] for one in await bed.later(hours=24)]


async def test_a_payee_is_sent_to_the_units_own_office(bed: Bed) -> None:
    """While the unit has the claim, whom to contact is its office: name, telephone, hours."""
    title = {"th": "งานคลังคณะวิทยาศาสตร์", "en": "Science finance"}
    said = {"title": title, "contact": {"th": "คุณสมมติ", "en": "Khun Sommut"}}
    hours = {"th": "วันทำการ 09.00–15.00 น.", "en": "Working days 09:00–15:00"}
    more = {**said, "telephone": "02 000 2101", "hours": hours}
    await bed.ask("PUT", "/ops/config", offices(unit_office(**more)))
    withdrawn = event("withdrawn", "2026-11-23T01:00")
    await bed.say(payee(email="anna@example.org"), line_status(1, line()))
    await bed.say(case_status(1, withdrawn))
    (letter,) = await bed.sent()
    body = letter.get_body(("plain",))
    assert body is not None
    words = body.get_content()
    for word in (f"{title['th']} (คุณสมมติ)", "02 000 2101", "09.00–15.00", "science@example.org"):
        assert word in words
    received = event("received", "2026-11-23T01:30", source="erp")
    await bed.say(case_status(2, withdrawn, received))
    assert "งานรับเรื่อง กองคลัง" in str((await bed.sent())[-1].get_body(("plain",)).get_content())


async def test_the_committed_list_is_applied_and_shown(bed: Bed) -> None:
    """What `config apply` sends is where offices are reached today."""
    listed = office.to_json(load_offices(HOME / "offices" / "university.yaml"))
    applied = await bed.ask("PUT", "/ops/config", {"offices": [listed]})
    assert {"university": 1} == applied["applied"]["offices"]
    shown = (await bed.ask("GET", "/ops/offices"))["offices"]
    assert ("desk", "finance-director", "director@finance.example") in [
        (one["kind"], one["id"], one["email"]) for one in shown
    ]
    assert len(listed["offices"]) == len(shown)
    (version,) = (await bed.ask("GET", "/ops/config"))["offices"]
    assert canonical_sha256(listed).hex() == version["sha256"]
