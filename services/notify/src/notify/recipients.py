"""
Whom a piece of news concerns: the payees of the lines it reached, offices, officers, desks, and
the sources that have a part in the case. Pure.

A payee hears of own lines only. Rule: docs/architecture/notices.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.agreement import EVERYONE
from contracts.notice import NoticeRule, RecipientKind
from contracts.process import Role

from notify.case import STANDS, Case, Entry, Line, Picture, SlaFact
from notify.model import Key, Recipient
from notify.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Payees:
    """
    The payees of one case and the lines of each, found once per decision.

    `reached` gives the payees whose lines an event reached, `same_transfer` the event that first
    told of a transfer which others repeat.
    """

    lines: Mapping[str, Sequence[Line]]
    reached: Mapping[Key, Mapping[str, None]]
    same_transfer: Mapping[tuple[str, Key], Key] = field(default_factory=dict)

    def whole(self, payee: str) -> bool:
        """Is all known that reached the lines of *payee*?"""
        return all(line.whole for line in self.lines.get(payee, ()))

    def waits(self, payee: str) -> bool:
        """Does *payee* still wait for money?"""
        return any(line.waits for line in self.lines.get(payee, ()))


def payees_of(lines: Sequence[Line]) -> Payees:
    """Sort *lines* by payee. Lines whose payee nobody has said concern nobody."""
    by_payee: dict[str, list[Line]] = defaultdict(list)
    reached: dict[Key, dict[str, None]] = defaultdict(dict)
    same: dict[tuple[str, Key], Key] = {}
    for line in lines:
        if line.payee is None:
            continue
        by_payee[line.payee].append(line)
        for key in line.reached_by:
            reached[key][line.payee] = None
        first: dict[str, Key] = {}
        for transfer in line.transfers:
            if transfer.anchor is not None:
                told = first.setdefault(transfer.reference, transfer.anchor)
                if told != transfer.anchor:
                    same[line.payee, transfer.anchor] = told
    return Payees(dict(by_payee), dict(reached), same)


def of_fact(
    rule: NoticeRule, entry: Entry, picture: Picture, payees: Payees, book: Rulebook
) -> list[Recipient]:
    """Whom *rule* tells of the fact of *entry*, in a fixed order."""
    case = picture.case
    if rule.to is RecipientKind.OFFICER:
        return _officer(book.holder_after(entry) or holder_at(case, entry.at_us), case.unit)
    if rule.to is RecipientKind.SOURCE:
        return _sources(case, entry.key.source)
    if rule.to is not RecipientKind.PAYEE:
        return _office(rule, case)
    if book.effect_on_lines(entry.fact) is None:
        told = sorted(payees.lines)
    else:
        told = sorted(payees.reached.get(entry.key, ()))
    return _payees(rule, told, payees)


def of_deadline(
    rule: NoticeRule, fact: SlaFact, picture: Picture, payees: Payees
) -> list[Recipient]:
    """Whom *rule* tells of *fact*: the officer is that of who promised, or then had the case."""
    case = picture.case
    if rule.to is RecipientKind.PAYEE:
        return _payees(rule, sorted(payees.lines), payees)
    if rule.to is RecipientKind.OFFICER:
        party = holder_at(case, fact.at_us) if fact.party == EVERYONE else fact.party
        return _officer(party, case.unit)
    if rule.to is RecipientKind.SOURCE:
        return _sources(case)
    return _office(rule, case)


def holder_at(case: Case, instant_us: int) -> str | None:
    """Who had the case at *instant_us*; before its first stage, who has it now."""
    holder = case.spans[0].holder if case.spans else case.holder
    for span in case.spans:
        if span.since_us > instant_us:
            break
        holder = span.holder
    return holder


def _payees(rule: NoticeRule, told: Sequence[str], payees: Payees) -> list[Recipient]:
    return [
        Recipient(RecipientKind.PAYEE, payee)
        for payee in told
        if not rule.when.waiting or payees.waits(payee)
    ]


def _sources(case: Case, said_by: str = "") -> list[Recipient]:
    """Who has a part in the case, but for who said it: what one said oneself is no news."""
    stands = {entry.key.source for entry in case.timeline if entry.effect in STANDS}
    return [Recipient(RecipientKind.SOURCE, one) for one in sorted(stands - {said_by})]


def _office(rule: NoticeRule, case: Case) -> list[Recipient]:
    name = rule.desk if rule.to is RecipientKind.DESK else case.unit
    return [] if name is None else [Recipient(rule.to, name)]


def _officer(holder: str | None, unit: str | None) -> list[Recipient]:
    """An officer works where the case is; with the unit, in that very unit."""
    if holder is None or (holder == Role.UNIT and unit is None):
        return []
    place = f"unit:{unit}" if holder == Role.UNIT else holder
    return [Recipient(RecipientKind.OFFICER, place)]
