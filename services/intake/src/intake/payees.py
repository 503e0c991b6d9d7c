"""
Who a payee is, and how what is known of one is sealed.

Identities leave an event here: it carries a payee id from now on.
Rule: docs/architecture/personal-data.md.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from chassis.sealing import Sealed, SealingKey
from contracts.events import Identity, Mention
from contracts.payees import BLIND_INDEX, SEALING
from contracts.process import IdentityScheme


class PayeeKeys:
    """
    The key of this body's payees: one secret, from which the keys for sealing and for look-up are
    derived.
    """

    def __init__(self, secret: bytes) -> None:
        self._sealing = SealingKey(secret, SEALING)
        self._blind = hmac.digest(secret, BLIND_INDEX, "sha256")

    def blind(self, identity: Identity) -> bytes:
        """The keyed hash an identity is looked up by."""
        return hmac.digest(self._blind, "\x1f".join(identity).encode(), "sha256")

    def seal(self, payee_id: str, content: Mapping[str, Any]) -> Sealed:
        """Encrypt what is known of a payee; the payee id is bound to it."""
        return self._sealing.seal(payee_id, orjson.dumps(content, option=orjson.OPT_SORT_KEYS))

    def open(self, payee_id: str, sealed: Sealed) -> dict[str, Any]:
        """
        Decrypt a payee. Raises `cryptography.exceptions.InvalidTag` when key or id do not fit.
        """
        content: dict[str, Any] = orjson.loads(self._sealing.open(payee_id, sealed))
        return content


def identifying(mention: Mention, schemes: Mapping[str, IdentityScheme]) -> list[Identity]:
    """The identities that say who this is, in the process file's order. Vendor codes never do."""
    order = {name: place for place, name in enumerate(schemes)}
    real = [i for i in mention.identities if i.scheme in schemes and schemes[i.scheme].identifies]
    return sorted(real, key=lambda identity: (order[identity.scheme], identity))


def payee_id_of(mention: Mention, schemes: Mapping[str, IdentityScheme], keys: PayeeKeys) -> str:
    """
    The payee id an event carries: the same for the same identities, whoever says them and whenever.

    `p…` names a person or firm; `v…` only tells mentions apart (a code shared by one-time vendors,
    a name).
    """
    real = identifying(mention, schemes)
    if real:
        return "p" + _short(keys.blind(real[0]))
    if mention.identities:
        return "v" + _short(keys.blind(sorted(mention.identities)[0]))
    name = str(mention.vault.get("name", ""))
    return "v" + _short(keys.blind(Identity("name", "", name)))


def _short(digest: bytes) -> str:
    return base64.b32encode(digest[:15]).decode().lower()


def content_with(known: Mapping[str, Any], mentions: Sequence[Mention]) -> dict[str, Any]:
    """
    What the vault holds after these mentions: identities add up, of all else the last word stands.
    """
    identities = {tuple(identity) for identity in known.get("identities", ())}
    content = dict(known)
    for mention in mentions:
        identities |= {tuple(identity) for identity in mention.identities}
        content.update({k: v for k, v in mention.vault.items() if k != "identities"})
    content["identities"] = sorted(map(list, identities))
    return content
