"""How the state of a notice is told: the `notification` messages. Pure."""

from __future__ import annotations

from typing import Any

import orjson
from chassis.instants import rfc3339
from contracts.notice import CONTACT_CHANGED, NoticeRule, RecipientKind

from notify.changes import Change
from notify.model import TimeAnchor
from notify.rows import Row, event_of

SOURCE = "urn:tidtam:notify"
CONTACT_CHANGED_TITLE = {
    "th": "มีการเปลี่ยนช่องทางติดต่อ",
    "en": "Contact details have been changed",
}


def notification(row: Row, rule: NoticeRule | None, now_us: int) -> tuple[bytes, bytes]:
    """Key and value of the message that tells the state of *row*; of one state it has one id."""
    notice, told = row.notice, rfc3339(now_us)
    anchor = notice.anchor
    clause = None
    if isinstance(anchor, TimeAnchor):
        clause = f"{anchor.agreement}#{anchor.clause}"
    key = event_of(notice)
    title = {"th": notice.rule, "en": notice.rule}
    if rule is not None:
        title = {"th": rule.title.th, "en": rule.title.en}
    data: dict[str, Any] = {
        "notice": notice.id,
        "version": row.version,
        "case": notice.case,
        "process": row.process,
        "rule": notice.rule,
        "title": title,
        "anchor": tuple(key),
        "clause": clause,
        "recipient": {"kind": notice.recipient.kind, "id": notice.recipient.id},
        "channel": notice.channel,
        "language": notice.language,
        "state": row.state,
        "state_at": told,
        "at": rfc3339(notice.at_us),
        "told": dict(notice.told),
        "reason": row.reason,
        "failure": row.failure,
        "attempt": row.attempt,
        "message": row.message_id,
        "corrects": notice.corrects,
        "first": notice.first,
        "holds": notice.holds,
    }
    return notice.case.encode(), _event(data, told, notice.case, f"{key.source}/{key.id}")


def change_notification(change: Change, now_us: int) -> tuple[bytes, bytes]:
    """
    Key and value of the message that tells the state of a letter to an address that was left.

    It belongs to no case; its key is the payee.
    """
    told, anchor = rfc3339(now_us), change.anchor
    data: dict[str, Any] = {
        "notice": change.id,
        "version": change.version,
        "case": None,
        "process": change.process,
        "rule": CONTACT_CHANGED,
        "title": CONTACT_CHANGED_TITLE,
        "anchor": tuple(anchor),
        "clause": None,
        "recipient": {"kind": RecipientKind.PAYEE, "id": change.payee},
        "channel": change.channel,
        "language": change.language,
        "state": change.state,
        "state_at": told,
        "at": rfc3339(change.said_us),
        "told": {},
        "reason": change.reason,
        "failure": change.failure,
        "attempt": change.attempt,
        "message": change.id if change.attempt else None,
        "corrects": None,
        "first": None,
        "holds": True,
    }
    cause = f"{anchor.source}/{anchor.id}"
    return change.payee.encode(), _event(data, told, None, cause)


def _event(data: dict[str, Any], told: str, case: str | None, cause: str) -> bytes:
    event = {
        "specversion": "1.0",
        "id": f"notification/{data['notice']}/{data['version']}",
        "source": SOURCE,
        "type": f"tidtam.{data['process']}.notification",
        "time": told,
        "datacontenttype": "application/json",
        "recordedtime": told,
        "causationid": cause,
        "data": data,
    }
    if case is not None:
        event["correlationid"] = case
    return orjson.dumps(event)
