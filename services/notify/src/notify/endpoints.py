"""
Where machines are told: webhook endpoints with their secrets, in memory as the tables have them.

A secret is handed out twice at most: when it is made, here, and never again.
"""

from __future__ import annotations

import base64
import secrets as random_bytes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson
from chassis.clock import Clock
from chassis.database import Connection
from chassis.instants import microseconds, rfc3339
from chassis.sealing import SealingKey
from cryptography.exceptions import InvalidTag

from notify import endpoint_store
from notify.channels.signing import PREFIX
from notify.endpoint_store import EndpointRow
from notify.model import Hook, Recipient

SECRET_BYTES = 32
BOTH_SIGN = timedelta(hours=24)
"""How long after a rotation the old secret signs beside the new one."""

SEALING = b"tidtam notify seal"
"""What the key is derived with by which notify seals what only notify opens."""

REMOVED, GONE = "removed", "gone"


@dataclass(frozen=True, slots=True)
class Secret:
    """One signing secret, and until when it signs; None: until it is replaced."""

    text: str = field(repr=False)
    until_us: int | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint, opened. `secrets`: the newest first; none where it has ended."""

    row: EndpointRow
    url: str = field(repr=False)
    secrets: tuple[Secret, ...] = field(repr=False)

    @property
    def is_open(self) -> bool:
        """Is anything sent there?"""
        return self.row.ended_at is None

    def signing(self, now_us: int) -> list[str]:
        """The secrets that sign at *now_us*, the newest first."""
        return [
            secret.text
            for secret in self.secrets
            if self.is_open and (secret.until_us is None or now_us < secret.until_us)
        ]


class Endpoints:
    """
    One per process: all endpoints by recipient and URL. *key* opens them, *clock* ends secrets.

    Who changes one holds the lock of people alone, as the tables are what counts.
    """

    def __init__(self, key: SealingKey, clock: Clock) -> None:
        self._key = key
        self._clock = clock
        self._all: Sequence[Endpoint] = ()
        self.hooks: Mapping[Recipient, Hook] = {}

    async def read(self, connection: Connection) -> None:
        """Take over what the tables have."""
        self._all = [self._opened(row) for row in await endpoint_store.read(connection)]
        self.hooks = _hooks(self._all)

    def secrets_of(self, url: str) -> Sequence[str]:
        """
        What signs a message to *url* now, the newest first; nothing where it is no endpoint.

        Two recipients may be told at one URL; whoever listens there then holds all their secrets.
        """
        now_us = microseconds(self._clock.now())
        return [text for one in self._all if one.url == url for text in one.signing(now_us)]

    def shown(self) -> list[dict[str, Any]]:
        """All endpoints for an operator, without a secret."""
        return [_shown(one) for one in self._all]

    async def add(
        self, connection: Connection, recipient: Recipient, url: str
    ) -> tuple[dict[str, Any], str] | None:
        """A new endpoint and its secret; None where *recipient* has an open one."""
        one, secret = f"ep_{random_bytes.token_hex(8)}", new_secret()
        kept = self._key.seal(one, content_of(url, (Secret(secret),)))
        row = EndpointRow(one, recipient, kept, self._clock.now())
        if not await endpoint_store.add(connection, row):
            return None
        return _shown(self._opened(row)), secret

    async def rotate(self, connection: Connection, one: str) -> tuple[dict[str, Any], str] | None:
        """
        A new secret for the endpoint *one*; the one before signs beside it for `BOTH_SIGN`.

        None where no open endpoint has that id.
        """
        found = await self._open_one(connection, one)
        if found is None:
            return None
        now, secret = self._clock.now(), new_secret()
        until_us = microseconds(now + BOTH_SIGN)
        before = [replace(old, until_us=until_us) for old in found.secrets if old.until_us is None]
        kept = self._key.seal(one, content_of(found.url, (Secret(secret), *before)))
        row = replace(found.row, sealed=kept, rotated_at=now)
        await endpoint_store.save(connection, row)
        return _shown(self._opened(row)), secret

    async def end(self, connection: Connection, one: str, reason: str) -> dict[str, Any] | None:
        """Send nothing to the endpoint *one* any more, and forget its secrets; None where done."""
        found = await self._open_one(connection, one)
        if found is None:
            return None
        kept = self._key.seal(one, content_of(found.url, ()))
        row = replace(found.row, sealed=kept, ended_at=self._clock.now(), ended_reason=reason)
        await endpoint_store.save(connection, row)
        return _shown(self._opened(row))

    async def end_gone(self, connection: Connection, recipient: Recipient, url: str) -> None:
        """End the endpoint of *recipient* at *url*, which said of itself that it is gone."""
        for one in self._all:
            if one.is_open and one.row.recipient == recipient and one.url == url:
                await self.end(connection, one.row.id, GONE)

    async def _open_one(self, connection: Connection, one: str) -> Endpoint | None:
        rows = [row for row in await endpoint_store.read(connection) if row.id == one]
        return next((found for row in rows if (found := self._opened(row)).is_open), None)

    def _opened(self, row: EndpointRow) -> Endpoint:
        try:
            said = orjson.loads(self._key.open(row.id, row.sealed))
        except InvalidTag:
            # Sealed under another key: there is no URL and no secret, and an operator sees it.
            return Endpoint(row, "", ())
        signing = tuple(Secret(text, until_us) for text, until_us in said["secrets"])
        return Endpoint(row, said["url"], signing)


def new_secret() -> str:
    """A secret as receivers are given it: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(random_bytes.token_bytes(SECRET_BYTES)).decode()


def content_of(url: str, signing: Sequence[Secret]) -> bytes:
    """What is sealed of an endpoint."""
    return orjson.dumps({"url": url, "secrets": [[one.text, one.until_us] for one in signing]})


def _hooks(every: Sequence[Endpoint]) -> Mapping[Recipient, Hook]:
    """
    By recipient the URL it is told at, None where its endpoint has ended.

    News from before the first endpoint is not its news.
    """
    hooks: dict[Recipient, Hook] = {}
    for one in every:
        first = hooks.get(one.row.recipient)
        since_us = microseconds(one.row.created_at) if first is None else first.since_us
        url = one.url if one.is_open and one.url else None
        hooks[one.row.recipient] = Hook(url, since_us)
    return hooks


def _shown(one: Endpoint) -> dict[str, Any]:
    row = one.row
    waits = [secret.until_us for secret in one.secrets if secret.until_us is not None]
    return {
        "endpoint": row.id,
        "recipient": {"kind": row.recipient.kind, "id": row.recipient.id},
        "url": one.url,
        "created_at": row.created_at,
        "rotated_at": row.rotated_at,
        "both_sign_until": rfc3339(max(waits)) if waits else None,
        "ended_at": row.ended_at,
        "ended_reason": row.ended_reason,
    }
