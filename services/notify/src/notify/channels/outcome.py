"""
What a channel is given, and what it answers. Pure values.

`notify` claims a notice, commits, hands a `Delivery` to a `Channel` and records its `Outcome`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

NOTICE_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One message for one recipient, with all its words.

    `notice_id` is the same at every attempt: receivers know a repetition by it.
    `to` is an e-mail address, the URL of a webhook, a LINE user id, or a recipient's inbox.
    A webhook has no words: `data` is its whole JSON body (`type`, `timestamp` of the fact, `data`),
    the same at every attempt too. `attempt` counts from 1.
    Raises `ValueError` where id or language could not stand in a header, or the count is not one.
    """

    notice_id: str
    to: str = field(repr=False)
    language: str
    subject: str = field(repr=False, default="")
    text: str = field(repr=False, default="")
    html: str = field(repr=False, default="")
    link: str = field(repr=False, default="")
    data: Mapping[str, Any] = field(repr=False, default_factory=dict)
    attempt: int = 1

    def __post_init__(self) -> None:
        """Refuse what would be a fault of ours: id and language become part of headers."""
        if NOTICE_ID.fullmatch(self.notice_id) is None:
            raise ValueError("a notice id has 1 to 128 letters, digits, - and _")
        if LANGUAGE.fullmatch(self.language) is None:
            raise ValueError("a language is a tag like th or en")
        if self.attempt < 1:
            raise ValueError("attempts count from 1")


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side has taken it. `provider_id` is its own name for it, empty if it gave none."""

    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """It was not taken. Try again, but not before `delay_seconds` have passed."""

    delay_seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """
    It was not taken and never will be.

    `gone`: nothing will ever be taken at this address or endpoint; send nothing there any more.
    """

    reason: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """
    It was handed over whole and no answer came: it may have been taken, or not.

    Sent again after `delay_seconds` under the same identity, it may arrive twice, so the sender
    counts it. None: no attempt is left, and it stays unknown.
    """

    reason: str
    delay_seconds: float | None = None


Outcome = Sent | Retry | Failed | Unknown
"""All that can come of a send. Reasons name no recipient and no content: they are safe to log."""


class Channel(Protocol):
    """A way out. It raises only for bugs and when cancelled; what the world does is an outcome."""

    async def send(self, delivery: Delivery) -> Outcome:
        """Hand *delivery* to the outside, once, within a bounded time."""
        ...

    async def close(self) -> None:
        """Let go of open connections; sends under way have ended before."""
        ...
