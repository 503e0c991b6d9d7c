"""From notices to the words that go out: which template, which fields; a webhook's body. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from chassis.instants import rfc3339
from contracts.notice import BUNDLE, CONTACT_CHANGED, CORRECTION, DIGEST, Channel, RecipientKind
from contracts.notice_templates import Rendered, Templates

from notify import words
from notify.case import Picture, SlaFact
from notify.dates import local_day, local_time
from notify.model import FactAnchor, Notice, TimeAnchor
from notify.seen import View, view_of
from notify.standing import deadline_of
from notify.words import Speech


class Item(NamedTuple):
    """
    A notice, and the case as it is now.

    Of a correction `earlier` is the notice it corrects and `earlier_told_at_us` when that was sent.
    """

    notice: Notice
    picture: Picture
    earlier: Notice | None = None
    earlier_told_at_us: int | None = None


def message(
    items: Sequence[Item], templates: Templates, speech: Speech, digest: bool = False
) -> Rendered:
    """
    The words of one message to one recipient that tells all *items*.

    One piece of news has the words of its rule, several share a message; a *digest* is one also
    where there is one piece of news. Raises `ValueError` where there is none.
    """
    if not items:
        raise ValueError("a message tells something")
    if len(items) > 1 or digest:
        name = DIGEST if digest else BUNDLE
        return templates.render(speech.language, name, _several(items, speech))
    (item,) = items
    name = CORRECTION if item.notice.corrects else item.notice.rule
    return templates.render(speech.language, name, fields_of(item, speech))


def fields_of(item: Item, speech: Speech) -> dict[str, Any]:
    """All fields of a message that tells *item* alone."""
    notice, view = item.notice, _view(item, speech)
    said = {
        **words.standing(view, speech),
        **words.happened(notice, view, speech),
        **words.office(notice, view, _sla_fact(item), speech),
    }
    if notice.corrects:
        said |= words.earlier(item.earlier, item.earlier_told_at_us, notice, view, speech)
    return said


def _several(items: Sequence[Item], speech: Speech) -> dict[str, Any]:
    """The fields of a message of several news: case by case, each as it stands now."""
    by_case: dict[str, list[Item]] = {}
    for item in items:
        by_case.setdefault(item.picture.case.id, []).append(item)
    return {
        "as_of": local_time(speech.now_us, speech.zone, speech.language),
        "day": local_day(speech.now_us, speech.zone, speech.language),
        "link": speech.link(),
        "count": str(len(items)),
        "cases": [_case(of_case, speech) for of_case in by_case.values()],
    }


def _case(items: Sequence[Item], speech: Speech) -> dict[str, Any]:
    last = items[-1]
    view = _view(last, speech)
    return {
        **words.standing(view, speech),
        **words.office(last.notice, view, _sla_fact(last), speech),
        "news": [words.news(item.notice, view, speech) for item in items],
    }


def webhook_body(item: Item, speech: Speech) -> dict[str, Any]:
    """
    What a machine is sent: type, timestamp of the fact, and codes instead of sentences.

    It tells what was decided to be told and nothing of the moment, so that every attempt has the
    same body.
    """
    notice = item.notice
    return {
        "type": f"tidtam.notice.{notice.rule}",
        "timestamp": rfc3339(notice.at_us),
        "data": {
            "notice": notice.id,
            "corrects": notice.corrects,
            "first": notice.first,
            "holds": notice.holds,
            "process": item.picture.case.process,
            "case": item.picture.case.number,
            "told": dict(notice.told),
            **_deadline_codes(notice),
            **_own_event(item),
            "link": speech.link(item.picture.case.number),
        },
    }


def contact_changed(
    templates: Templates, speech: Speech, channel: Channel, said_us: int
) -> Rendered:
    """The words to an address over *channel* that is no longer a payee's; they name no other."""
    fields = words.contact_changed(speech, channel, said_us)
    return templates.render(speech.language, CONTACT_CHANGED, fields)


def _deadline_codes(notice: Notice) -> dict[str, str]:
    anchor = notice.anchor
    if isinstance(anchor, FactAnchor):
        return {}
    return {"agreement": anchor.agreement, "clause": anchor.clause}


def _own_event(item: Item) -> dict[str, str]:
    """For a source the case by what it said of it first: our number it may never have seen."""
    recipient = item.notice.recipient
    if recipient.kind is not RecipientKind.SOURCE:
        return {}
    own = (entry.key.id for entry in item.picture.case.timeline if entry.key.source == recipient.id)
    return {"your_event": next(own, "")}


def _view(item: Item, speech: Speech) -> View:
    return view_of(item.picture, item.notice.recipient, speech.book)


def _sla_fact(item: Item) -> SlaFact | None:
    """What the SLA said that the notice hangs on."""
    anchor = item.notice.anchor
    if not isinstance(anchor, TimeAnchor):
        return None
    found = [fact for fact in item.picture.sla if deadline_of(fact.anchor) == deadline_of(anchor)]
    return max(found, key=lambda fact: fact.version, default=None)
