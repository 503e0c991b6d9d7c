"""
What is wrong with an agreement file: each mistake with its line, its rule and what to do about it.

What only shows beside processes, calendars and other agreements stands in `agreement_across.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from contracts.agreement import EVERYONE, HOLDERS, Clause, When
from contracts.agreement_model import AgreementPart, ClausePart, WhenPart
from contracts.process import Words
from contracts.process_rules import Mistake
from contracts.rule_file import Written, listed_twice, read_text, shape
from contracts.rule_text import Problem
from contracts.rules import did_you_mean, pointer_to

Check = Callable[[AgreementPart], Iterator[Mistake]]

_MISSING = {
    "clauses": ("clause-missing", "Write at least one clause."),
    "stops_on": ("stop-missing", "Name the stages that stop the clause's clock."),
    "parties": ("party-missing", "Name at least one party."),
}


def validate_agreement(text: str, file: str = "agreement.yaml") -> list[Problem]:
    """Return all that is wrong with the agreement file *text* as it stands alone."""
    return read_text(text, file, mistakes_in)[1]


def problems_in(document: Mapping[str, Any], file: str = "agreement") -> list[Problem]:
    """As `validate_agreement`, for a document that has no lines."""
    return [Written(document, file).problem(mistake) for mistake in mistakes_in(document)]


def mistakes_in(document: Any) -> list[Mistake]:
    """Return all that is wrong with what an agreement file holds, without file and line."""
    part, mistakes = shape(AgreementPart, document, _MISSING)
    if part is None:
        return mistakes
    return [*mistakes, *(mistake for check in CHECKS for mistake in check(part))]


def parties_are_known(part: AgreementPart) -> Iterator[Mistake]:
    """A party can hold a case, and a clause binds none but the agreement's own parties."""
    yield from listed_twice(part.parties, "parties")
    for place, party in enumerate(part.parties):
        if party not in HOLDERS:
            yield _party_unknown(("parties", place), party, HOLDERS)
    for name, clause in part.clauses.items():
        if clause.party not in (*part.parties, EVERYONE):
            yield _party_unknown(("clauses", name, "party"), clause.party, part.parties)
    for place, sign_off in enumerate(part.sign_offs):
        if sign_off.party not in part.parties:
            yield _party_unknown(("sign_offs", place, "party"), sign_off.party, part.parties)


def all_parties_have_signed(part: AgreementPart) -> Iterator[Mistake]:
    """What binds two needs the word of both: a promise made for another is none."""
    signed = [sign_off.party for sign_off in part.sign_offs]
    yield from listed_twice(signed, "sign_offs")
    if len(part.parties) < 2:
        return
    for place, party in enumerate(part.parties):
        if party not in signed:
            remedy = f"Add who signed for {party!r}, and when, under sign_offs."
            yield Mistake(pointer_to("parties", place), "sign-off-missing", remedy)


def dates_are_in_order(part: AgreementPart) -> Iterator[Mistake]:
    """An agreement ends no earlier than it begins."""
    if part.valid_until is not None and part.valid_until < part.valid_from:
        remedy = f"Take a date from {part.valid_from} on, or leave it out."
        yield Mistake("/valid_until", "dates-reversed", remedy)


def clauses_start_and_stop(part: AgreementPart) -> Iterator[Mistake]:
    """A clock has one kind of start, and no stage both starts and stops it."""
    for name, clause in part.clauses.items():
        at = ("clauses", name)
        if bool(clause.starts_on) == (clause.starts_on_date is not None):
            remedy = "Give either starts_on (stages) or starts_on_date (a date field)."
            yield Mistake(pointer_to(*at), "one-start", remedy)
        yield from listed_twice(clause.starts_on, *at, "starts_on")
        yield from listed_twice(clause.stops_on, *at, "stops_on")
        for place, stage in enumerate(clause.stops_on):
            if stage in clause.starts_on:
                remedy = f"{stage!r} starts this clause already; stop it on another stage."
                yield Mistake(pointer_to(*at, "stops_on", place), "stop-is-start", remedy)


def clauses_have_one_budget(part: AgreementPart) -> Iterator[Mistake]:
    """A clause has days or a date to keep, and both end after they begin."""
    for name, clause in part.clauses.items():
        at = ("clauses", name)
        if (clause.budget is None) == (clause.until is None):
            remedy = "Give either budget (days charged) or until (a date field)."
            yield Mistake(pointer_to(*at), "one-budget", remedy)
        if clause.until is not None and clause.until == clause.starts_on_date:
            remedy = "This date starts the clause; name another for its end."
            yield Mistake(pointer_to(*at, "until"), "stop-is-start", remedy)


def warnings_come_in_time(part: AgreementPart) -> Iterator[Mistake]:
    """A warning comes before the budget is used up, reminders one after the other."""
    for name, clause in part.clauses.items():
        warn_at, budget = clause.warn_at, clause.budget
        if warn_at is not None and budget is not None and warn_at >= budget:
            remedy = f"Warn before the budget of {budget} is used up, or leave it out."
            yield Mistake(pointer_to("clauses", name, "warn_at"), "warning-too-late", remedy)
        for place, (earlier, later) in enumerate(pairwise(clause.reminders)):
            if later <= earlier:
                at = pointer_to("clauses", name, "reminders", place + 1)
                yield Mistake(at, "reminders-unordered", f"Take a number above {earlier}.")


def conditions_can_hold(part: AgreementPart) -> Iterator[Mistake]:
    """Some amount fits between the bounds, and a bound says in which currency it is."""
    for name, clause in part.clauses.items():
        at, when = ("clauses", name, "when"), clause.when
        for key in ("kinds", "funds", "priorities", "units"):
            yield from listed_twice(getattr(when, key), *at, key)
        bounds = [bound for bound in (when.amount_min, when.amount_max) if bound is not None]
        if bounds and when.currency is None:
            remedy = "Say in which currency the amounts are."
            yield Mistake(pointer_to(*at), "currency-missing", remedy)
        if when.currency is not None and not bounds:
            remedy = "A currency is read only beside amount_min or amount_max; take it out."
            yield Mistake(pointer_to(*at, "currency"), "nothing-runs-this", remedy)
        if len(bounds) == 2 and Decimal(bounds[0]) > Decimal(bounds[1]):
            remedy = f"Take an amount of {bounds[0]} or more."
            yield Mistake(pointer_to(*at, "amount_max"), "amounts-reversed", remedy)


def clauses_do_not_overlap(part: AgreementPart) -> Iterator[Mistake]:
    """One question has one clause that answers it; a clause inside another is no overlap."""
    clauses = [clause_of(name, clause) for name, clause in part.clauses.items()]
    for place, later in enumerate(clauses):
        for earlier in clauses[:place]:
            if clauses_overlap(earlier, later):
                yield overlap(earlier.id, later.id)


CHECKS: tuple[Check, ...] = (
    parties_are_known,
    all_parties_have_signed,
    dates_are_in_order,
    clauses_start_and_stop,
    clauses_have_one_budget,
    warnings_come_in_time,
    conditions_can_hold,
    clauses_do_not_overlap,
)


def overlap(earlier: str, later: str) -> Mistake:
    """Return what to say about the clause *later* that asks the same as *earlier*."""
    remedy = (
        f"{earlier!r} has the same party, start and stop for the same cases;"
        " part them by `when` or by dates, or take one out."
    )
    return Mistake(pointer_to("clauses", later), "clauses-overlap", remedy)


def clauses_overlap(one: Clause, other: Clause) -> bool:
    """Return whether a case can be judged by both: same party, start, stop, and a shared `when`."""
    return _ends(one) == _ends(other) and _meet(one.when, other.when)


def _ends(clause: Clause) -> tuple[object, ...]:
    return clause.party, clause.starts_on, clause.starts_on_date, clause.stops_on


def _meet(one: When, other: When) -> bool:
    """Whether some case fits both: nothing said fits all."""
    pairs = (
        (one.kinds, other.kinds),
        (one.funds, other.funds),
        (one.priorities, other.priorities),
        (one.units, other.units),
    )
    if any(mine and yours and mine.isdisjoint(yours) for mine, yours in pairs):
        return False
    if one.currency is None or other.currency is None:
        return True
    if one.currency != other.currency:
        return False
    return not (_below(one, other) or _below(other, one))


def _below(one: When, other: When) -> bool:
    """Whether all amounts of *one* lie below those of *other*; bounds are included."""
    if one.amount_max is None or other.amount_min is None:
        return False
    return Decimal(one.amount_max) < Decimal(other.amount_min)


def clause_of(name: str, part: ClausePart) -> Clause:
    """Return the clause a file wrote under *name*."""
    return Clause(
        id=name,
        title=Words(part.title.th, part.title.en),
        party=part.party,
        starts_on=frozenset(part.starts_on),
        starts_on_date=part.starts_on_date,
        stops_on=frozenset(part.stops_on),
        budget=part.budget,
        until=part.until,
        unit=part.unit,
        when=_when(part.when),
        target_percent=part.target_percent,
        warn_at=part.warn_at,
        reminders=tuple(part.reminders),
    )


def _when(part: WhenPart) -> When:
    return When(
        kinds=frozenset(part.kinds),
        funds=frozenset(part.funds),
        priorities=frozenset(part.priorities),
        units=frozenset(part.units),
        amount_min=part.amount_min,
        amount_max=part.amount_max,
        currency=part.currency,
    )


def _party_unknown(at: tuple[str | int, ...], party: str, known: object) -> Mistake:
    names = [str(name) for name in known] if isinstance(known, list | tuple) else []
    remedy = f"Name one of: {', '.join(names)}.{did_you_mean(party, names)}"
    return Mistake(pointer_to(*at), "party-unknown", remedy)
