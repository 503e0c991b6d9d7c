"""
Open connections to the mail server: a few, used again, each by one send at a time.

A greeting, TLS and a login cost more than the letter; a batch of letters goes over one connection.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from enum import StrEnum

from aiosmtplib import SMTP, SMTPException

from notify.channels.mail import Sender
from notify.channels.schedule import MAIL_SCHEDULE, Schedule


class Security(StrEnum):
    """How the connection is sealed. `NONE` is for a relay on the same machine."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """
    The mail server, who we are to it, and how long we wait.

    `reply_seconds_max` bounds every step, `accepted_seconds_max` the reply to the letter itself:
    a server that scans letters is slow there, and giving up early sends the letter twice.
    `total_seconds_max` bounds a send from connect to reply. Without `username` nobody logs in.
    """

    host: str
    port: int
    sender: Sender
    security: Security = Security.STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)
    hello_name: str = "localhost"
    reply_seconds_max: float = 30.0
    accepted_seconds_max: float = 120.0
    total_seconds_max: float = 180.0
    connections_max: int = 4
    idle_seconds_max: float = 30.0
    schedule: Schedule = MAIL_SCHEDULE


class SmtpConnections:
    """
    Connections by `take`, to be ended by `give_back` or `drop`.

    *tls* replaces the machine's trusted certificates. How many are open is bounded by who calls.
    """

    def __init__(self, settings: SmtpSettings, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._tls = tls if tls is not None else ssl.create_default_context()
        self._idle: list[tuple[float, SMTP]] = []

    async def take(self) -> SMTP:
        """
        A connection that is greeted, sealed, logged in and between two letters.

        Raises `SMTPException` and `OSError`.
        """
        while self._idle:
            since, client = self._idle.pop()
            if await self._still_good(since, client):
                return client
            self.drop(client)
        client = self._client()
        await client.connect()
        return client

    def give_back(self, client: SMTP) -> None:
        """Keep a connection for the next letter, if the server has not ended it."""
        if client.is_connected and self._settings.idle_seconds_max > 0:
            self._idle.append((asyncio.get_running_loop().time(), client))
        else:
            self.drop(client)

    def drop(self, client: SMTP) -> None:
        """End a connection whose state is not known, without a word."""
        client.close()

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        while self._idle:
            _, client = self._idle.pop()
            try:
                await client.quit()
            except (SMTPException, OSError):
                pass
            finally:
                self.drop(client)

    async def _still_good(self, since: float, client: SMTP) -> bool:
        """Servers end idle connections without telling: ask before a letter depends on it."""
        if asyncio.get_running_loop().time() - since > self._settings.idle_seconds_max:
            return False
        try:
            await client.rset()
        except (SMTPException, OSError):
            return False
        return True

    def _client(self) -> SMTP:
        told = self._settings
        return SMTP(
            hostname=told.host,
            port=told.port,
            username=told.username or None,
            password=told.password if told.username else None,
            local_hostname=told.hello_name,
            timeout=told.reply_seconds_max,
            use_tls=told.security is Security.TLS,
            start_tls=told.security is Security.STARTTLS,
            tls_context=self._tls if told.security is not Security.NONE else None,
        )
