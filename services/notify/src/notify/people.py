"""
Whether and where somebody is reached: offices as applied, payees opened in memory when needed.

Addresses go from here into a delivery and nowhere else: into no log, no table, no topic.
"""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from chassis.sealing import Sealed, SealingKey
from contracts.notice import LANGUAGES, Channel, RecipientKind
from contracts.office import Office
from cryptography.exceptions import InvalidTag

from notify.model import Preference, Recipient

CONTACT = {Channel.EMAIL: "email", Channel.LINE: "line", Channel.WEBHOOK: "webhook"}
"""Where a payee's contact names the address for each channel."""


class Kept(NamedTuple):
    """A payee as it is kept, sealed. `gone`: the address of this version was refused for good."""

    payee_id: str
    sealed: Sealed
    redirect_to: str | None
    gone: bool


class People:
    """Offices and payees of one decision or one round of sending; it lives no longer than that."""

    def __init__(
        self,
        key: SealingKey,
        kept: Iterable[Kept],
        channels: Iterable[Channel],
        offices: Mapping[Recipient, Office],
    ) -> None:
        self._key = key
        self._offices = offices
        self._kept = {one.payee_id: one for one in kept}
        self._channels = frozenset(channels)
        self.same = {payee: self.root(payee) for payee in self._kept}
        self._families: dict[str, list[Kept]] = defaultdict(list)
        for payee, stayed in self.same.items():
            self._families[stayed].append(self._kept[payee])
        self._contacts: dict[str, Mapping[str, Any]] = {}
        self._of_offices = {one: self._of_office(office) for one, office in offices.items()}

    def root(self, payee_id: str) -> str:
        """The payee id that stayed, where several were found to be one."""
        seen = {payee_id}
        while (kept := self._kept.get(payee_id)) is not None and kept.redirect_to is not None:
            payee_id = kept.redirect_to
            if payee_id in seen:
                return min(seen)
            seen.add(payee_id)
        return payee_id

    def preferences(self, payee_ids: Iterable[str]) -> Mapping[Recipient, Preference]:
        """What all offices and these payees want, and over which channels they are reached."""
        payees = {self.root(one) for one in payee_ids}
        mine = {Recipient(RecipientKind.PAYEE, one): self.preference(one) for one in sorted(payees)}
        return ChainMap(mine, self._of_offices)

    def _of_office(self, office: Office) -> Preference:
        mail = frozenset({Channel.EMAIL}) & self._channels
        return Preference(office.language, office.off, mail)

    def preference(self, payee_id: str) -> Preference:
        """What one payee wants."""
        contact = self._contact(self.root(payee_id))
        language = contact.get("language")
        off = contact.get("off")
        return Preference(
            language=language if language in LANGUAGES else LANGUAGES[0],
            off=frozenset(c for c in Channel if isinstance(off, list) and c in off),
            reachable=frozenset(
                channel for channel in self._channels if self._at(contact, channel) is not None
            ),
        )

    def address(self, recipient: Recipient, channel: Channel) -> str | None:
        """Where *recipient* is reached over *channel*; None where nobody has said."""
        if channel is Channel.INBOX:
            return f"{recipient.kind}:{recipient.id}"
        if recipient.kind is not RecipientKind.PAYEE:
            office = self._offices.get(recipient)
            return office.email if office is not None and channel is Channel.EMAIL else None
        return self._at(self._contact(self.root(recipient.id)), channel)

    def _at(self, contact: Mapping[str, Any], channel: Channel) -> str | None:
        value = contact.get(CONTACT.get(channel, ""))
        return value.strip() or None if isinstance(value, str) else None

    def _contact(self, root: str) -> Mapping[str, Any]:
        """What is known of how to reach a payee: of several ids the one that stayed comes first."""
        if root not in self._contacts:
            family = self._families.get(root, [])
            family.sort(key=lambda one: (one.payee_id != root, one.payee_id))
            self._contacts[root] = self._merged(family)
        return self._contacts[root]

    def _merged(self, family: Sequence[Kept]) -> Mapping[str, Any]:
        contact: dict[str, Any] = {}
        for one in reversed(family):
            if not one.gone:
                contact |= self._open(one)
        return contact

    def _open(self, kept: Kept) -> Mapping[str, Any]:
        try:
            content = orjson.loads(self._key.open(kept.payee_id, kept.sealed))
        except InvalidTag:
            # Sealed under another key: as good as unknown, and listed as without an address.
            return {}
        contact = content.get("contact") if isinstance(content, dict) else None
        return contact if isinstance(contact, dict) else {}
