"""A change of contact is told to the address that was left, and names no other."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import orjson
import pytest
from ground.databases import Database
from notify.guard import TIMES_MAX, USUAL_MIN

from tests.integration.notify.bed import Bed, close_bed, make_bed
from tests.integration.notify.outside import NEWS, USER, House
from tests.integration.notify.said import payee

OLD, NEW = "old@example.org", "new@example.org"


def said(version: int, at: str = "2026-11-23T02:00:00.000000Z", **contact: Any) -> bytes:
    """A state of Anna's, said at that time."""
    message = orjson.loads(payee("anna", version, **contact))
    message["data"]["said_at"] = at
    return orjson.dumps(message)


def whole(letter: EmailMessage) -> str:
    """All words of a letter: subject, text and HTML."""
    parts = [letter.get_body((kind,)) for kind in ("plain", "html")]
    return "\n".join([letter["Subject"], *(str(p.get_content()) for p in parts if p is not None)])


async def changes(bed: Bed) -> list[tuple[str, str, str | None]]:
    """Channel, state and reason of the letters to old addresses, newest first."""
    rows = (await bed.ask("GET", "/ops/contact-changes"))["contact_changes"]
    return [(row["channel"], row["state"], row["reason"]) for row in rows]


async def test_the_old_address_is_told_once_and_not_the_new_one(bed: Bed) -> None:
    """One letter to the old address, whatever is repeated; the new one stands nowhere in it."""
    await bed.say(said(1, email=OLD))
    assert [] == await bed.sent()
    await bed.say(said(2, email=NEW), said(2, email=NEW))
    (letter,) = await bed.sent()
    assert (OLD, "th") == (letter["To"], letter["Content-Language"])
    for word in ("เปลี่ยนช่องทางติดต่อ", "23 พ.ย. 2569", "02 000 1201", "อีเมลนี้"):
        assert word in whole(letter)
    assert NEW not in whole(letter)
    assert "new@" not in str(letter)
    await bed.say(said(2, email=NEW))
    assert [] == await bed.sent()
    assert [("email", "sent", None)] == await changes(bed)


async def test_who_reads_english_is_told_in_english(bed: Bed) -> None:
    """In the language of who read there, not of who reads at the new address."""
    await bed.say(said(1, email=OLD, language="en"), said(2, email=NEW, language="th"))
    await bed.say(said(3, email=OLD, language="en"))
    await bed.sent()
    await bed.say(said(4, email=NEW, language="th"))
    (letter,) = await bed.sent()
    assert ("en", "Your contact details have been changed") == (
        letter["Content-Language"],
        letter["Subject"],
    )
    assert "Mon 2026-11-23" in whole(letter)


async def test_news_goes_to_the_new_address(bed: Bed) -> None:
    """The change is told to the old address, a payment to the new one."""
    await bed.say(said(1, email=OLD))
    await bed.say(said(2, email=NEW), *NEWS)
    assert {OLD: 1, NEW: 1} == counted(await bed.sent())


def counted(letters: list[EmailMessage]) -> dict[str, int]:
    """How many letters each address got."""
    found: dict[str, int] = {}
    for letter in letters:
        found[letter["To"]] = found.get(letter["To"], 0) + 1
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"email": OLD}, {"email": OLD.upper()}),
        ({"email": OLD}, {"email": OLD, "telephone": "02 000 0000"}),
        ({}, {"email": NEW}),
        ({"email": OLD, "language": "th"}, {"email": OLD, "language": "en"}),
    ],
)
async def test_what_leaves_no_address_tells_nobody(
    bed: Bed, before: dict[str, str], after: dict[str, str]
) -> None:
    """The same address written otherwise, another detail, and a first address are no change."""
    await bed.say(said(1, **before))
    await bed.say(said(2, **after))
    assert [] == await bed.sent()
    assert [] == await changes(bed)


async def test_an_address_that_is_taken_out_is_told(bed: Bed) -> None:
    """Without a new address the old one hears of it all the same."""
    await bed.say(said(1, email=OLD))
    await bed.say(said(2))
    assert [OLD] == [one["To"] for one in await bed.sent()]


async def test_an_address_that_another_took_the_place_of(bed: Bed) -> None:
    """Two payees prove to be one: the address that lost its place is told."""
    boon = orjson.loads(payee("boon", 1, email=OLD))
    await bed.say(orjson.dumps(boon), said(1, email=NEW))
    await bed.say(payee("boon", 2, to="anna", email=OLD))
    assert [OLD] == [one["To"] for one in await bed.sent()]


async def test_line_is_told_on_line(house: House) -> None:
    """The LINE account that was left hears of it there; the letters stay as they were."""
    await house.bed.say(said(1, line=USER, email=OLD))
    await house.bed.say(said(2, line="U" + "0" * 32, email=OLD))
    assert [] == await house.bed.sent()
    (heard,) = house.line.heard
    body = json.loads(heard.body)
    assert USER == body["to"]
    assert "LINE บัญชีนี้" in body["messages"][0]["text"]
    assert "0" * 32 not in body["messages"][0]["text"]


async def test_an_old_change_is_recorded_only(bed: Bed) -> None:
    """A replay of the past writes to nobody."""
    await bed.say(said(1, at="2026-10-01T02:00:00.000000Z", email=OLD))
    await bed.say(said(2, at="2026-10-02T02:00:00.000000Z", email=NEW))
    assert [] == await bed.sent()
    assert [("email", "suppressed", "too-old")] == await changes(bed)


async def test_nobody_is_woken_at_night(bed: Bed) -> None:
    """It waits for the hours in which payees may be disturbed."""
    bed.clock.at += timedelta(hours=12)
    await bed.say(said(1, email=OLD))
    await bed.say(said(2, email=NEW))
    assert [] == await bed.sent()
    assert [OLD] == [one["To"] for one in await bed.later(hours=11)]


async def test_what_the_server_puts_off_and_drops(bed: Bed) -> None:
    """Put off, it comes again; unknown, it is counted; always under one Message-ID."""
    await bed.say(said(1, email=OLD))
    await bed.say(said(2, email=NEW))
    bed.mail.at_letter = "451 4.3.0 try again later"
    assert [] == await bed.sent()
    assert [("email", "failed-temporary", None)] == await changes(bed)
    bed.mail.at_letter, bed.mail.drops_after_letter = "", True
    (first,) = await bed.later(minutes=2)
    assert ([("email", "unknown", None)], 1) == (await changes(bed), bed.unknown())
    bed.mail.drops_after_letter = False
    (again,) = await bed.later(minutes=6)
    assert first["Message-ID"] == again["Message-ID"]
    assert [("email", "sent", None)] == await changes(bed)


async def test_a_process_that_dies_with_the_letter(bed: Bed, database: Database) -> None:
    """Claimed and not sent: after the claim another process sends it, and it is counted."""
    await bed.say(said(1, email=OLD))
    await bed.say(said(2, email=NEW))
    await bed.changes._claim()
    other = await make_bed(database, bed.mail, applied=False)
    other.clock.at = bed.clock.at
    assert [] == await other.later(minutes=14)
    assert [OLD] == [one["To"] for one in await other.later(minutes=2)]
    assert 1 == other.unknown()
    await close_bed(other)


async def test_two_processes_send_once(bed: Bed, database: Database) -> None:
    """Beside a second process on the same tables the letter leaves once."""
    await bed.say(said(1, email=OLD))
    await bed.say(said(2, email=NEW))
    other = await make_bed(database, bed.mail, applied=False)
    other.clock.at = bed.clock.at
    assert 1 == await bed.changes.round() + await other.changes.round()
    await close_bed(other)
    assert 1 == len(bed.mail.letters)


async def test_the_address_is_sealed_and_then_forgotten(
    bed: Bed, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stands in no table in the clear, in no message and no log; once told, nowhere."""
    await bed.say(said(1, email=OLD))
    await bed.say(said(2, email=NEW))
    rows = await bed.base.pool.fetch("select t::text from contact_change t")
    assert 1 == len(rows)
    assert OLD not in rows[0][0]
    await bed.sent()
    assert 1 == await bed.base.pool.fetchval(
        "select count(*) from contact_change where sealed is null"
    )
    told = await bed.told()
    assert [(1, "requested"), (2, "sending"), (3, "sent")] == [
        (one["version"], one["state"]) for one in told
    ]
    (first, *_) = told
    assert (None, "contact-changed", ["urn:tidtam:intake", "payee/anna/2"]) == (
        first["case"],
        first["rule"],
        first["anchor"],
    )
    printed = capsys.readouterr()
    for place in (str(told), printed.out, printed.err):
        assert "example.org" not in place
        assert base64.b64encode(OLD.encode()).decode() not in place


async def test_a_forgotten_payee_is_forgotten_here_too(bed: Bed) -> None:
    """When the time of keeping is over, no letter to the old address waits either."""
    await bed.say(said(1, email=OLD))
    await bed.say(said(2, email=NEW))
    await bed.handlers.on_payee([bed.record("payee", None, b"anna")])
    assert [] == await bed.sent()
    assert [] == await changes(bed)


async def test_a_flood_of_changes_is_held(bed: Bed) -> None:
    """A source that changes everybody's address writes to nobody before somebody has looked."""
    count = TIMES_MAX * USUAL_MIN + 3
    names = [f"payee{number}" for number in range(count)]
    await bed.say(*(payee(name, 1, email=f"{name}@example.org") for name in names))
    await bed.say(*(payee(name, 2, email=f"{name}@new.example") for name in names))
    held = (await bed.ask("GET", "/ops/held"))["held"]
    assert [("contact-changed", 3)] == [(row["rule"], row["notices"]) for row in held]
    body = {"rule": "contact-changed"}
    assert {"released": 3} == await bed.ask("POST", "/ops/held/release", body)
    assert {"held": []} == await bed.ask("GET", "/ops/held")


async def test_what_is_held_may_be_dropped(bed: Bed) -> None:
    """Dropped, it stays on record and is never sent; other rules' words do not touch it."""
    await bed.say(said(1, email=OLD))
    await bed.base.pool.execute(
        "insert into hour_count values (date_trunc('hour', $1::timestamptz), 9999)", bed.clock.at
    )
    await bed.say(said(2, email=NEW))
    assert {"dropped": 0} == await bed.ask("POST", "/ops/held/drop", {"rule": "paid"})
    assert {"dropped": 1} == await bed.ask("POST", "/ops/held/drop", {"all": True})
    assert [] == await bed.sent()
    assert [("email", "suppressed", "dropped")] == await changes(bed)
