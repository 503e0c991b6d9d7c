"""A payment becomes a letter, once, whatever is repeated, replayed or rebuilt."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

from tests.integration.notify.bed import Bed
from tests.integration.notify.said import (
    NUMBER,
    case_sla,
    case_status,
    clock,
    event,
    line,
    line_status,
    paid_line,
    payee,
    sla_event,
)

RECEIVED = event("received", "2026-11-23T01:00")
PAID = event("transferred", "2026-11-23T02:00")
ANNA = payee(email="anna@example.org")
PAYMENT = (line_status(1, paid_line(PAID)), case_status(1, PAID, lines="transferred"))


def words(letter: EmailMessage) -> str:
    """Subject and plain text of a letter."""
    body = letter.get_body(("plain",))
    assert body is not None
    return f"{letter['Subject']}\n{body.get_content()}"


async def test_a_paid_case_mails_its_payee_once(bed: Bed) -> None:
    """The letter arrives in Thai with number, sum and reference; told again, nothing arrives."""
    await bed.say(ANNA, *PAYMENT)
    (letter,) = await bed.sent()
    assert ("anna@example.org", "th") == (letter["To"], letter["Content-Language"])
    for word in (NUMBER, "12,480.00 บาท", "TR-77", "จ่ายเงินแล้ว", "https://tidtam.example/cases/"):
        assert word in words(letter)
    await bed.say(ANNA, *PAYMENT)
    assert [] == await bed.sent()
    assert [("paid", "sent", None)] == await bed.mails()


async def test_who_reads_english_is_told_in_english(bed: Bed) -> None:
    """The payee's own language, in text and HTML."""
    await bed.say(payee(email="anna@example.org", language="en"), *PAYMENT)
    (letter,) = await bed.sent()
    assert "en" == letter["Content-Language"]
    assert "THB 12,480.00" in words(letter)
    html = letter.get_body(("html",))
    assert html is not None
    assert 'lang="en"' in html.get_content()


async def test_a_rebuild_tells_nothing_again(bed: Bed) -> None:
    """All cases told anew with higher versions: every identity is known."""
    await bed.say(ANNA, *PAYMENT)
    assert 1 == len(await bed.sent())
    rebuilt = case_status(1, PAID, lines="transferred", epoch=1, rebuilt=True)
    await bed.say(rebuilt, line_status(2, paid_line(PAID)))
    assert [] == await bed.sent()
    assert [("paid", "sent", None)] == await bed.mails()


async def test_a_replay_tells_nothing_and_a_live_event_after_it_does(bed: Bed) -> None:
    """Replayed facts are recorded; also where the live event comes in the same batch."""
    replayed = case_status(1, RECEIVED, replay=True)
    live = case_status(2, RECEIVED, PAID, lines="transferred")
    await bed.say(ANNA, line_status(2, paid_line(PAID)), replayed, live)
    (letter,) = await bed.sent()
    assert "TR-77" in words(letter)
    told = {one[0]: one[1:] for one in await bed.mails()}
    assert {"received": ("suppressed", "replay"), "paid": ("sent", None)} == told


async def test_old_news_is_recorded_only(bed: Bed) -> None:
    """A transfer of two months ago is nobody's news."""
    old = event("transferred", "2026-09-21T02:00")
    await bed.say(ANNA, line_status(1, paid_line(old)), case_status(1, old, lines="transferred"))
    assert [] == await bed.sent()
    assert [("paid", "suppressed", "too-old")] == await bed.mails()


async def test_a_payee_without_address_is_listed_and_told_when_there_is_one(bed: Bed) -> None:
    """Nobody is dropped: the list names who cannot be reached, and an address sends the letter."""
    await bed.say(payee(telephone="02 000 0000"), *PAYMENT)
    assert [] == await bed.sent()
    (row,) = (await bed.ask("GET", "/ops/unreachable"))["unreachable"]
    expected = ("1", "paid", "anna", "no-address")
    assert expected == (row["case"], row["rule"], row["recipient_id"], row["reason"])
    await bed.say(payee(version=2, email="anna@example.org"))
    assert ["anna@example.org"] == [one["To"] for one in await bed.sent()]
    assert {"unreachable": []} == await bed.ask("GET", "/ops/unreachable")


async def test_an_address_found_under_another_id_is_hers_too(bed: Bed) -> None:
    """Two payee ids found to be one person: what could not be told to one goes out to the other."""
    await bed.say(payee("boon", to=None), line_status(1, paid_line(PAID, "boon")), PAYMENT[1])
    assert [] == await bed.sent()
    await bed.say(payee("boon", version=2, to="anna"), payee("anna", email="anna@example.org"))
    assert ["anna@example.org"] == [one["To"] for one in await bed.sent()]


async def test_other_values_are_one_correction(bed: Bed) -> None:
    """The sum told was wrong: one letter that corrects it, however often that is repeated."""
    await bed.say(ANNA, *PAYMENT)
    (first,) = await bed.sent()
    right = line_status(2, paid_line(PAID, net="12000.00"))
    await bed.say(right, case_status(2, PAID, lines="transferred"))
    (correction,) = await bed.sent()
    assert "12,000.00 บาท" in words(correction)
    assert first["Message-ID"] != correction["Message-ID"]
    await bed.say(case_status(3, PAID, lines="transferred", fund="other"))
    assert [] == await bed.sent()
    mails = [one for one in await bed.notices() if one["channel"] == "email"]
    assert [None, mails[0]["notice"]] == [one["corrects"] for one in mails]


async def test_a_fact_taken_back_before_it_was_told_is_never_told(bed: Bed) -> None:
    """The unsent original is suppressed and nothing is corrected."""
    await bed.say(ANNA, *PAYMENT)
    wrong = {**PAID, "effect": "retracted", "stage": None}
    await bed.say(line_status(2, line()), case_status(2, wrong))
    assert [] == await bed.sent()
    assert [("paid", "suppressed", "superseded-before-sending")] == await bed.mails()


async def test_an_unsent_correction_and_its_cause_cancel_out(bed: Bed) -> None:
    """Told, taken back at night, restored before the morning: nothing more is sent."""
    await bed.say(ANNA, *PAYMENT)
    assert 1 == len(await bed.sent())
    bed.clock.at += timedelta(hours=12)
    wrong = {**PAID, "effect": "retracted", "stage": None}
    await bed.say(line_status(2, line()), case_status(2, wrong))
    assert [] == await bed.sent()
    await bed.say(line_status(3, paid_line(PAID)), case_status(3, PAID, lines="transferred"))
    assert [] == await bed.later(hours=12)


async def test_nobody_is_woken_at_night(bed: Bed) -> None:
    """What happens at night goes out when the payee's window opens, several news in one letter."""
    bed.clock.at += timedelta(hours=12)
    await bed.say(ANNA, line_status(1, line()), case_status(1, RECEIVED))
    assert [] == await bed.sent()
    await bed.say(
        line_status(2, paid_line(PAID)), case_status(2, RECEIVED, PAID, lines="transferred")
    )
    assert [] == await bed.later(hours=8)
    (letter,) = await bed.later(hours=4)
    assert "12,480.00 บาท" in words(letter)
    assert [("received", "sent", None), ("paid", "sent", None)] == await bed.mails()
    messages = {one["message"] for one in await bed.notices() if one["channel"] == "email"}
    assert {letter["Message-ID"].strip("<>").partition("@")[0]} == messages


async def test_the_letter_says_how_many_days(bed: Bed) -> None:
    """News waits a moment for the SLA's word on the same state, and says the days left."""
    await bed.say(ANNA, line_status(1, line()), case_status(1, RECEIVED))
    assert 0 == await bed.sender.round()
    await bed.say(case_sla(1, 1, clock(RECEIVED)))
    assert 1 == await bed.sender.round()
    assert "7 วันทำการ" in words(bed.mail.letters[-1])


async def test_a_breach_is_told_and_taken_back_once(bed: Bed) -> None:
    """The payee hears of the new date; when a late fact proves it wrong, of that once."""
    started = event("received", "2026-11-09T01:00")
    await bed.say(
        ANNA,
        line_status(1, line()),
        case_status(1, started),
        case_sla(1, 1, clock(started, state="breached", remaining=0)),
        sla_event("breached", started, "2026-11-22T17:00"),
    )
    (letter,) = await bed.sent()
    assert "เกินกำหนด" in words(letter)
    word = sla_event("superseded", started, "2026-11-23T03:00", of="breached", reason="facts")
    await bed.say(word)
    assert 1 == len(await bed.sent())
    await bed.say(word)
    assert [] == await bed.sent()


async def test_a_breach_by_rules_that_were_changed_is_taken_back_once(bed: Bed) -> None:
    """The agreement was changed afterwards; by the new one nothing is late, and she hears of it."""
    started = event("received", "2026-11-09T01:00")
    days = clock(started, state="breached", remaining=0)
    await bed.say(ANNA, line_status(1, line()), case_status(1, started), case_sla(1, 1, days))
    await bed.say(sla_event("breached", started, "2026-11-22T17:00"))
    (late,) = await bed.sent()
    word = sla_event("superseded", started, "2026-11-23T03:00", of="breached", reason="rules")
    longer = clock(started, budget=15, remaining=5, due="2026-12-11", first_due="2026-12-11")
    await bed.say(case_sla(2, 1, longer), word, word)
    (letter,) = await bed.sent()
    assert late["Message-ID"] != letter["Message-ID"]
    assert "แก้ไข" in words(letter)
    assert ("late", "sent", None) == (await bed.mails())[-1]
    (correction,) = [one for one in await bed.notices() if one["corrects"] and one["attempt"]]
    assert (False, {}) == (correction["holds"], correction["told"])
    await bed.say(word)
    assert [] == await bed.sent()


async def test_every_state_is_told(bed: Bed) -> None:
    """The topic has each state of each notice, with a version that counts them."""
    await bed.say(ANNA, *PAYMENT)
    await bed.sent()
    told = [one for one in await bed.told() if one["channel"] == "email"]
    assert [(1, "requested"), (2, "sending"), (3, "sent")] == [
        (one["version"], one["state"]) for one in told
    ]
    assert "anna@example.org" not in str(told)
    assert {"1"} == {one["case"] for one in told}


async def test_a_forgotten_payee_is_unreachable(bed: Bed) -> None:
    """When the time of keeping is over, the address is gone and later news stays unsent."""
    await bed.say(ANNA, line_status(1, line()), case_status(1, RECEIVED))
    await bed.sent()
    await bed.handlers.on_payee([bed.record("payee", None, b"anna")])
    await bed.say(
        line_status(2, paid_line(PAID)), case_status(2, RECEIVED, PAID, lines="transferred")
    )
    assert [] == await bed.sent()
    assert ("paid", "suppressed", "no-address") == (await bed.mails())[-1]
