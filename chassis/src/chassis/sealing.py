"""
Sealing what only some may read: AES-256-GCM, under a key that is derived from one secret.

Each purpose has a key of its own; whose value it is, is bound to the sealed bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted value as it lies in a table and travels on a topic."""

    key_id: str
    nonce: bytes
    sealed: bytes


class SealingKey:
    """The key for one *purpose*, derived from a *secret* of 32 bytes. Raises `ValueError`."""

    def __init__(self, secret: bytes, purpose: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"the secret must be {SECRET_BYTES} bytes")
        key = hmac.digest(secret, purpose, "sha256")
        self._cipher = AESGCM(key)
        self.key_id = hashlib.sha256(key).hexdigest()[:16]

    def seal(self, owner: str, text: bytes) -> Sealed:
        """Encrypt *text*, which belongs to *owner* and opens for no other."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Sealed(self.key_id, nonce, self._cipher.encrypt(nonce, text, owner.encode()))

    def open(self, owner: str, sealed: Sealed) -> bytes:
        """Decrypt. Raises `cryptography.exceptions.InvalidTag` when key or owner do not fit."""
        return self._cipher.decrypt(sealed.nonce, sealed.sealed, owner.encode())
