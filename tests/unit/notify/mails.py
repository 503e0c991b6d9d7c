"""How the tests make mails: cases for every rule, and the words that tell of them."""

from __future__ import annotations

from contracts.notice import Channel
from contracts.notice_templates import Rendered, Templates
from notify.case import Forecast, Picture
from notify.message import Item, message
from notify.model import Notice
from notify.words import Speech

from tests.unit.notify.telling import (
    NOW_US,
    ZONE,
    book,
    breach,
    entry,
    line,
    paid_line,
    picture,
    tell,
)

TEMPLATES = Templates(book().notices.templates)
LANGUAGES = ("th", "en")
SOON = Forecast(9, 4, 5, "2026-11-27", "2026-11-26", "2026-11-24")
RECEIVED, PAID = entry("received", 0), entry("transferred", 3)
BOUNCED = entry("bounced", 3, reason="account-closed")
PAPERS = ("invoice", "inspection-report", "no-such-paper")
OWN = line("1", "anna", "bounced", reached_by=frozenset({BOUNCED.key}))
WITHHELD = {"code": "wht", "title": "ภาษีหัก ณ ที่จ่าย", "amount": "70.00"}


def speech(language: str) -> Speech:
    """How to speak in *language*."""
    return Speech(book(), language, ZONE, NOW_US, "https://tidtam.example/")


def news(rule: str, given: Picture) -> Notice:
    """The e-mail by which *rule* tells of *given*."""
    (found,) = (one for one in tell(given) if (one.rule, one.channel) == (rule, Channel.EMAIL))
    return found


def mail(rule: str, given: Picture, language: str = "en") -> Rendered:
    """That e-mail's words."""
    return message([Item(news(rule, given), given)], TEMPLATES, speech(language))


EVERY_RULE = {
    "received": picture(RECEIVED, lines=[line("1", "anna")]),
    "paid": picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID)]),
    "bounced": picture(RECEIVED, BOUNCED, lines=[OWN]),
    "returned": picture(RECEIVED, entry("returned", 2, reason="incomplete-papers", papers=PAPERS)),
    "withdrawn": picture(entry("withdrawn", 2), lines=[line("1", "anna")]),
    "reopened": picture(entry("reopened", 2, stage="received"), lines=[line("1", "anna")]),
    "late": picture(RECEIVED, lines=[line("1", "anna")], sla=(breach(),)),
    "overdue": picture(RECEIVED, sla=(breach(),)),
    "due-soon": picture(RECEIVED, sla=(breach(kind="sla.warned"),)),
    "overdue-head": picture(RECEIVED, sla=(breach(kind="sla.reminder-due", offset=3),)),
    "overdue-director": picture(RECEIVED, sla=(breach(kind="sla.reminder-due", offset=5),)),
}
for _fact, _rule in (("bounced", "bounced-at-bank"), ("cancelled", "cancelled"), ("delayed",) * 2):
    _event = entry(_fact, 2, reason="other")
    _own = line("1", "anna", reached_by=frozenset({_event.key}))
    EVERY_RULE[_rule] = picture(RECEIVED, _event, lines=[_own])
