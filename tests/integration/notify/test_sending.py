"""What is due leaves once; what fails, is unknown, or is too much at once is treated as told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from ground.databases import Database
from notify.guard import TIMES_MAX, USUAL_MIN

from tests.integration.notify.bed import Bed, close_bed, make_bed
from tests.integration.notify.said import (
    case_status,
    event,
    line_status,
    paid_line,
    payee,
)

PAID = event("transferred", "2026-11-23T02:00")
HOUR_MAX = TIMES_MAX * USUAL_MIN


async def ask_for_a_letter(bed: Bed, case: int = 1, to: str = "anna") -> None:
    """A payment of Anna's, or another payee's, in a case of its own."""
    paid = {**PAID, "id": f"paid-{case}"}
    said = (
        line_status(1, paid_line(paid, to), case=case),
        case_status(1, paid, case=case, lines="transferred"),
    )
    await bed.say(payee(to, email=f"{to}@example.org"), *said)


async def state_of(bed: Bed) -> str:
    """The state of the one e-mail notice."""
    ((_, state, _),) = await bed.mails()
    return state


async def test_what_the_server_puts_off_is_tried_again(bed: Bed) -> None:
    """A 4xx is no loss: the letter goes out later, under the same Message-ID."""
    await ask_for_a_letter(bed)
    bed.mail.at_letter = "451 4.3.0 try again later"
    assert [] == await bed.sent()
    assert "failed-temporary" == await state_of(bed)
    assert [] == await bed.later(seconds=30)
    bed.mail.at_letter = ""
    (letter,) = await bed.later(seconds=31)
    (mail,) = [one for one in await bed.notices() if one["channel"] == "email"]
    assert ("sent", 2) == (mail["state"], mail["attempt"])
    assert letter["Message-ID"].startswith(f"<{mail['notice']}@")
    assert 0 == bed.unknown()


async def test_what_the_server_refuses_is_final(bed: Bed) -> None:
    """A 5xx is not tried again, and stands on the list of what could not be delivered."""
    await ask_for_a_letter(bed)
    bed.mail.at_letter = "554 5.7.1 refused as spam"
    await bed.sent()
    bed.mail.at_letter = ""
    assert [] == await bed.later(hours=72)
    (row,) = (await bed.ask("GET", "/ops/unreachable"))["unreachable"]
    assert ("failed-permanent", "554 5.7.1 at final dot") == (row["state"], row["failure"])
    assert "anna@example.org" not in str(row)


async def test_an_address_that_is_no_more_waits_for_another(bed: Bed) -> None:
    """Nothing is sent to a mailbox that does not exist; a new address gets the letter."""
    await ask_for_a_letter(bed)
    bed.mail.at_recipient = "550 5.1.1 no such user"
    assert [] == await bed.sent()
    assert [("paid", "failed-permanent", "no-address")] == await bed.mails()
    bed.mail.at_recipient = ""
    assert [] == await bed.later(hours=1)
    await bed.say(payee(version=2, email="anna@new.example.org"))
    assert ["anna@new.example.org"] == [one["To"] for one in await bed.sent()]


async def test_a_server_that_is_away_loses_nothing(bed: Bed) -> None:
    """While nobody listens the letter waits; it arrives once when the server is back."""
    await ask_for_a_letter(bed)
    await bed.mail.close()
    assert [] == await bed.sent()
    assert [] == await bed.later(minutes=2)
    await bed.mail.open()
    assert 1 == len(await bed.later(minutes=10))
    assert [] == await bed.later(hours=24)


async def test_an_outcome_that_comes_after_its_claim_ended(bed: Bed) -> None:
    """Whoever took the claim over writes what became of it; the late word changes nothing."""
    await ask_for_a_letter(bed)
    bed.clock.at += timedelta(seconds=3)
    (parcel,) = await bed.claims.claim()
    outcome = await bed.gateway.send(parcel)
    bed.clock.at += timedelta(minutes=16)
    (second,) = await bed.claims.claim()
    await bed.claims.record([(parcel, outcome)])
    assert "sending" == await state_of(bed)
    await bed.claims.record([(second, await bed.gateway.send(second))])
    assert "sent" == await state_of(bed)


async def test_a_connection_that_breaks_after_the_letter(bed: Bed) -> None:
    """Handed over whole and no answer: unknown, sent again under the same identity, counted."""
    await ask_for_a_letter(bed)
    bed.mail.drops_after_letter = True
    assert 1 == len(await bed.sent())
    assert "unknown" == await state_of(bed)
    bed.mail.drops_after_letter = False
    (again,) = await bed.later(minutes=2)
    assert bed.mail.letters[0]["Message-ID"] == again["Message-ID"]
    assert (1, "sent") == (bed.unknown(), await state_of(bed))


async def test_two_processes_send_once(bed: Bed, database: Database) -> None:
    """Beside a second process on the same tables every letter leaves once."""
    other = await make_bed(database, bed.mail, applied=False)
    for case in range(1, 21):
        await ask_for_a_letter(bed, case, f"payee{case}")
    bed.clock.at += timedelta(seconds=3)
    other.clock.at = bed.clock.at
    for _ in range(3):
        await asyncio.gather(bed.sender.round(), other.sender.round())
    await close_bed(other)
    identities = [letter["Message-ID"] for letter in bed.mail.letters]
    assert 20 == len(identities) == len(set(identities))
    assert 0 == bed.unknown()


async def test_news_of_one_window_is_one_letter_and_stays_one(bed: Bed) -> None:
    """Three payments told in one letter; put off, they go out again as that very letter."""
    for case in (1, 2, 3):
        await ask_for_a_letter(bed, case)
    bed.mail.at_letter = "451 4.3.0 try again later"
    await bed.sent()
    bed.mail.at_letter = ""
    await ask_for_a_letter(bed, 4)
    letters = await bed.later(seconds=63)
    messages = {case: (await bed.notices(case))[0]["message"] for case in (1, 2, 3, 4)}
    assert messages[1] == messages[2] == messages[3] != messages[4]
    assert sorted(set(messages.values())) == sorted(
        letter["Message-ID"].strip("<>").partition("@")[0] for letter in letters
    )


async def test_a_flood_is_held_until_somebody_looks(bed: Bed) -> None:
    """Of more than three times the usual number in an hour the rest waits for an operator."""
    cases = HOUR_MAX // 2 + 5
    for case in range(1, cases + 1):
        await ask_for_a_letter(bed, case)
    held = (await bed.ask("GET", "/ops/held"))["held"]
    assert 10 == sum(row["notices"] for row in held)
    await bed.sent()
    assert {"released": 5} == await bed.ask(
        "POST", "/ops/held/release", {"notices": await held_ids(bed, "email", cases)}
    )
    assert 1 == len(await bed.sent())
    assert {"dropped": 5} == await bed.ask("POST", "/ops/held/drop", {"rule": "paid"})
    assert {"held": []} == await bed.ask("GET", "/ops/held")
    last = {one["channel"]: (one["state"], one["reason"]) for one in await bed.notices(cases)}
    assert {"email": ("sent", None), "inbox": ("suppressed", "dropped")} == last


async def held_ids(bed: Bed, channel: str, cases: int) -> list[str]:
    """The held notices of one channel."""
    found = [one for case in range(1, cases + 1) for one in await bed.notices(case)]
    return [o["notice"] for o in found if (o["channel"], o["state"]) == (channel, "held")]


@pytest.mark.parametrize("body", [None, {}, [], {"rule": 7}, {"notices": "all"}])
async def test_holding_is_ended_only_by_name(bed: Bed, body: object) -> None:
    """A release that names nothing is refused."""
    assert 422 == (await bed.request("POST", "/ops/held/release", body)).status_code


async def test_a_bug_of_ours_loses_nothing(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that cannot be written is tried again when we are mended."""
    await ask_for_a_letter(bed)

    def broken(_parcel: object) -> None:
        raise RuntimeError("anna@example.org")

    with monkeypatch.context() as patch:
        patch.setattr(type(bed.gateway), "delivery", lambda _self, parcel: broken(parcel))
        assert [] == await bed.sent()
    (mail,) = [one for one in await bed.notices() if one["channel"] == "email"]
    assert ("failed-temporary", "our fault: RuntimeError") == (mail["state"], mail["failure"])
    assert 1 == len(await bed.later(minutes=16))


async def test_no_address_is_in_any_table_or_log(
    bed: Bed, capsys: pytest.CaptureFixture[str]
) -> None:
    """After letters sent, refused and put off, the address stands nowhere but sealed."""
    for case, refusal in ((1, ""), (2, "554 5.7.1 anna@example.org refused"), (3, "451 4.3.0 no")):
        bed.mail.at_recipient = refusal
        await ask_for_a_letter(bed, case)
        await bed.sent()
    tables = await bed.base.pool.fetch(
        "select table_name from information_schema.tables where table_schema = 'notify'"
    )
    for (table,) in tables:
        rows = await bed.base.pool.fetch(f'select t::text from "{table}" t')
        assert not [row for row in rows if "anna@" in row[0]], table
    printed = capsys.readouterr()
    assert "anna@" not in printed.out + printed.err
