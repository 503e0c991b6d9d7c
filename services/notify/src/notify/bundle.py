"""
Several pieces of news for one recipient become one message, with where each case stands now. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from contracts.notice import Channel

from notify.identity import bundle_id
from notify.model import Notice, Recipient

Host = Callable[[Recipient], Recipient]
"""In whose message a recipient is told."""

ALONE = frozenset({Channel.INBOX, Channel.WEBHOOK})
"""Channels on which each piece of news stands by itself: a list on a page, a machine's input."""

NEWS_PER_MESSAGE_MAX = 100
"""A message longer than this is read by nobody; the rest follows in the next."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """
    One message: its identity, whose it is, and the notices it tells, oldest news first.

    Once it was handed out its notices stay together: a repetition must bear the same identity.
    """

    id: str
    recipient: Recipient
    channel: Channel
    language: str
    notices: tuple[Notice, ...]

    @property
    def cases(self) -> tuple[str, ...]:
        """The cases it speaks of, in the order of their first news."""
        return tuple(dict.fromkeys(notice.case for notice in self.notices))


def itself(recipient: Recipient) -> Recipient:
    """Everybody is told apart from everybody else."""
    return recipient


def bundles(due: Iterable[Notice], host: Host = itself) -> tuple[Bundle, ...]:
    """
    The messages that tell the notices *due* now, in a fixed order.

    All of one recipient, channel and language go together, whatever their cases. *host* says in
    whose message a recipient is told: an office that stands for several gets one.
    """
    together: dict[tuple[Recipient, Channel, str], list[Notice]] = {}
    for notice in sorted(due, key=lambda one: (one.at_us, one.id)):
        of = (host(notice.recipient), notice.channel, notice.language)
        together.setdefault(of, []).append(notice)
    return tuple(
        Bundle(bundle_id(one.id for one in part), recipient, channel, language, part)
        for (recipient, channel, language), notices in sorted(together.items())
        for part in _parts(notices, channel)
    )


def _parts(notices: list[Notice], channel: Channel) -> Iterator[tuple[Notice, ...]]:
    size = 1 if channel in ALONE else NEWS_PER_MESSAGE_MAX
    for start in range(0, len(notices), size):
        yield tuple(notices[start : start + size])
