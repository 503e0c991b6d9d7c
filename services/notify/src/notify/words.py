"""
What a message says: the fields a template may name, in one language. Pure.

The names are those of `contracts.notice_fields`; what a field may show is decided in `seen.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from contracts.agreement import EVERYONE
from contracts.messages import Contact
from contracts.notice import Channel, RecipientKind, Tell
from contracts.process import Contact as ProcessContact
from contracts.process import Words

from notify.case import Forecast, Line, SlaFact, Transfer
from notify.dates import local_day, local_time, money, written_day
from notify.decide import own_transfers, references
from notify.model import FactAnchor, Key, Notice
from notify.rulebook import Rulebook
from notify.seen import View

YES, NO = "1", ""

WAITED_FOR = frozenset({"unit", "payee"})
"""Holders whose part nobody can foresee: the date of the money depends on them."""

HOLDERS: Mapping[str, Mapping[str, str]] = {
    "th": {
        "unit": "หน่วยงานผู้ขอเบิก",
        "finance": "กองคลัง",
        "bank": "ธนาคาร",
        "payee": "ผู้รับเงิน",
        EVERYONE: "ทุกฝ่าย",
        "nobody": "",
        "you": "ท่าน",
    },
    "en": {
        "unit": "the unit",
        "finance": "finance",
        "bank": "the bank",
        "payee": "the payee",
        EVERYONE: "everyone",
        "nobody": "",
        "you": "you",
    },
}


class Speech(NamedTuple):
    """
    How to speak: the rules' words, the language, the zone of dates, and now.

    `portal_url` is where the links lead.
    """

    book: Rulebook
    language: str
    zone: str
    now_us: int
    portal_url: str

    def title(self, words: Words) -> str:
        """*words* in this language."""
        return words.th if self.language == "th" else words.en

    def day(self, iso: str | None) -> str:
        """A date as people write it."""
        return written_day(iso, self.language)

    def money(self, value: str | None, currency: str | None) -> str:
        """A sum in *currency*, else in that of the process."""
        of = currency or self.book.process.currency
        return money(value, of, self.book.process.minor_units.get(of, 2), self.language)

    def holder(self, holder: str | None) -> str:
        """Who *holder* is."""
        return HOLDERS[self.language].get(holder or "", "")

    def link(self, number: str = "") -> str:
        """The page of the case *number*, or of all of the recipient's own."""
        base = self.portal_url.rstrip("/")
        return f"{base}/cases/{number}" if number else f"{base}/"


def standing(view: View, speech: Speech) -> dict[str, str]:
    """Where the case stands for its reader: which step, how many days, whom to contact, a link."""
    stage = view.stage
    said = {
        "number": view.number,
        "title": one_line(view.title or ""),
        "stage": "" if stage is None else speech.title(stage.title),
        "since": local_day(view.since_us, speech.zone, speech.language),
        "holder": speech.holder(_who_has_it(view)),
        "must_act": YES if view.must_act else NO,
        "ended": YES if view.ended else NO,
        "link": speech.link(view.number),
        "as_of": local_time(speech.now_us, speech.zone, speech.language),
    }
    return {**said, **_desk(view.contact, speech), **days(view, speech)}


def contact_changed(speech: Speech, channel: Channel, said_us: int) -> dict[str, str]:
    """What an address that is no longer a payee's is told: when, and whom to ask."""
    return {
        "happened_on": local_day(said_us, speech.zone, speech.language),
        "by_line": YES if channel is Channel.LINE else NO,
        "link": speech.link(),
        "as_of": local_time(speech.now_us, speech.zone, speech.language),
        **_desk(speech.book.front_desk(), speech),
    }


def _desk(contact: Contact | ProcessContact | None, speech: Speech) -> dict[str, str]:
    if contact is None:
        return dict.fromkeys(("desk", "telephone", "email", "hours"), "")
    return {
        "desk": _both(contact.desk, speech),
        "telephone": contact.telephone or "",
        "email": contact.email or "",
        "hours": "" if contact.hours is None else _both(contact.hours, speech),
    }


def _who_has_it(view: View) -> str | None:
    """A payee whose turn it is is spoken to."""
    return "you" if view.must_act and view.payees is None else view.holder


def _both(words: Any, speech: Speech) -> str:
    return str(words.th if speech.language == "th" else words.en)


def days(view: View, speech: Speech) -> dict[str, str]:
    """
    How many more days, and by when. A source's silence names no day, and blames nobody.

    After the end there is nothing to wait for. While the unit or the payee has the case, nobody
    can say by when the money comes.
    """
    known = view.forecast or Forecast()
    names = ("days_used", "days_budget", "days_left", "after_return", "due", "paid_by")
    said = dict.fromkeys((*names, "paid_by_half", "overdue", "undetermined"), "")
    if view.ended or view.stage is None:
        return said
    if known.undetermined:
        return {**said, "undetermined": YES}
    said["days_used"], said["days_budget"] = _number(known.charged), _number(known.budget)
    said["overdue"] = YES if known.overdue else NO
    if known.remaining and not known.overdue:
        said["days_left"] = _number(known.remaining)
        said["after_return"] = YES if known.due is None else NO
    said["due"] = speech.day(known.due)
    if view.holder not in WAITED_FOR:
        said["paid_by"] = speech.day(known.paid_by)
        said["paid_by_half"] = speech.day(known.paid_by_half)
    return said


def happened(notice: Notice, view: View, speech: Speech) -> dict[str, Any]:
    """What *notice* tells: the values decided to be told, and the own lines behind them."""
    told = notice.told
    lines = _reached(notice, view)
    code = told.get(Tell.REASON, "")
    method = told.get(Tell.METHOD, "")
    return {
        "happened_on": local_day(notice.at_us, speech.zone, speech.language),
        "reason": reason(notice, speech),
        "reason_code": code,
        "papers": papers(notice, speech),
        "amount": speech.money(told.get(Tell.AMOUNT), view.currency),
        "paid_on": speech.day(told.get(Tell.PAID_ON)),
        "method": _code(speech, "method", method),
        "method_code": method,
        "reference": told.get(Tell.REFERENCE, ""),
        "told_due": speech.day(told.get(Tell.DUE)),
        "offset": told.get(Tell.OFFSET, ""),
        "lines": [_line(line, notice, view, speech) for line in lines],
    }


def office(notice: Notice, view: View, fact: SlaFact | None, speech: Speech) -> dict[str, str]:
    """What only an office is told; all empty for a payee."""
    if notice.recipient.kind is RecipientKind.PAYEE:
        return {}
    title = None if fact is None else fact.title
    return {
        "unit": one_line(view.unit or ""),
        "total": speech.money(view.total, view.currency),
        "payees": _number(view.payees),
        "party": "" if fact is None else speech.holder(fact.party),
        "clause": "" if title is None else _both(title, speech),
    }


def earlier(
    told: Notice | None, told_at_us: int | None, notice: Notice, view: View, speech: Speech
) -> dict[str, str]:
    """Of a correction: what was told, and when. *told* is the notice it corrects, where known."""
    before = notice if told is None else told
    on = before.told.get(Tell.DATE) or before.told.get(Tell.PAID_ON)
    return {
        "earlier_what": what(before, speech),
        "earlier_on": speech.day(on),
        "earlier_told_on": local_day(told_at_us, speech.zone, speech.language),
        "holds": YES if notice.holds else NO,
        "mine": YES if view.stage is not None else NO,
    }


def news(notice: Notice, view: View, speech: Speech) -> dict[str, str]:
    """One piece of news among several."""
    return {
        "what": what(notice, speech),
        "on": local_day(notice.at_us, speech.zone, speech.language),
        "reason": reason(notice, speech),
        "amount": speech.money(notice.told.get(Tell.AMOUNT), view.currency),
        "corrected": YES if notice.corrects and notice.holds else NO,
        "withdrawn": NO if notice.holds else YES,
    }


def what(notice: Notice, speech: Speech) -> str:
    """The title of the rule by which *notice* is told."""
    rule = speech.book.rules.get(notice.rule)
    return "" if rule is None else speech.title(rule.title)


def reason(notice: Notice, speech: Speech) -> str:
    """The words of the reason told; nothing for a code without words: codes are not for people."""
    rule, code = speech.book.rules.get(notice.rule), notice.told.get(Tell.REASON, "")
    codes = {} if rule is None else speech.book.process.reasons.get(rule.news, {})
    return speech.title(codes[code].title) if code in codes else ""


def papers(notice: Notice, speech: Speech) -> list[dict[str, str]]:
    """The titles of the papers that are missing; a code without words is not for people."""
    known = speech.book.process.papers
    codes = notice.told.get(Tell.PAPERS, "").split()
    return [{"title": speech.title(known[code])} for code in codes if code in known]


def one_line(text: str) -> str:
    """*text* in one line: what somebody typed must not look like our own next line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _code(speech: Speech, name: str, code: str) -> str:
    codes = speech.book.process.codes.get(name, {})
    return speech.title(codes[code]) if code in codes else ""


def _number(count: int | None) -> str:
    return "" if count is None else str(count)


def _reached(notice: Notice, view: View) -> list[Line]:
    if not isinstance(notice.anchor, FactAnchor):
        return []
    return [line for line in view.lines if Key(*notice.anchor) in line.reached_by]


def _line(line: Line, notice: Notice, view: View, speech: Speech) -> dict[str, Any]:
    of = view.currency
    sent: list[Transfer] = []
    if isinstance(notice.anchor, FactAnchor):
        sent = own_transfers([line], Key(*notice.anchor))
    return {
        "invoice": one_line(line.invoice or ""),
        "gross": speech.money(line.gross, of),
        "net": speech.money(line.net if line.net is not None else line.gross, of),
        "paid_on": speech.day(sent[-1].date) if sent else "",
        "method": _code(speech, "method", (sent[-1].method or "") if sent else ""),
        "reference": references(sent) or "",
        "deductions": [_deduction(one, of, speech) for one in line.deductions],
    }


def _deduction(said: Mapping[str, Any], currency: str | None, speech: Speech) -> dict[str, str]:
    title = said.get("title") or said.get("code") or ""
    return {
        "title": one_line(str(title)),
        "amount": speech.money(str(said.get("amount", "")), currency),
    }
