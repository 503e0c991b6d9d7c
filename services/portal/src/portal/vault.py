"""
Opening what is known of payees, and finding one by a number of theirs. Pure: key in, values out.

Keys are derived as intake derives them, so that both find the same payee.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from chassis.sealing import Sealed, SealingKey
from contracts.normalise import identity_value
from contracts.payees import BLIND_INDEX, SEALING
from contracts.process import IdentityScheme
from cryptography.exceptions import InvalidTag

NAMES = b"tidtam portal names"


class Vault:
    """The key of this body's payees. Raises `ValueError` where *secret* is not 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._sealing = SealingKey(secret, SEALING)
        self._blind = hmac.digest(secret, BLIND_INDEX, "sha256")
        self._names = hmac.digest(secret, NAMES, "sha256")

    def blinds(self, text: str, schemes: Iterable[IdentityScheme]) -> list[bytes]:
        """
        The keyed hashes under which the number *text* may be kept, by the *schemes* it fits.

        Thai digits, spaces and hyphens are welcome. Only schemes that identify and that have one
        issuer: a number that several issuers give out says nothing of who it is.
        """
        value = identity_value(text)
        kept = {
            (scheme.same_as or scheme.name, scheme.issuer or "", value)
            for scheme in schemes
            if scheme.identifies and scheme.issuer not in (None, "given")
        }
        return [self.blind(one) for one in sorted(kept)]

    def blind(self, identity: tuple[str, str, str]) -> bytes:
        """The keyed hash an identity (scheme, issuer, value) is looked up by."""
        return hmac.digest(self._blind, "\x1f".join(identity).encode(), "sha256")

    def open(self, payee_id: str, sealed: Sealed) -> Mapping[str, Any]:
        """What is known of a payee; nothing where it was sealed under another key."""
        try:
            content = orjson.loads(self._sealing.open(payee_id, sealed))
        except InvalidTag:
            return {}
        return content if isinstance(content, dict) else {}

    def blind_gram(self, gram: str) -> str:
        """A piece of a name as it may lie in a table: names are found, and cannot be read there."""
        return hmac.digest(self._names, gram.encode(), "sha256")[:8].hex()
