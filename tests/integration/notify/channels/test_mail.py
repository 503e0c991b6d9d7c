"""The letter as bytes: no word of a delivery becomes a header, and every word arrives."""

from __future__ import annotations

from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.parser import BytesParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notify.channels.mail import Sender, compose, mailbox, one_line
from notify.channels.mail import words as words_of_header

from tests.integration.notify.channels.deliveries import NOTICE, delivery

SENDER = Sender("notices@tidtam.example", "Tidtam", "tidtam.example")
AT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
}
thai = st.text(st.sampled_from("กขคงจดตนบปมยรลวสหอะาิีึืุูเแโใไ่้๊๋์็ ำ.-0123456789"), max_size=200)
nasty = st.sampled_from(["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\0", "\r\nBcc: x@e.org"])
words = st.lists(st.one_of(thai, nasty, st.text(max_size=20)), max_size=6).map("".join)


@settings(max_examples=40)
@given(subject=words, name=words, html=words)
def test_no_word_becomes_a_header(subject: str, name: str, html: str) -> None:
    """Whatever subject, name and HTML hold, the headers are those meant and no more."""
    told = delivery("payee@example.org", subject=subject, html=html)
    sender = Sender(SENDER.address, f"N{name}", SENDER.message_id_domain)
    raw = compose(told, "payee@example.org", sender, AT).content
    letter = BytesParser(policy=policy.default).parsebytes(raw)
    single = set() if html else {"Content-Transfer-Encoding"}
    assert sorted(HEADERS | single) == sorted(letter.keys())
    assert f"<{NOTICE}@tidtam.example>" == letter["Message-ID"]
    assert raw.isascii()
    lines = raw.split(b"\r\n")
    assert max(len(line) for line in lines if not line.startswith(b"Message-ID:")) <= 78
    assert not any(b"\r" in line or b"\n" in line for line in lines)


@given(subject=st.one_of(thai, words), text=st.one_of(thai, words), html=st.one_of(thai, words))
def test_words_arrive_as_written(subject: str, text: str, html: str) -> None:
    """Subject, text and HTML, of any length and script, are read as they were written."""
    told = delivery("payee@example.org", subject=subject, text=text, html=html)
    raw = compose(told, "payee@example.org", SENDER, AT).content
    letter = BytesParser(policy=policy.compat32).parsebytes(raw)
    assert one_line(subject) == str(make_header(decode_header(letter["Subject"])))
    parts = list(letter.walk())[1:] if letter.is_multipart() else [letter]
    read = [bytes(part.get_payload(decode=True)).decode("utf-8") for part in parts]
    assert [on_the_wire(one) for one in ((text, html) if html else (text,))] == read


@given(subject=st.one_of(thai, words))
def test_each_encoded_word_is_read_by_itself(subject: str) -> None:
    """No character is cut in two: some readers decode each encoded word on its own."""
    pieces = words_of_header(subject).split("\r\n ")
    read = [str(make_header(decode_header(piece))) for piece in pieces]
    assert one_line(subject) == "".join(read)


def on_the_wire(text: str) -> str:
    """A text with the line ends of mail."""
    return "".join(f"{line}\r\n" for line in text.splitlines() or [""])


@pytest.mark.parametrize(
    ("address", "name", "domain"),
    [
        ("notices", "Tidtam", "tidtam.example"),
        ("Notices@Tidtam.example", "Tidtam", "tidtam.example"),
        ("ติดตาม@tidtam.example", "Tidtam", "tidtam.example"),
        ("notices@tidtam.example", "\n", "tidtam.example"),
        ("notices@tidtam.example", "Tidtam", "tidtam.example>\r\nX: y"),
        ("notices@tidtam.example", "Tidtam", ""),
    ],
)
def test_a_sender_that_cannot_be(address: str, name: str, domain: str) -> None:
    """A sender that would spoil every letter is refused when it is set up."""
    with pytest.raises(ValueError, match=r"address|name|domain"):
        Sender(address, name, domain)


@given(address=st.one_of(words, words.map(lambda w: f"{w}@example.org")))
def test_an_address_holds_no_second_word(address: str) -> None:
    """What passes for an address has no space, no control character and no bracket in it."""
    try:
        found = mailbox(address)
    except ValueError:
        return
    assert found.isprintable()
    assert not set(found) & set(' <>()",;:\\')
    assert 1 == found.count("@")


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (" payee@Example.ORG ", "payee@example.org"),
        ("first.last+tag@sub.example.org", "first.last+tag@sub.example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("ผู้รับเงิน@example.org", "ผู้รับเงิน@example.org"),
    ],
)
def test_addresses_that_are(address: str, found: str) -> None:
    """Usual addresses pass; only the domain is put in lower case."""
    assert found == mailbox(address)


@pytest.mark.parametrize(
    "address",
    [
        "@example.org",
        "payee@",
        "payee@-example.org",
        "payee@example..org",
        "payee@[127.0.0.1]",
        '"pay ee"@example.org',
        ".payee@example.org",
        "payee\u202e@example.org",
        "p" * 65 + "@example.org",
        "payee@" + "a." * 130 + "org",
        "payee@example.org, other@example.org",
    ],
)
def test_addresses_that_are_not(address: str) -> None:
    """What is no single plain address is refused, and the refusal does not repeat it."""
    with pytest.raises(ValueError, match=r"^not an e-mail address") as refusal:
        mailbox(address)
    assert address.strip() not in str(refusal.value)
