"""
The token of a source in its developer's browser: sealed, for one page, for a working day.

The portal keeps no tokens. Each look at the page shows intake the token again, so one that was
dropped there opens nothing here from that moment on.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta

from chassis.sealing import NONCE_BYTES, Sealed, SealingKey
from cryptography.exceptions import InvalidTag

PURPOSE = b"tidtam portal source token"
KEPT = timedelta(hours=8)
COOKIE_LETTERS_MAX = 2000


class SourceKeys:
    """Seals and opens tokens with the *secret* of sessions."""

    def __init__(self, secret: bytes) -> None:
        self._key = SealingKey(secret, PURPOSE)

    def sealed(self, slug: str, token: str, now: datetime) -> str:
        """What the browser keeps of the *token* of *slug*."""
        ends = int((now + KEPT).timestamp())
        made = self._key.seal(slug, f"{ends} {token}".encode())
        return base64.urlsafe_b64encode(made.nonce + made.sealed).decode()

    def opened(self, slug: str, kept: str, now: datetime) -> str | None:
        """The token, None where it was not sealed here, for another source, or too long ago."""
        if not kept or len(kept) > COOKIE_LETTERS_MAX:
            return None
        try:
            raw = base64.urlsafe_b64decode(kept.encode())
            sealed = Sealed(self._key.key_id, raw[:NONCE_BYTES], raw[NONCE_BYTES:])
            ends, _, token = self._key.open(slug, sealed).decode().partition(" ")
        except (binascii.Error, InvalidTag, ValueError):
            return None
        return token if int(ends) > now.timestamp() else None
