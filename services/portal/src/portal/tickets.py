"""
What a page gives a browser to bring back, without the browser being able to read or change it.

A trip to the identity provider, the step between two factors, a correction between its preview and
its sending: each is sealed for one owner, and stale after a while.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from chassis.sealing import NONCE_BYTES, Sealed, SealingKey
from cryptography.exceptions import InvalidTag

LETTERS_MAX = 60_000


class Tickets:
    """Tickets of one kind. Raises `ValueError` for a key that is not 32 bytes."""

    def __init__(self, session_key: bytes, kind: str, life: timedelta) -> None:
        self._sealing = SealingKey(session_key, f"tidtam portal {kind}".encode())
        self.life = life

    def make(self, owner: str, content: Mapping[str, Any], now: datetime) -> str:
        """A ticket that only *owner* may bring back."""
        said = orjson.dumps({"at": now.isoformat(), "content": dict(content)})
        made = self._sealing.seal(owner, said)
        return base64.urlsafe_b64encode(made.nonce + made.sealed).decode().rstrip("=")

    def read(self, owner: str, ticket: str, now: datetime) -> Mapping[str, Any] | None:
        """What `make` sealed for *owner*; None for anything else, and for what is too old."""
        try:
            text = ticket[:LETTERS_MAX]
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            sealed = Sealed(self._sealing.key_id, raw[:NONCE_BYTES], raw[NONCE_BYTES:])
            told = orjson.loads(self._sealing.open(owner, sealed))
            age = now - datetime.fromisoformat(told["at"])
        except (ValueError, KeyError, TypeError, InvalidTag):
            return None
        content: Mapping[str, Any] = told["content"]
        return content if timedelta(0) <= age <= self.life else None
