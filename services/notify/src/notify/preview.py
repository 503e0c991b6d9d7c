"""What a rule would say of a case as it stands now, to look at before anybody reads it. Pure."""

from __future__ import annotations

from typing import Any

import orjson
from contracts.notice import RecipientKind
from contracts.notice_templates import Rendered, Templates

from notify.case import Picture
from notify.decide import UNKNOWN_PREFERENCE, wanted
from notify.message import Item, message, webhook_body
from notify.model import Reason, Recipient
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

    Of a rule that tells machines the text is what they are sent, as if each source were told.
    `reason` says why it would only be recorded, however well one could be reached.
    """
    sources = {entry.key.source for entry in picture.case.timeline}
    people = {Recipient(RecipientKind.SOURCE, one): UNKNOWN_PREFERENCE for one in sources}
    notices = [one for one in wanted(picture, book, people, now_us) if one.rule == rule]
    if not notices:
        return None
    notice = max(notices, key=lambda one: (one.at_us, one.id))
    zone = book.zone(notice.recipient.kind)
    speech = Speech(book, language, zone, now_us, public_url)
    item = Item(notice, picture)
    if notice.recipient.kind is RecipientKind.SOURCE:
        body = orjson.dumps(webhook_body(item, speech), option=orjson.OPT_INDENT_2).decode()
        made = Rendered(notice.rule, body, "")
    else:
        made = message([item], templates, speech)
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
