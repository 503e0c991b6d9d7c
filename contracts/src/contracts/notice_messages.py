"""What notify tells: every state of every notice, without an address and without its words."""

# ruff: noqa: RUF012 (pydantic copies its defaults)
from __future__ import annotations

from typing import Literal

from contracts.message_parts import CloudEvent, EventKey, Message, Words

NoticeState = Literal[
    "requested",
    "held",
    "sending",
    "sent",
    "delivered",
    "failed-temporary",
    "failed-permanent",
    "expired",
    "unknown",
    "suppressed",
]


class NoticeRecipient(Message):
    """Who is told: a payee id, a unit, a desk, a source, or of an officer the place of work."""

    kind: Literal["payee", "unit-office", "officer", "desk", "source"]
    id: str


class NotificationData(Message):
    """
    One notice in one of its states; of one `notice` only a higher `version` counts.

    `anchor` is the event it tells of, or of a deadline (`clause`) the event its clock started with.
    `told` are the values told, by name. `at` is when it happened, `state_at` since when the state
    holds. `reason` says why it is not sent, `failure` what the other side answered. `corrects` is
    the notice it corrects, `first` the one that told it first; `holds` is false where what was told
    no longer stands. Notices of one `message` left together. `case` is None of the one notice that
    belongs to none: that a payee's contact was changed, told to the old address.
    """

    notice: str
    version: int
    case: str | None = None
    process: str
    rule: str
    title: Words
    anchor: EventKey
    clause: str | None = None
    recipient: NoticeRecipient
    channel: Literal["email", "line", "webhook", "inbox"]
    language: str
    state: NoticeState
    state_at: str
    at: str
    told: dict[str, str] = {}
    reason: str | None = None
    failure: str | None = None
    attempt: int = 0
    message: str | None = None
    corrects: str | None = None
    first: str | None = None
    holds: bool = True


class Notification(CloudEvent):
    """Topic `notification`, key = case, or the payee where there is none."""

    data: NotificationData
