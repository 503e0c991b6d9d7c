"""The letter with a sign-in code: made here, and sent straight away; it never passes Kafka."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

import aiosmtplib

from portal.words import words

TIMEOUT_SECONDS = 20.0
HERE = frozenset({"127.0.0.1", "::1", "localhost"})
"""A relay on this very machine may be spoken to without TLS; any other must offer it."""


@dataclass(frozen=True, slots=True)
class Relay:
    """Where letters are handed in: `smtp://user:password@host:587`, or `smtps://…`."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool


def relay_of(url: str) -> Relay | None:
    """The relay of *url*; None where there is none. Raises `ValueError` for another scheme."""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("TIDTAM_SMTP_URL is like smtp://user:password@host:587")
    tls = parts.scheme == "smtps"
    user = None if parts.username is None else unquote(parts.username)
    password = None if parts.password is None else unquote(parts.password)
    return Relay(parts.hostname, parts.port or (465 if tls else 25), user, password, tls)


def letter(code: str, to: str, sender: str, language: str, minutes: int, at: datetime) -> bytes:
    """
    The letter that brings *code* to *to*. Raises `ValueError` for an address with a line end in it.

    The code stands in the subject too: a phone then shows it without opening the letter.
    """
    said = words("mail", language)
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = to
    made["Subject"] = said.text("subject")(code=code)
    made["Date"] = format_datetime(at)
    made["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">") or "localhost")
    made["Auto-Submitted"] = "auto-generated"
    made["Content-Language"] = language
    made.set_content(said.text("body")(code=code, minutes=minutes))
    return made.as_bytes()


class CodeMail:
    """Sends letters with codes. Without a relay none leaves, which the log says once at start."""

    def __init__(self, url: str, sender: str) -> None:
        self.relay = relay_of(url)
        self.sender = sender

    async def send(self, content: bytes, to: str) -> None:
        """
        Hand a letter in. Raises `aiosmtplib.SMTPException` or `OSError`, whose texts may name the
        address: say of them only the class.
        """
        if self.relay is None:
            return
        async with self._spoken_to(self.relay) as relay:
            await relay.sendmail(self._envelope_sender, [to], content)

    async def pretend(self) -> None:
        """Speak to the relay as `send` does, and hand nothing in. Raises what `send` raises."""
        if self.relay is None:
            return
        async with self._spoken_to(self.relay) as relay:
            await relay.mail(self._envelope_sender)
            await relay.rset()

    @property
    def _envelope_sender(self) -> str:
        return self.sender.rpartition("<")[2].rstrip(">")

    @staticmethod
    def _spoken_to(relay: Relay) -> aiosmtplib.SMTP:
        """A connection, which turns to TLS before any name is said, but on this very machine."""
        return aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.user,
            password=relay.password,
            use_tls=relay.tls,
            start_tls=None if relay.tls or relay.host in HERE else True,
            timeout=TIMEOUT_SECONDS,
        )
