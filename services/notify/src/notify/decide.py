"""
What ought to be told of a case: a function of its whole state, never of how it got there. Pure.

`wanted` says what holds and whom it concerns; `corrections.changes` compares it with what was
recorded. So any order and any repetition of messages tells each thing once.
Rule: docs/architecture/notices.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from contracts.notice import REMINDER, Channel, NoticeRule, RecipientKind, Tell
from contracts.process import LineEffect

from notify.case import STANDS, Effect, Entry, Line, Picture, SlaFact, Transfer
from notify.identity import notice_id
from notify.model import Anchor, FactAnchor, Key, Notice, People, Preference, Reason, Recipient
from notify.recipients import Payees, of_deadline, of_fact, payees_of
from notify.rulebook import Rulebook, local_date

DAY_US = 86_400_000_000
ENDS = frozenset({"sla.met", "sla.missed", "sla.voided"})
"""After these a deadline that was passed need not be told any more."""

BREACHED = "sla.breached"
UNKNOWN_PREFERENCE = Preference()


class News(NamedTuple):
    """One rule that found something to tell one recipient."""

    rule: NoticeRule
    anchor: Anchor
    recipient: Recipient
    told: Mapping[str, str]
    at_us: int
    reason: Reason | None


def wanted(picture: Picture, book: Rulebook, people: People, now_us: int) -> tuple[Notice, ...]:
    """
    All that is to be told of *picture*, also what is recorded only, in a fixed order.

    Those with a `reason` are recorded and not sent. There is one notice for each channel of the
    rule, also where no address is known; only a source that never registered a webhook asked for
    nothing. Of a case that was absorbed nothing is to be told.
    """
    if picture.case.redirect_to is not None:
        return ()
    payees = payees_of(picture.lines)
    found = [*_of_facts(picture, book, payees), *_of_deadlines(picture, book, payees)]
    return tuple(
        notice_of(news, channel, picture, people, now_us)
        for news in found
        if news.recipient.kind is not RecipientKind.SOURCE or news.recipient in people
        for channel in news.rule.channels
    )


def notice_of(
    news: News, channel: Channel, picture: Picture, people: People, now_us: int
) -> Notice:
    """The notice that tells *news* over *channel*."""
    rule, preference = news.rule, people.get(news.recipient, UNKNOWN_PREFERENCE)
    return Notice(
        id=notice_id(rule.name, news.anchor, news.recipient, channel),
        rule=rule.name,
        anchor=news.anchor,
        recipient=news.recipient,
        channel=channel,
        case=picture.case.id,
        told=news.told,
        language=preference.language,
        at_us=news.at_us,
        reason=news.reason
        or too_old(news, now_us)
        or _before_the_webhook(news, channel, preference)
        or unreached(channel, preference),
    )


def too_old(news: News, now_us: int) -> Reason | None:
    """Is this no news any more?"""
    old = now_us - news.at_us > news.rule.age_days_max * DAY_US
    return Reason.TOO_OLD if old else None


def _before_the_webhook(news: News, channel: Channel, preference: Preference) -> Reason | None:
    """A machine that was registered today is not told of yesterday."""
    early = channel is Channel.WEBHOOK and news.at_us < preference.webhook_since_us
    return Reason.TOO_OLD if early else None


def unreached(channel: Channel, preference: Preference) -> Reason | None:
    """Why *channel* does not reach a recipient; None when it does."""
    if channel in preference.off:
        return Reason.CHANNEL_OFF
    reached = channel is Channel.INBOX or channel in preference.reachable
    return None if reached else Reason.NO_ADDRESS


def is_news(rule: NoticeRule, entry: Entry, book: Rulebook) -> bool:
    """
    Does the fact of *entry* bring what *rule* tells?

    A fact of single lines always does while it stands. One of the whole case does when it moved
    the case, or moves none; one that asserts the stage already held is a repetition, unless the
    rule tells those too.
    """
    if entry.effect not in STANDS:
        return False
    when = rule.when
    if when.holders and book.holder_after(entry) not in when.holders:
        return False
    if when.reasons and entry.reason not in when.reasons:
        return False
    of_lines = book.effect_on_lines(entry.fact) is not None
    return of_lines or rule.held_too or entry.effect is not Effect.HELD


def _of_facts(picture: Picture, book: Rulebook, payees: Payees) -> Iterator[News]:
    for entry in picture.case.timeline:
        for rule in book.by_news.get(entry.fact, ()):
            if not _decidable(rule, picture) or not is_news(rule, entry, book):
                continue
            for recipient in of_fact(rule, entry, picture, payees, book):
                if (recipient.id, entry.key) in payees.same_transfer:
                    continue
                told = told_of_fact(rule, entry, payees.lines.get(recipient.id, ()), book)
                reason = Reason.REPLAY if entry.replay else None
                yield News(rule, FactAnchor(*entry.key), recipient, told, entry.at_us, reason)


def _of_deadlines(picture: Picture, book: Rulebook, payees: Payees) -> Iterator[News]:
    over = clocks_over(picture.sla)
    for fact in newest(picture.sla):
        for rule in book.by_news.get(fact.kind, ()):
            if not fact.holds or not _decidable(rule, picture) or not _applies(rule, fact):
                continue
            reason = Reason.REPLAY if fact.replay else None
            if reason is None and (fact.agreement, fact.clause) in over:
                reason = Reason.SUPERSEDED
            for recipient in of_deadline(rule, fact, picture, payees):
                told = told_of_deadline(rule, fact, book)
                yield News(rule, fact.anchor, recipient, told, fact.at_us, reason)


def _decidable(rule: NoticeRule, picture: Picture) -> bool:
    """Nothing is told to a payee from lines that are older than the case."""
    return picture.lines_settled or rule.to is not RecipientKind.PAYEE


def _applies(rule: NoticeRule, fact: SlaFact) -> bool:
    when, clause = rule.when, f"{fact.agreement}#{fact.clause}"
    if when.clauses and clause not in when.clauses:
        return False
    if when.holders and fact.party not in when.holders:
        return False
    return not when.offsets or fact.offset in when.offsets


def newest(facts: Iterable[SlaFact]) -> list[SlaFact]:
    """
    Of each clock, kind and offset what the SLA said last, in a fixed order.

    A reminder falls with the breach it reminds of.
    """
    last: dict[tuple[str, str, str, int], SlaFact] = {}
    for fact in facts:
        of = (fact.agreement, fact.clause, fact.kind, fact.offset)
        if of not in last or _later(fact, last[of]):
            last[of] = fact
    for of, fact in last.items():
        breach = last.get((fact.agreement, fact.clause, BREACHED, 0))
        if fact.kind == REMINDER and breach is not None and _fell_after(breach, fact):
            last[of] = replace(fact, holds=False)
    return [last[of] for of in sorted(last)]


def _fell_after(breach: SlaFact, reminder: SlaFact) -> bool:
    return not breach.holds and breach.version >= reminder.version


def _later(fact: SlaFact, other: SlaFact) -> bool:
    """Of one version what holds comes after what it supersedes."""
    return (fact.version, fact.holds, fact.anchor) > (other.version, other.holds, other.anchor)


def clocks_over(facts: Iterable[SlaFact]) -> set[tuple[str, str]]:
    """The clocks (agreement, clause) that have ended and do not run again."""
    last: dict[tuple[str, str], SlaFact] = {}
    for fact in newest(facts):
        of = (fact.agreement, fact.clause)
        if fact.holds and (of not in last or _ends_after(fact, last[of])):
            last[of] = fact
    return {of for of, fact in last.items() if fact.kind in ENDS}


def _ends_after(fact: SlaFact, other: SlaFact) -> bool:
    """Of one version an end is the last word."""
    return (fact.version, fact.kind in ENDS) > (other.version, other.kind in ENDS)


def told_of_fact(
    rule: NoticeRule, entry: Entry, own: Iterable[Line], book: Rulebook
) -> dict[str, str]:
    """The values told of a fact: of money only the recipient's *own* lines that it reached."""
    reached = [line for line in own if entry.key in line.reached_by]
    transfers = own_transfers(reached, entry.key)
    effect = book.effect_on_lines(entry.fact)
    date = local_date(entry.at_us, book.zone(rule.to))
    paid_on = min((t.date or date for t in transfers), default=date)
    values = {
        Tell.DATE: date,
        Tell.REASON: entry.reason,
        Tell.PAPERS: " ".join(entry.papers) or None,
        Tell.AMOUNT: total(reached),
        Tell.REFERENCE: references(transfers),
        Tell.PAID_ON: paid_on if effect is LineEffect.TRANSFERS else None,
        Tell.METHOD: next((t.method for t in transfers if t.method), None),
    }
    return _only(rule, values)


def told_of_deadline(rule: NoticeRule, fact: SlaFact, book: Rulebook) -> dict[str, str]:
    """The values told of a deadline."""
    values = {
        Tell.DATE: local_date(fact.at_us, book.zone(rule.to)),
        Tell.DUE: fact.due,
        Tell.OFFSET: str(fact.offset),
    }
    return _only(rule, values)


def _only(rule: NoticeRule, values: Mapping[Tell, str | None]) -> dict[str, str]:
    """What the rule tells, without what is not known: that contradicts nothing told later."""
    told = ((tell, values.get(tell)) for tell in rule.tells)
    return {str(tell): value for tell, value in told if value is not None}


def own_transfers(lines: Iterable[Line], key: Key) -> list[Transfer]:
    """The transfers of *lines* that the event *key* told of."""
    return [transfer for line in lines for transfer in line.transfers if transfer.anchor == key]


def references(transfers: Iterable[Transfer]) -> str | None:
    """
    The bank's references of *transfers*.

    Status puts the event's own identity where none was given; that is nothing for people.
    """
    found = {t.reference for t in transfers if t.anchor and t.reference != " ".join(t.anchor)}
    return ", ".join(sorted(found)) or None


def total(lines: Iterable[Line]) -> str | None:
    """The net sum of *lines* (gross where no net is known); None where one has neither."""
    amount, any_line = Decimal(0), False
    for line in lines:
        written = line.net if line.net is not None else line.gross
        try:
            amount += Decimal(written or "")
        except InvalidOperation:
            return None
        any_line = True
    return format(amount, "f") if any_line else None
