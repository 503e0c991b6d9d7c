"""Offices are told once a day, where the list of offices says on that day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.integration.notify.bed import Bed
from tests.integration.notify.said import (
    case_sla,
    case_status,
    clock,
    event,
    line,
    line_status,
    sla_event,
)

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
