"""
What somebody searched for, in an address without being readable there. Pure but for its nonce.

A search may be for a name or a number of a person. The form posts it, and leads to an address that
carries it sealed: going back works, and no log or history holds it.
"""

from __future__ import annotations

import base64

from chassis.sealing import NONCE_BYTES, Sealed, SealingKey
from cryptography.exceptions import InvalidTag

TOKEN_LETTERS_MAX = 2_000


class SealedWords:
    """Seals texts for one person's own use. Raises `ValueError` for a key that is not 32 bytes."""

    def __init__(self, session_key: bytes) -> None:
        self._sealing = SealingKey(session_key, b"tidtam portal search")

    def seal(self, person: str, text: str) -> str:
        """*text* as it may stand in an address of *person*."""
        made = self._sealing.seal(person, text.encode())
        return base64.urlsafe_b64encode(made.nonce + made.sealed).decode().rstrip("=")

    def open(self, person: str, token: str) -> str:
        """What `seal` made for the same *person*; empty for anything else."""
        try:
            text = token[:TOKEN_LETTERS_MAX]
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            sealed = Sealed(self._sealing.key_id, raw[:NONCE_BYTES], raw[NONCE_BYTES:])
            return self._sealing.open(person, sealed).decode()
        except (ValueError, InvalidTag):
            return ""
