"""
The shape of a notice file, as pydantic reads it: a key nobody knows is refused.

`notice_file.py` turns it into `NoticeRules`, `notice_check.py` says what is wrong with one.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.notice import Channel, RecipientKind, SendingDays, Tell
from contracts.process_model import Name, Part, WordsPart

Code = Annotated[str, Field(min_length=1, max_length=100)]
Minute = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
AgeDays = Annotated[int, Field(ge=1, le=366)]
Offset = Annotated[int, Field(ge=0, le=3660)]


class SendingPart(Part):
    """When a kind of recipient may be disturbed: `opens` and `closes`, or `digest_at`."""

    calendar: Name
    days: Annotated[SendingDays, Field(strict=False)]
    opens: Minute | None = None
    closes: Minute | None = None
    digest_at: Minute | None = None


class NoticeWhenPart(Part):
    """Which news of its kind a rule is about; what is left out is any."""

    holders: list[Name] = Field(default_factory=list)
    reasons: list[Code] = Field(default_factory=list)
    clauses: list[Code] = Field(default_factory=list)
    offsets: list[Offset] = Field(default_factory=list)
    waiting: bool = False


class NoticeRulePart(Part):
    """One rule."""

    title: WordsPart
    news: Code
    to: Annotated[RecipientKind, Field(strict=False)]
    desk: Name | None = None
    channels: Annotated[list[Annotated[Channel, Field(strict=False)]], Field(min_length=1)]
    tells: list[Annotated[Tell, Field(strict=False)]] = Field(default_factory=list)
    age_days_max: AgeDays
    held_too: bool = False
    when: NoticeWhenPart = NoticeWhenPart()


class NoticesPart(Part):
    """A whole notice file."""

    name: Name
    title: WordsPart
    process: Name
    promises: list[Code] = Field(default_factory=list)
    sending: dict[Annotated[RecipientKind, Field(strict=False)], SendingPart]
    rules: Annotated[dict[Name, NoticeRulePart], Field(min_length=1)]


def minutes(text: str) -> int:
    """Minutes after midnight of `08:30`."""
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)
