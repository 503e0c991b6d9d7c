"""A notice as it is kept: the decision of it, and how far its sending has come. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from chassis.instants import microseconds, moment
from contracts.notice import Channel, RecipientKind

from notify.model import (
    Anchor,
    FactAnchor,
    Key,
    Notice,
    Reason,
    Recipient,
    Record,
    State,
    TimeAnchor,
)

KINDS = {one.value: one for one in RecipientKind}
CHANNELS = {one.value: one for one in Channel}
STATES = {one.value: one for one in State}
REASONS = {one.value: one for one in Reason}
"""By name: looking up is a tenth of what calling the class costs, and every decision reads rows."""

IN_FORCE = frozenset({State.REQUESTED, State.SENDING, State.FAILED_TEMPORARY})
"""States in which a notice has a time at which something is to be done about it."""


@dataclass(frozen=True, slots=True)
class Row:
    """
    One notice. `version` counts its states; `place` is None before it was written.

    `asked_us`: since when it is asked for as it is. `due_us`: from when it may be sent; of one
    being sent, when its claim ends. `message_id` is the identity of the message that tells it,
    given at the first attempt and kept. `told_us`: when it was told.
    """

    notice: Notice
    process: str
    state: State
    reason: Reason | None
    asked_us: int
    version: int = 1
    place: int | None = None
    maybe_told: bool = False
    due_us: int | None = None
    attempt: int = 0
    message_id: str | None = None
    told_us: int | None = None
    failure: str | None = None

    @property
    def record(self) -> Record:
        """What decisions see of it."""
        place = 0 if self.place is None else self.place
        return Record(self.notice, self.state, place, self.reason, self.maybe_told)

    def became(self, state: State, **more: Any) -> Row:
        """This notice in its next state; only what is in force keeps a time."""
        due_us = more.pop("due_us", None)
        if state in IN_FORCE and due_us is None:
            raise ValueError(f"{state} without a time would never be looked at again")
        return replace(self, state=state, due_us=due_us, version=self.version + 1, **more)


def columns_of(row: Row) -> tuple[Any, ...]:
    """The columns of *row*, in the order of `add_notices` and `save_notices`."""
    notice = row.notice
    key = event_of(notice)
    return (
        *(notice.id, int(notice.case), row.process, notice.rule, key.source, key.id),
        anchor_json(notice.anchor),
        *(notice.recipient.kind, notice.recipient.id, notice.channel, notice.language),
        *(orjson.dumps(dict(notice.told)).decode(), moment(notice.at_us), notice.corrects),
        *(notice.first, notice.holds, row.version, row.state, row.reason, row.maybe_told),
        *(moment(row.asked_us), _moment(row.due_us), row.attempt, row.message_id),
        *(_moment(row.told_us), row.failure),
    )


def row_of(kept: Mapping[str, Any]) -> Row:
    """The notice of a row as the database gives it."""
    reason = None if kept["reason"] is None else REASONS[kept["reason"]]
    notice = Notice(
        id=kept["notice_id"],
        rule=kept["rule"],
        anchor=anchor_of(kept["anchor"]),
        recipient=Recipient(KINDS[kept["recipient_kind"]], kept["recipient_id"]),
        channel=CHANNELS[kept["channel"]],
        case=str(kept["case_id"]),
        told=orjson.loads(kept["told"]),
        language=kept["language"],
        at_us=microseconds(kept["at"]),
        reason=reason,
        corrects=kept["corrects"],
        first=kept["first"],
        holds=kept["holds"],
    )
    return Row(
        notice=notice,
        process=kept["process"],
        state=STATES[kept["state"]],
        reason=reason,
        asked_us=microseconds(kept["asked_at"]),
        version=kept["version"],
        place=kept["place"],
        maybe_told=kept["maybe_told"],
        due_us=_us(kept["due_at"]),
        attempt=kept["attempt"],
        message_id=kept["message_id"],
        told_us=_us(kept["told_at"]),
        failure=kept["failure"],
    )


def event_of(notice: Notice) -> Key:
    """The event *notice* hangs on; of a deadline the one its clock started with."""
    anchor = notice.anchor
    return anchor.start if isinstance(anchor, TimeAnchor) else Key(*anchor)


def anchor_json(anchor: Anchor) -> str:
    """*anchor* as the JSON list it is kept as."""
    parts = [list(part) if isinstance(part, tuple) else part for part in anchor]
    return orjson.dumps(parts).decode()


def anchor_of(text: str) -> Anchor:
    """The anchor kept as *text*: of a fact two parts, of a deadline six."""
    parts = orjson.loads(text)
    if len(parts) == 2:
        return FactAnchor(*parts)
    agreement, clause, start, kind, offset, due = parts
    return TimeAnchor(agreement, clause, Key(*start), kind, offset, due)


def _moment(at_us: int | None) -> datetime | None:
    return None if at_us is None else moment(at_us)


def _us(at: datetime | None) -> int | None:
    return None if at is None else microseconds(at)
