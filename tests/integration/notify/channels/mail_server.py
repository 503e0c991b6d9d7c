"""A real mail server on loopback that takes letters, or misbehaves, as each test tells it to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LOOPBACK = "127.0.0.1"
USERNAME, PASSWORD = "tidtam", "ความลับ-1"


class MailServer:
    """
    Takes letters into `letters`, newest last, with the raw bytes in `raw`.

    `at_sender`, `at_recipient` and `at_letter` replace its answers; `drops_after_letter` ends the
    connection with the letter taken and nothing said; `hold` keeps the answer to a letter back
    until it is set.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.recipients: list[str] = []
        self.at_sender = ""
        self.at_recipient = ""
        self.at_letter = ""
        self.drops_after_letter = False
        self.hold: asyncio.Event | None = None
        self.connections = 0
        self.utf8 = True
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: list[SMTP] = []

    async def open(
        self,
        kind: type[SMTP] = SMTP,
        tls: ssl.SSLContext | None = None,
        login: bool = False,
    ) -> None:
        """Listen, on the same port as before if there was one."""
        loop = asyncio.get_running_loop()

        def speaking() -> SMTP:
            self.connections += 1
            made = kind(
                self,
                enable_SMTPUTF8=self.utf8,
                loop=loop,
                hostname="mail.test",
                tls_context=tls,
                require_starttls=tls is not None,
                authenticator=self._known if login else None,
                auth_required=login,
            )
            self._open.append(made)
            return made

        self._server = await loop.create_server(speaking, LOOPBACK, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listen no more, and end what is open."""
        if self._server is not None:
            self._server.close()
            self.end_connections()
            await self._server.wait_closed()
            self._server = None

    def end_connections(self) -> None:
        """End every connection without a word, as servers do with idle ones."""
        for speaking in self._open:
            cut(speaking)
        self._open.clear()

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        """Take or refuse a sender; the name is aiosmtpd's."""
        if self.at_sender:
            return self.at_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        """Take or refuse a recipient; the name is aiosmtpd's."""
        if self.at_recipient:
            return self.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take or refuse a letter; the name is aiosmtpd's."""
        if self.at_letter:
            return self.at_letter
        raw = envelope.content
        assert isinstance(raw, bytes)
        self.raw.append(raw)
        parsed = BytesParser(policy=policy.default).parsebytes(raw)
        assert isinstance(parsed, EmailMessage)
        self.letters.append(parsed)
        self.recipients += envelope.rcpt_tos
        if self.drops_after_letter:
            cut(server)
        if self.hold is not None:
            await self.hold.wait()
        return f"250 2.0.0 queued as L{len(self.letters)}"

    def _known(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, said: object
    ) -> AuthResult:
        right = LoginPassword(USERNAME.encode(), PASSWORD.encode())
        return AuthResult(success=said == right, handled=False)


def cut(speaking: SMTP) -> None:
    """End a connection without a word."""
    if isinstance(speaking.transport, asyncio.WriteTransport):
        speaking.transport.abort()


class DropsAtData(SMTP):
    """Ends the connection where it should invite the letter."""

    async def smtp_DATA(self, _arg: str) -> None:
        """The name is aiosmtpd's."""
        cut(self)


async def listening(behave: Callable[[asyncio.StreamWriter], None]) -> asyncio.Server:
    """A server that knows no SMTP and does one thing to whoever connects."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behave(writer)
        await reader.read()
        writer.close()

    return await asyncio.start_server(serve, LOOPBACK, 0)
