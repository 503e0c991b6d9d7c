"""E-mail on a real mail server: taken, refused, slow, away, and cut off at each step."""

from __future__ import annotations

import asyncio
import email
from collections.abc import Callable
from datetime import timedelta
from email import policy
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime

import pytest
from notify.channels.outcome import Failed, Outcome, Retry, Sent, Unknown

from tests.integration.notify.channels.deliveries import (
    HTML,
    NOTICE,
    PAYEE,
    TEXT,
    HandClock,
    OpenMail,
    delivery,
    keep_trying,
)
from tests.integration.notify.channels.mail_server import (
    DropsAtData,
    MailServer,
    listening,
)


def on_the_wire(text: str) -> str:
    """A text with the line ends of mail."""
    return text.replace("\n", "\r\n")


async def test_a_letter_arrives_whole(
    mail_server: MailServer, channel_to: OpenMail, clock: HandClock
) -> None:
    """Text, HTML, subject and every header arrive as meant, dated by the clock that was given."""
    await mail_server.open()
    outcome = await channel_to(mail_server.port).send(delivery(PAYEE))
    assert Sent("2.0.0 queued as L1") == outcome
    assert [PAYEE] == mail_server.recipients
    letter = mail_server.letters[0]
    assert "multipart/alternative" == letter.get_content_type()
    shown = {name: str(letter[name]) for name in set(letter) - {"Date", "From", "Content-Type"}}
    assert {
        "To": PAYEE,
        "Subject": "กองคลังรับเรื่องเบิกจ่ายของท่านแล้ว เลขติดตาม 4821-7735-6",
        "Message-ID": f"<{NOTICE}@tidtam.example>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "th",
        "MIME-Version": "1.0",
    } == shown
    # Not by the parser of the new policies: in names it keeps the space between encoded words.
    raw = email.message_from_bytes(mail_server.raw[0], policy=policy.compat32)
    sender = str(make_header(decode_header(raw["From"])))
    assert "ติดตามการจ่ายเงิน <notices@tidtam.example>" == sender
    assert clock.now() == parsedate_to_datetime(letter["Date"])
    parts = [(part.get_content_type(), part.get_content()) for part in letter.iter_parts()]
    assert [("text/plain", on_the_wire(TEXT)), ("text/html", on_the_wire(HTML))] == parts


async def test_the_wire_is_seven_bits_wide(mail_server: MailServer, channel_to: OpenMail) -> None:
    """Thai travels so that no relay on the way needs 8BITMIME or SMTPUTF8, and dots survive."""
    await mail_server.open()
    channel = channel_to(mail_server.port)
    for text in ("เงิน\n", ".\r\n.. x\n."):
        await channel.send(delivery(PAYEE, text=text, html=""))
    for raw in mail_server.raw:
        assert raw.isascii()
        lines = raw.split(b"\r\n")
        assert max(len(line) for line in lines if not line.startswith(b"Message-ID:")) <= 78
    texts = [letter.get_content() for letter in mail_server.letters]
    assert ["เงิน\r\n", ".\r\n.. x\r\n.\r\n"] == texts


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("450 4.2.0 Greylisted", Retry(60, "450 4.2.0 at RCPT")),
        ("421 4.3.2 Shutting down", Retry(60, "421 4.3.2 at RCPT")),
        ("550 5.1.1 <payee@example.org> unknown", Failed("550 5.1.1 at RCPT", gone=True)),
        ("550 No", Failed("550 at RCPT")),
        ("552 5.2.2 Full", Failed("552 5.2.2 at RCPT")),
        ("530 5.7.0 Must issue STARTTLS first", Retry(60, "530 5.7.0 at RCPT")),
    ],
)
async def test_a_refused_recipient(
    mail_server: MailServer, channel_to: OpenMail, said: str, outcome: Outcome
) -> None:
    """4xx comes again, 5xx never, 5.1.1 closes the address, and no reason repeats the address."""
    await mail_server.open()
    mail_server.at_recipient = said
    assert outcome == await channel_to(mail_server.port).send(delivery(PAYEE))
    assert [] == mail_server.letters


async def test_a_refused_sender_is_our_fault(mail_server: MailServer, channel_to: OpenMail) -> None:
    """A server that does not take our sender refuses every letter: none fails for good by it."""
    await mail_server.open()
    mail_server.at_sender = "550 5.7.1 Sender not allowed"
    outcome = await channel_to(mail_server.port).send(delivery(PAYEE))
    assert Retry(60, "550 5.7.1 at MAIL") == outcome


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("451 4.3.0 Try later", Retry(60, "451 4.3.0 at final dot")),
        ("554 5.7.1 Refused as spam", Failed("554 5.7.1 at final dot")),
        ("nonsense", Unknown("unreadable reply to the letter", 60)),
    ],
)
async def test_a_refused_letter(
    mail_server: MailServer, channel_to: OpenMail, said: str, outcome: Outcome
) -> None:
    """An answer to the letter is believed; one that cannot be read leaves the outcome unknown."""
    await mail_server.open()
    mail_server.at_letter = said
    channel = channel_to(mail_server.port)
    assert outcome == await channel.send(delivery(PAYEE))
    mail_server.at_letter = ""
    assert Sent("2.0.0 queued as L1") == await channel.send(delivery(PAYEE))


async def test_a_drop_after_the_letter_is_unknown(
    mail_server: MailServer, channel_to: OpenMail
) -> None:
    """The line breaks after the final dot: it may have been taken, and bears the same id again."""
    await mail_server.open()
    mail_server.drops_after_letter = True
    channel = channel_to(mail_server.port)
    lost = await channel.send(delivery(PAYEE))
    assert Unknown("SMTPServerDisconnected at final dot", 60) == lost
    mail_server.drops_after_letter = False
    assert Sent("2.0.0 queued as L2") == await channel.send(delivery(PAYEE, attempt=2))
    assert 1 == len({str(letter["Message-ID"]) for letter in mail_server.letters})


async def test_a_drop_before_the_letter_is_a_retry(
    mail_server: MailServer, channel_to: OpenMail
) -> None:
    """The line breaks before the letter could leave: it was certainly not taken."""
    await mail_server.open(DropsAtData)
    outcome = await channel_to(mail_server.port).send(delivery(PAYEE))
    assert Retry(60, "SMTPServerDisconnected at DATA") == outcome


async def test_a_slow_answer_to_the_letter_is_unknown(
    mail_server: MailServer, channel_to: OpenMail
) -> None:
    """No answer to the letter within the bound: it may still be taken."""
    await mail_server.open()
    mail_server.hold = asyncio.Event()
    channel = channel_to(mail_server.port, accepted_seconds_max=0.05)
    assert Unknown("no reply in time at final dot", 60) == await channel.send(delivery(PAYEE))
    mail_server.hold.set()


@pytest.mark.parametrize(
    ("behave", "bounds", "reason"),
    [
        (lambda writer: writer.transport.abort(), {}, "SMTPConnectError at connect"),
        (
            lambda writer: writer.write(b"554 no service\r\n"),
            {},
            "SMTPConnectResponseError 554 at connect",
        ),
        (lambda writer: writer.write(b"\0" * 40000), {}, "SMTPResponseException -1 at connect"),
        (lambda _writer: None, {"reply_seconds_max": 0.05}, "no reply in time at connect"),
        (lambda _writer: None, {"total_seconds_max": 0.05}, "no reply in time at connect"),
    ],
)
async def test_a_server_that_is_none(
    channel_to: OpenMail,
    behave: Callable[[asyncio.StreamWriter], None],
    bounds: dict[str, float],
    reason: str,
) -> None:
    """Closing early, a refusal of us, noise and silence say nothing about the letter: retry."""
    server = await listening(behave)
    async with server:
        port = server.sockets[0].getsockname()[1]
        channel = channel_to(port, **bounds)
        assert Retry(60, reason) == await channel.send(delivery(PAYEE))


async def test_away_for_an_hour(
    mail_server: MailServer, channel_to: OpenMail, clock: HandClock
) -> None:
    """While nobody listens it is tried by the table, and arrives once, when somebody does again."""
    await mail_server.open()
    await mail_server.close()
    started = clock.now()
    outcomes = await keep_trying(
        channel_to(mail_server.port), delivery(PAYEE), clock, 3600, mail_server.open
    )
    waits = [one.delay_seconds for one in outcomes if isinstance(one, Retry)]
    assert [60, 300, 900, 1800, 3600] == waits
    assert Sent("2.0.0 queued as L1") == outcomes[-1]
    assert 1 == len(mail_server.letters)
    sent_at = parsedate_to_datetime(mail_server.letters[0]["Date"])
    assert timedelta(seconds=sum(waits)) == sent_at - started


async def test_giving_up(mail_server: MailServer, channel_to: OpenMail) -> None:
    """The last attempt of the table fails for good, or stays unknown without another."""
    await mail_server.open()
    channel = channel_to(mail_server.port)
    mail_server.at_recipient = "450 4.2.0 Later"
    last = Failed("450 4.2.0 at RCPT; given up after 11 attempts")
    assert last == await channel.send(delivery(PAYEE, attempt=11))
    mail_server.at_recipient, mail_server.drops_after_letter = "", True
    lost = await channel.send(delivery(PAYEE, attempt=11))
    assert Unknown("SMTPServerDisconnected at final dot", None) == lost


async def test_addresses_of_other_scripts(mail_server: MailServer, channel_to: OpenMail) -> None:
    """A Thai domain goes out in ASCII; a Thai local part only where the server can take one."""
    await mail_server.open()
    channel = channel_to(mail_server.port)
    await channel.send(delivery("payee@คน.ไทย"))
    await channel.send(delivery("ผู้รับเงิน@คน.ไทย"))
    assert ["payee@xn--42c6b.xn--o3cw4h", "ผู้รับเงิน@xn--42c6b.xn--o3cw4h"] == mail_server.recipients
    await channel.close()
    mail_server.utf8 = False
    refused = await channel.send(delivery("ผู้รับเงิน@คน.ไทย"))
    assert Failed("the mail server takes only addresses in ASCII") == refused


async def test_what_is_no_address(channel_to: OpenMail) -> None:
    """What is no address fails at once and for good, without a word to any server."""
    channel = channel_to(1)
    for to in ("", "payee", "a@b@c", "a b@example.org", "x@example.org\r\nRCPT TO:<y@e.org>"):
        outcome = await channel.send(delivery(to))
        assert isinstance(outcome, Failed)
        assert outcome.reason.startswith("not an e-mail address")
