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
from contracts.messages import Contact
from contracts.messages import Words as MessageWords
from contracts.notice import LANGUAGES, Channel, RecipientKind
from contracts.office import Office
from contracts.process import Words
from cryptography.exceptions import InvalidTag

from notify.model import Hook, Preference, Recipient

CONTACT = {Channel.EMAIL: "email", Channel.LINE: "line"}
"""Where a payee's contact, or an office, names the address for each channel."""

NO_HOOKS: Mapping[Recipient, Hook] = {}


class Kept(NamedTuple):
    """A payee as it is kept, sealed. `gone`: the address of this version was refused for good."""

    payee_id: str
    sealed: Sealed
    redirect_to: str | None
    gone: bool


class People:
    """
    Offices, payees and machines of one decision or one round of sending; it lives no longer.

    *hooks* are the webhook endpoints: whoever has one is told there too.
    """

    def __init__(
        self,
        key: SealingKey,
        kept: Iterable[Kept],
        channels: Iterable[Channel],
        offices: Mapping[Recipient, Office],
        hooks: Mapping[Recipient, Hook] = NO_HOOKS,
    ) -> None:
        self._key = key
        self._offices = offices
        self._hooks = hooks
        self._kept = {one.payee_id: one for one in kept}
        self._channels = frozenset(channels)
        self.same = {payee: self.root(payee) for payee in self._kept}
        self._families: dict[str, list[Kept]] = defaultdict(list)
        for payee, stayed in self.same.items():
            self._families[stayed].append(self._kept[payee])
        self._contacts: dict[str, Mapping[str, Any]] = {}
        self._of_others = {
            one: self._of_other(one)
            for one in dict.fromkeys((*offices, *hooks))
            if one.kind is not RecipientKind.PAYEE
        }

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
        """What all but payees, and these payees, want and over which channels they are reached."""
        payees = {self.root(one) for one in payee_ids}
        mine = {Recipient(RecipientKind.PAYEE, one): self.preference(one) for one in sorted(payees)}
        return ChainMap(mine, self._of_others)

    def _of_other(self, recipient: Recipient) -> Preference:
        office, hook = self._offices.get(recipient), self._hooks.get(recipient)
        return Preference(
            language=LANGUAGES[0] if office is None else office.language,
            off=frozenset() if office is None else office.off,
            reachable=self._reachable(recipient),
            webhook_since_us=0 if hook is None else hook.since_us,
        )

    def _reachable(self, recipient: Recipient) -> frozenset[Channel]:
        return frozenset(
            channel
            for channel in self._channels
            if channel is not Channel.INBOX and self.address(recipient, channel) is not None
        )

    def preference(self, payee_id: str) -> Preference:
        """What one payee wants."""
        recipient = Recipient(RecipientKind.PAYEE, self.root(payee_id))
        contact, hook = self._contact(recipient.id), self._hook(recipient)
        language = contact.get("language")
        off = contact.get("off")
        return Preference(
            language=language if language in LANGUAGES else LANGUAGES[0],
            off=frozenset(c for c in Channel if isinstance(off, list) and c in off),
            reachable=self._reachable(recipient),
            webhook_since_us=0 if hook is None else hook.since_us,
        )

    def address(self, recipient: Recipient, channel: Channel) -> str | None:
        """Where *recipient* is reached over *channel*; None where nobody has said."""
        if channel is Channel.INBOX:
            return f"{recipient.kind}:{recipient.id}"
        if channel is Channel.WEBHOOK:
            hook = self._hook(recipient)
            return None if hook is None else hook.url
        if recipient.kind is not RecipientKind.PAYEE:
            office = self._offices.get(recipient)
            return None if office is None else getattr(office, CONTACT[channel])
        return self._at(self._contact(self.root(recipient.id)), channel)

    def desk_of_unit(self, unit: str | None) -> Contact | None:
        """Whom to turn to at *unit*: its own office as it is now, where the lists have it."""
        office = self._offices.get(Recipient(RecipientKind.UNIT_OFFICE, unit or ""))
        return None if office is None else desk_of(office)

    def _hook(self, recipient: Recipient) -> Hook | None:
        """The endpoint of *recipient*: of a payee also one registered under another of its ids."""
        if recipient.kind is not RecipientKind.PAYEE:
            return self._hooks.get(recipient)
        family = (one.payee_id for one in self._families.get(self.root(recipient.id), ()))
        ids = dict.fromkeys((self.root(recipient.id), *sorted(family)))
        found = [hook for one in ids if (hook := self._hooks.get(recipient._replace(id=one)))]
        return next((hook for hook in found if hook.url is not None), None)

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


def desk_of(office: Office) -> Contact | None:
    """*office* as somebody is sent to it; None where the lists do not name it."""
    if office.title is None:
        return None
    title, person = office.title, office.contact
    if person is not None:
        title = Words(f"{title.th} ({person.th})", f"{title.en} ({person.en})")
    return Contact(
        desk=MessageWords(th=title.th, en=title.en),
        telephone=office.telephone,
        email=office.email,
        hours=None
        if office.hours is None
        else MessageWords(th=office.hours.th, en=office.hours.en),
    )
