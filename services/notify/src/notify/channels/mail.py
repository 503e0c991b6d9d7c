"""
A delivery as an e-mail: headers, plain text and HTML. Pure; `smtp` sends what this makes.

Put together by hand: the standard library takes 3 ms to fold a Thai subject, which is most of what
a letter costs. Every word of a delivery leaves encoded, so none can become a header of its own.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from notify.channels.outcome import Delivery

ATOM = r"[^\x00-\x20\x7f\"(),.:;<>@\[\\\]]+"
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
LOCAL_PART = re.compile(rf"{ATOM}(\.{ATOM})*")
DOMAIN = re.compile(rf"{LABEL}(\.{LABEL})*")
LOCAL_BYTES_MAX, ADDRESS_BYTES_MAX = 64, 254
INVISIBLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Words that need no encoding: no "=?", no quotes, and short enough for their line.
PLAIN_WORDS = re.compile(r"[A-Za-z0-9 .,'/#+-]{1,60}")
# 64 letters once encoded: with the longest name of a header before them, less than 76.
ENCODED_WORD_BYTES = 39


@dataclass(frozen=True, slots=True)
class Sender:
    """
    Who letters come from: address, the name beside it, and the domain of their Message-IDs.

    Raises `ValueError` where the name is empty, and where address or domain is none or not ASCII.
    """

    address: str
    name: str
    message_id_domain: str

    def __post_init__(self) -> None:
        """Refuse at the start what would spoil every letter."""
        if mailbox(self.address) != self.address or not self.address.isascii():
            raise ValueError("the sender's address is not one in lower case and ASCII")
        if not one_line(self.name):
            raise ValueError("the sender has no name")
        if not DOMAIN.fullmatch(self.message_id_domain):
            raise ValueError("the domain of Message-IDs is not one in lower case and ASCII")


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter ready to send. `needs_utf8`: only a server with SMTPUTF8 can take it."""

    sender: str
    recipient: str
    needs_utf8: bool
    content: bytes


def compose(delivery: Delivery, recipient: str, sender: Sender, at: datetime) -> Mail:
    """
    The letter of *delivery* to a `mailbox`, written at the aware instant *at*.

    Its Message-ID depends on the notice alone, so every attempt bears the same.
    """
    headers = [
        f"From: {words(sender.name)}\r\n <{sender.address}>",
        f"To: {recipient}",
        f"Subject: {words(delivery.subject)}",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{delivery.notice_id}@{sender.message_id_domain}>",
        "Auto-Submitted: auto-generated",
        f"Content-Language: {delivery.language}",
        "MIME-Version: 1.0",
    ]
    content = "\r\n".join(headers).encode("utf-8") + b"\r\n" + _body(delivery)
    return Mail(sender.address, recipient, not recipient.isascii(), content)


def mailbox(address: str) -> str:
    """
    *address* as it stands on the wire, its domain in ASCII.

    Quoted local parts are not taken: no payee has one, and they are where injections hide. Raises
    `ValueError`, which does not repeat the address.
    """
    local, at, domain = address.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError("not an e-mail address: its domain is not a name") from None
    named = LOCAL_PART.fullmatch(local) and local.isprintable() and DOMAIN.fullmatch(ascii_domain)
    if not at or not named:
        raise ValueError("not an e-mail address")
    whole = f"{local}@{ascii_domain}"
    if len(local.encode()) > LOCAL_BYTES_MAX or len(whole.encode()) > ADDRESS_BYTES_MAX:
        raise ValueError("not an e-mail address: too long")
    return whole


def one_line(text: str) -> str:
    """*text* without line ends and control characters, each run of them and of spaces one space."""
    shown = (" " if unicodedata.category(c) in INVISIBLE else c for c in text)
    return " ".join("".join(shown).split())


def words(text: str) -> str:
    """*text* as it may stand in a header: as it is, or as encoded words, each on its own line."""
    line = one_line(text)
    if not line or PLAIN_WORDS.fullmatch(line):
        return line
    encoded = (base64.b64encode(piece).decode("ascii") for piece in _pieces(line))
    return "\r\n ".join(f"=?utf-8?B?{piece}?=" for piece in encoded)


def _pieces(line: str) -> Iterator[bytes]:
    """A line in UTF-8, cut between characters: half a character is nothing to a reader."""
    piece = b""
    for character in line:
        encoded = character.encode("utf-8")
        if len(piece) + len(encoded) > ENCODED_WORD_BYTES:
            yield piece
            piece = b""
        piece += encoded
    yield piece


def _body(delivery: Delivery) -> bytes:
    """The text, and beside it the HTML where there is one, the best form last."""
    plain = _part("plain", delivery.text)
    if not delivery.html:
        return plain
    # No encoded part can hold it: "_" is no letter of base64, and "=_" none of quoted-printable.
    boundary = f"=_{delivery.notice_id[:32]}".encode("ascii")
    head = b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n'
    parts = (plain, _part("html", delivery.html))
    return (
        head
        + b"".join(b"\r\n--" + boundary + b"\r\n" + part for part in parts)
        + (b"\r\n--" + boundary + b"--\r\n")
    )


def _part(kind: str, text: str) -> bytes:
    """One form of the words, in lines that every relay passes on unchanged."""
    lines = "\r\n".join(text.splitlines()) + "\r\n"
    encoding = "quoted-printable" if lines.isascii() else "base64"
    head = (
        f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n'
    )
    raw = lines.encode("utf-8")
    if encoding == "base64":
        encoded = base64.encodebytes(raw).replace(b"\n", b"\r\n")
    else:
        encoded = binascii.b2a_qp(raw, istext=True)
    return head.encode("ascii") + b"\r\n" + encoded
