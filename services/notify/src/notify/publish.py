"""How the state of a notice is told: the `notification` messages. Pure."""

from __future__ import annotations

from typing import Any

import orjson
from chassis.instants import rfc3339
from contracts.notice import NoticeRule

from notify.model import TimeAnchor
from notify.rows import Row, event_of

SOURCE = "urn:tidtam:notify"


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
    event = {
        "specversion": "1.0",
        "id": f"notification/{notice.id}/{row.version}",
        "source": SOURCE,
        "type": f"tidtam.{row.process}.notification",
        "time": told,
        "datacontenttype": "application/json",
        "recordedtime": told,
        "correlationid": notice.case,
        "causationid": f"{key.source}/{key.id}",
        "data": data,
    }
    return notice.case.encode(), orjson.dumps(event)
