"""
E-mail by SMTP. A letter counts as sent when the server has answered its final dot.

What a server says is judged by whom it is about: a refusal of the letter or the recipient is about
this notice; a refusal of our connection, seal, login or sender is about all of them and is tried
again.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass
from enum import StrEnum

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from aiosmtplib.response import SMTPResponse
from chassis.clock import Clock

from notify.channels.mail import Mail, compose, mailbox, one_line
from notify.channels.outcome import Delivery, Failed, Outcome, Sent
from notify.channels.smtp_connections import SmtpConnections, SmtpSettings

ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
LINE_DOT = re.compile(rb"(?m)^\.")
# Login missing, refused, too weak, or only over TLS: nothing a recipient could mend.
ABOUT_US = frozenset({530, 534, 535, 538})
# The mailbox does not exist, has moved without a word where to, or its domain takes no mail.
NOBODY_THERE = frozenset({"5.1.1", "5.1.6", "5.1.10"})
PROVIDER_ID_LETTERS_MAX = 200


class Step(StrEnum):
    """How far a send has come."""

    CONNECT = "connect"
    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    DATA = "DATA"
    HANDED_OVER = "final dot"


@dataclass(slots=True)
class Progress:
    """How far the send under way has come; what an interruption means depends on it."""

    step: Step = Step.CONNECT


class SmtpChannel:
    """The mail server of *settings*; *clock* dates the letters, *tls* says whom to trust."""

    def __init__(
        self, settings: SmtpSettings, clock: Clock, tls: ssl.SSLContext | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._connections = SmtpConnections(settings, tls)
        self._slots = asyncio.Semaphore(settings.connections_max)

    async def send(self, delivery: Delivery) -> Outcome:
        """Send *delivery* as a letter with text and HTML, in one attempt."""
        try:
            recipient = mailbox(delivery.to)
        except ValueError as error:
            return Failed(str(error))
        progress = Progress()
        async with self._slots:
            mail = compose(delivery, recipient, self._settings.sender, self._clock.now())
            try:
                async with asyncio.timeout(self._settings.total_seconds_max):
                    return await self._converse(delivery, mail, progress)
            except (SMTPException, OSError) as error:
                # TimeoutError is an OSError.
                return self._interrupted(delivery, progress, error)

    async def close(self) -> None:
        """End the connections that lie idle."""
        await self._connections.close()

    async def _converse(self, delivery: Delivery, mail: Mail, progress: Progress) -> Outcome:
        client = await self._connections.take()
        try:
            if mail.needs_utf8 and not client.supports_extension("smtputf8"):
                self._connections.give_back(client)
                return Failed("the mail server takes only addresses in ASCII")
            try:
                reply = await self._hand_over(client, mail, progress)
            except SMTPResponseException as refusal:
                reply = SMTPResponse(refusal.code, refusal.message)
        except BaseException:
            self._connections.drop(client)
            raise
        # 421 ends the connection; after what is no reply at all nobody knows what comes next.
        if reply.code != 421 and 200 <= reply.code < 600:
            self._connections.give_back(client)
        else:
            self._connections.drop(client)
        return self._judged(delivery, progress.step, reply)

    async def _hand_over(self, client: SMTP, mail: Mail, progress: Progress) -> SMTPResponse:
        """Speak the letter. Returns the last reply; a refusal before the letter is raised."""
        options, encoding = (["SMTPUTF8"], "utf-8") if mail.needs_utf8 else ([], "ascii")
        progress.step = Step.SENDER
        await client.mail(mail.sender, options=options, encoding=encoding)
        progress.step = Step.RECIPIENT
        await client.rcpt(mail.recipient, encoding=encoding)
        progress.step = Step.DATA
        ready = await client.execute_command(b"DATA")
        protocol = client.protocol
        if ready.code != 354:
            return ready
        if protocol is None:
            raise SMTPServerDisconnected("connection lost")
        # Not `client.data`: it does not tell whether the letter had left when the line broke.
        protocol.write(LINE_DOT.sub(b"..", mail.content) + b".\r\n")
        progress.step = Step.HANDED_OVER
        return await protocol.read_response(timeout=self._settings.accepted_seconds_max)

    def _judged(self, delivery: Delivery, step: Step, reply: SMTPResponse) -> Outcome:
        """What a reply means. Its text may hold the address, so only its codes are kept."""
        enhanced = found[1] if (found := ENHANCED.match(reply.message)) else ""
        said = " ".join(filter(None, (str(reply.code), enhanced, "at", step)))
        schedule = self._settings.schedule
        if step is Step.HANDED_OVER and 200 <= reply.code < 300:
            return Sent(one_line(reply.message)[:PROVIDER_ID_LETTERS_MAX])
        about_us = step is Step.SENDER or reply.code in ABOUT_US
        if 500 <= reply.code < 600 and not about_us:
            return Failed(said, gone=step is Step.RECIPIENT and enhanced in NOBODY_THERE)
        if step is Step.HANDED_OVER and not 400 <= reply.code < 600:
            return schedule.unknown(delivery.attempt, "unreadable reply to the letter")
        return schedule.after(delivery.attempt, said)

    def _interrupted(self, delivery: Delivery, progress: Progress, error: Exception) -> Outcome:
        """What it means that no reply came."""
        kind = "no reply in time" if isinstance(error, TimeoutError) else type(error).__name__
        code = f" {error.code}" if isinstance(error, SMTPResponseException) else ""
        reason = f"{kind}{code} at {progress.step}"
        if progress.step is Step.HANDED_OVER:
            return self._settings.schedule.unknown(delivery.attempt, reason)
        return self._settings.schedule.after(delivery.attempt, reason)
