"""
A change of a payee's contact, as it is told to the address that is left. Pure.

Whoever takes over somebody's account changes the address first: the old one is the only place
where the right person still reads. It is told that there was a change, never what it is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from chassis.sealing import Sealed
from contracts.notice import CONTACT_CHANGED, Channel, RecipientKind

from notify.identity import notice_id
from notify.model import FactAnchor, Reason, Recipient, State
from notify.people import People

AGE_DAYS_MAX = 7
"""A change that was said longer ago is recorded, not told: it comes from a replay of the past."""

SOURCE = "urn:tidtam:intake"
TOLD = (Channel.EMAIL, Channel.LINE)
"""Channels with an address that can be somebody else's tomorrow."""

IN_FORCE = frozenset({State.REQUESTED, State.SENDING, State.FAILED_TEMPORARY})


class Left(NamedTuple):
    """An address that was left: whose, over which channel, in which language, and the address."""

    payee: str
    channel: Channel
    language: str
    address: str


@dataclass(frozen=True, slots=True)
class Change:
    """
    One letter to one address that was left. `sealed` is the address while it is needed.

    `payee_version` is the state of the payee that brought the change, `said_us` when it was said.
    """

    id: str
    payee: str
    payee_version: int
    channel: Channel
    language: str
    process: str
    sealed: Sealed | None = field(repr=False)
    said_us: int
    state: State
    asked_us: int
    reason: Reason | None = None
    version: int = 1
    due_us: int | None = None
    attempt: int = 0
    maybe_told: bool = False
    told_us: int | None = None
    failure: str | None = None

    @property
    def anchor(self) -> FactAnchor:
        """The state of the payee that brought it: what the letter hangs on."""
        return anchor_of(self.payee, self.payee_version)

    def held(self) -> Change:
        """This change, waiting for an operator's word."""
        return replace(self, state=State.HELD, due_us=None)

    def became(self, state: State, **more: Any) -> Change:
        """This change in its next state; when nothing is to be done about it the address goes."""
        due_us = more.pop("due_us", None)
        if state in IN_FORCE and due_us is None:
            raise ValueError(f"{state} without a time would never be looked at again")
        needed = due_us is not None or state is State.HELD
        sealed = self.sealed if needed else None
        made = replace(self, state=state, due_us=due_us, sealed=sealed, version=self.version + 1)
        return replace(made, **more)


def left(payees: Iterable[str], before: People, after: People) -> Iterator[Left]:
    """
    The addresses at which *payees* were reached *before*, and are not any more.

    Also one that another took the place of when two payees proved to be one. An address that
    nobody has said yet leaves none.
    """
    for payee in payees:
        recipient = Recipient(RecipientKind.PAYEE, payee)
        for channel in TOLD:
            old, new = before.address(recipient, channel), after.address(recipient, channel)
            if old is not None and (new is None or old.casefold() != new.casefold()):
                yield Left(payee, channel, before.preference(payee).language, old)


def change_id(payee: str, version: int, channel: Channel) -> str:
    """The identity of the letter: of one state of a payee there is one per channel."""
    recipient = Recipient(RecipientKind.PAYEE, payee)
    return notice_id(CONTACT_CHANGED, anchor_of(payee, version), recipient, channel)


def anchor_of(payee: str, version: int) -> FactAnchor:
    """The message of intake's that told of this state of a payee."""
    return FactAnchor(SOURCE, f"payee/{payee}/{version}")
