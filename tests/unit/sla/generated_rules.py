"""Calendars and agreements made by a seeded generator: every kind of clause the rules know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from contracts.agreement import Agreement, Clause, DayUnit, When
from contracts.calendar import CalendarRules, DayOff
from contracts.process import Words

UNITS = ("science", "law", "medicine")
KINDS = ("travel", "purchase", "salary")
FUNDS = ("state", "income")
CALENDAR = "university"
OTHER_CALENDAR = "weekends-only"
WORDS = Words(th="ทดสอบ", en="Test")
WEEKENDS = (
    *[frozenset({5, 6})] * 4,
    frozenset({4, 5}),
    frozenset({6}),
    frozenset[int](),
)
COUNTED = frozenset({"at_unit", "returned", "received", "in_process", "bounced"})
PAID = frozenset({"paid"})
ANSWERS = frozenset({"returned", "in_process", "paid"})
ENDS = frozenset({"paid", "withdrawn", "cancelled"})


def calendars(
    draw: Random, zone: str, begins: date
) -> tuple[Mapping[str, CalendarRules], Mapping[str, CalendarRules]]:
    """Two calendars by name, and again after a holiday was added, dropped, or both."""
    near = [begins + timedelta(days=draw.randrange(-5, 120)) for _ in range(draw.randrange(14))]
    off = sorted(set(near))
    rules = CalendarRules(CALENDAR, WORDS, zone, draw.choice(WEEKENDS), days_off(off), version=1)
    plain = CalendarRules(OTHER_CALENDAR, WORDS, zone, frozenset({5, 6}), version=1)
    added = {begins + timedelta(days=draw.randrange(1, 40)) for _ in range(draw.randrange(3))}
    dropped = set(draw.sample(off, min(len(off), draw.randrange(3))))
    changed = replace(rules, days_off=days_off(sorted({*off, *added} - dropped)), version=2)
    return {CALENDAR: rules, OTHER_CALENDAR: plain}, {CALENDAR: changed, OTHER_CALENDAR: plain}


def days_off(dates: list[date]) -> tuple[DayOff, ...]:
    """These dates as days off."""
    return tuple(DayOff(on, WORDS, "test", on) for on in dates)


def agreements(draw: Random, begins: date, process: str) -> tuple[Agreement, ...]:
    """Agreements that overlap in time as they may: one version after the other, or with a gap."""
    change = begins + timedelta(days=draw.randrange(-5, 25))
    gap = timedelta(days=draw.choice((1, 1, 1, 8)))
    found = [*versions(draw, "nine-days", process, change, gap)]
    if draw.random() < 0.5:
        found += versions(draw, "steps", process, change, gap)
    else:
        found.append(agreement(draw, "in-data", process, change - timedelta(days=400), None, 1))
    if draw.random() < 0.1:
        found.append(agreement(draw, "foreign", "petition", date(2020, 1, 1), None, 1))
    return tuple(found)


def versions(
    draw: Random, name: str, process: str, change: date, gap: timedelta
) -> tuple[Agreement, ...]:
    """One agreement before and after a change of its budgets."""
    first = agreement(draw, name, process, date(2020, 1, 1), change - gap, 1)
    until = None if draw.random() < 0.8 else change + timedelta(days=draw.randrange(60))
    return first, agreement(draw, name, process, change, until, 2)


def agreement(
    draw: Random, name: str, process: str, since: date, until: date | None, version: int
) -> Agreement:
    """One version of an agreement in one of the two calendars."""
    calendar = OTHER_CALENDAR if name == "steps" else CALENDAR
    parties = ("unit", "finance")
    clauses = CLAUSES[name](draw)
    return Agreement(
        name, WORDS, process, parties, since, until, calendar, clauses, version=version
    )


def clause(
    draw: Random, name: str, party: str, starts_on: frozenset[str], stops_on: frozenset[str]
) -> Clause:
    """A clause with some budget, in working days or all days, about all cases or some."""
    budget = draw.choice((0, 1, 2, 3, 5, 9, 9, 15))
    unit = draw.choice((DayUnit.WORKING_DAYS, DayUnit.WORKING_DAYS, DayUnit.CALENDAR_DAYS))
    when = some_cases(draw) if draw.random() < 0.3 else When()
    return Clause(name, WORDS, party, starts_on, None, stops_on, budget, None, unit, when)


def some_cases(draw: Random) -> When:
    """A part of all cases."""
    return draw.choice(
        (
            When(kinds=frozenset(draw.sample(KINDS, 2))),
            When(funds=frozenset({"state"}), priorities=frozenset({"normal"})),
            When(units=frozenset(draw.sample(UNITS, 2))),
            When(amount_min="100", currency="THB"),
            When(amount_max="100.00", currency="THB"),
            When(amount_min="0.00", amount_max="100", currency="THB"),
        )
    )


def nine_days(draw: Random) -> tuple[Clause, ...]:
    """What finance and all together promise, and the repair of a payment that came back."""
    return (
        clause(draw, "finance", "finance", frozenset({"received"}), PAID),
        clause(draw, "everyone", "everyone", COUNTED, PAID),
        clause(draw, "repair", draw.choice(("finance", "payee")), frozenset({"bounced"}), PAID),
    )


def steps(draw: Random) -> tuple[Clause, ...]:
    """A unit's own step, the ERP's document, and the whole way from the draft."""
    sending = frozenset({"at_unit", "returned"})
    return (
        clause(draw, "unit", "unit", sending, frozenset({"received"})),
        clause(draw, "document", "finance", frozenset({"received"}), frozenset({"in_process"})),
        clause(draw, "correction", "unit", frozenset({"returned"}), frozenset({"received"})),
        clause(draw, "from-draft", "unit", frozenset({"draft"}), frozenset({"received", "paid"})),
        clause(draw, "any-end", "everyone", frozenset({"received"}), ENDS),
        clause(draw, "answer", "finance", frozenset({"received"}), ANSWERS),
    )


def in_data(draw: Random) -> tuple[Clause, ...]:
    """Clauses that start on a date of the case, or last until one."""
    by_due = clause(draw, "by-due", "finance", frozenset({"received"}), PAID)
    since_release = clause(draw, "since-release", "finance", frozenset(), PAID)
    release_to_due = clause(draw, "release-to-due", "everyone", frozenset(), PAID)
    return (
        replace(by_due, budget=None, until="due_on"),
        replace(since_release, starts_on_date="released_on"),
        replace(release_to_due, starts_on_date="released_on", budget=None, until="due_on"),
    )


CLAUSES = {"nine-days": nine_days, "steps": steps, "in-data": in_data, "foreign": nine_days}
