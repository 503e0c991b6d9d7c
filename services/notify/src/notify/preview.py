"""What a rule would say of a case as it stands now, to look at before anybody reads it. Pure."""

from __future__ import annotations

from typing import Any

from contracts.notice_templates import Templates

from notify.case import Picture
from notify.decide import wanted
from notify.message import Item, message
from notify.model import Reason
from notify.rulebook import Rulebook
from notify.words import Speech


def preview(
    picture: Picture,
    book: Rulebook,
    templates: Templates,
    rule: str,
    language: str,
    now_us: int,
    public_url: str,
) -> dict[str, Any] | None:
    """
    Subject, text and HTML of the newest news of *rule*; None where it tells nobody of this case.

    `reason` says why it would only be recorded, however well one could be reached.
    """
    notices = [one for one in wanted(picture, book, {}, now_us) if one.rule == rule]
    if not notices:
        return None
    notice = max(notices, key=lambda one: (one.at_us, one.id))
    zone = book.zone(notice.recipient.kind)
    speech = Speech(book, language, zone, now_us, public_url)
    made = message([Item(notice, picture)], templates, speech)
    never = notice.reason if notice.reason is not Reason.NO_ADDRESS else None
    return {
        "rule": rule,
        "recipient": {"kind": notice.recipient.kind, "id": notice.recipient.id},
        "language": language,
        "reason": never,
        "subject": made.subject,
        "text": made.text,
        "html": made.html,
    }
