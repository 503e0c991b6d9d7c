"""
Cases, agreements, calendars and sources made by a seeded generator, for two tellings to agree on.

A case is a legal walk through the disbursement process: facts are drawn at random and folded by
the process's own table of ways. What cannot happen there is skipped, as the fold would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from contracts.agreement import Agreement
from contracts.calendar import CalendarRules
from sla.model import History, Key, Source, Span, StageRule

from tests.unit.sla.generated_rules import FUNDS, KINDS, UNITS, agreements, calendars

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ZONES = (
    *["Asia/Bangkok", "Europe/Amsterdam"] * 3,
    "America/Havana",
    "America/Santiago",
    "Africa/Cairo",
    "Pacific/Auckland",
)
PROCESS = "disbursement"
FACTS_MAX = 14
WAYS = {
    None: ("drafted", "submitted", "submitted", "received", "in-process", "transferred"),
    "draft": ("submitted", "submitted", "submitted", "withdrawn", "received"),
    "at_unit": ("received", "received", "received", "returned", "withdrawn", "in-process"),
    "returned": ("submitted", "submitted", "received", "received", "withdrawn", "cancelled"),
    "received": ("in-process", "in-process", "in-process", "returned", "transferred", "cancelled"),
    "in_process": ("transferred", "transferred", "transferred", "returned", "bounced", "cancelled"),
    "bounced": ("transferred", "transferred", "returned", "in-process", "withdrawn", "cancelled"),
    "paid": ("bounced", "bounced", "reopened"),
    "withdrawn": ("submitted", "submitted", "drafted", "received", "transferred"),
    "cancelled": ("reopened", "reopened", "transferred"),
}
ASSERTS = {
    "drafted": "draft",
    "submitted": "at_unit",
    "returned": "returned",
    "withdrawn": "withdrawn",
    "received": "received",
    "in-process": "in_process",
    "transferred": "paid",
    "bounced": "bounced",
    "cancelled": "cancelled",
}
GOES_BACK = {"returned"}
LEAVES = {
    "paid": ("bounced", "reopened"),
    "withdrawn": ("drafted", "submitted", "received", "transferred"),
    "cancelled": ("reopened", "transferred"),
}
STAGES: Mapping[str, StageRule] = {
    "draft": StageRule(0, counts=False, ends=False),
    "at_unit": StageRule(1, counts=True, ends=False),
    "returned": StageRule(1, counts=True, ends=False, detour=True),
    "received": StageRule(2, counts=True, ends=False),
    "in_process": StageRule(3, counts=True, ends=False),
    "bounced": StageRule(3, counts=True, ends=False, detour=True),
    "paid": StageRule(4, counts=False, ends=True),
    "withdrawn": StageRule(None, counts=False, ends=True),
    "cancelled": StageRule(None, counts=False, ends=True),
}
HOLDERS = {
    **dict.fromkeys(("draft", "at_unit", "returned"), "unit"),
    **dict.fromkeys(("received", "in_process"), "finance"),
    **dict.fromkeys(("paid", "withdrawn", "cancelled"), "nobody"),
}
BOUNCED_TO = ("payee", "finance", "bank")
PAUSES_HOURS = (0, 0, 1, 5, 20, 30, 50, 80, 130, 200, 400, 900)


class Told(NamedTuple):
    """One fact about a case; `holder` is who has it after a bounce."""

    at_us: int
    fact: str
    holder: str
    key: Key


@dataclass(frozen=True)
class View:
    """One case as it is known at one moment, under one version of each calendar."""

    what: str
    history: History
    calendars: Mapping[str, CalendarRules]
    sources: tuple[Source, ...]
    now_us: int


@dataclass(frozen=True)
class Generated:
    """One case with all its views; a view differs from the one before by one thing that changed."""

    agreements: tuple[Agreement, ...]
    views: tuple[View, ...]


def generated(seed: int) -> Generated:
    """The case of this seed: the same for ever."""
    draw = Random(seed)
    zone = draw.choice(ZONES)
    begins = date(2025, 1, 1) + timedelta(days=draw.randrange(700))
    before, after = calendars(draw, zone, begins)
    fields = said(draw, begins)
    told = facts(draw, ZoneInfo(zone), begins)
    now_us = moment_after(draw, ZoneInfo(zone), told)
    whole = history(told, fields)
    views = [("whole", whole, before, now_us), *cut_short(draw, told, fields, before)]
    if draw.random() < 0.3:
        left_out = draw.randrange(len(told))
        without = history(told[:left_out] + told[left_out + 1 :], fields)
        views.append(("without one fact", without, before, now_us))
    if draw.random() < 0.3:
        views.append(("under another calendar", whole, after, now_us))
    kept = [
        View(what, known, calendar, sources(draw, ZoneInfo(zone), now), now)
        for what, known, calendar, now in views
        if known.spans
    ]
    return Generated(agreements(draw, begins, PROCESS), tuple(kept))


def cut_short(
    draw: Random, told: list[Told], fields: Mapping[str, str], rules: Mapping[str, CalendarRules]
) -> list[tuple[str, History, Mapping[str, CalendarRules], int]]:
    """The same case seen while it was still on its way."""
    if len(told) < 2 or draw.random() < 0.6:
        return []
    place = draw.randrange(1, len(told))
    earliest, latest = told[place - 1].at_us, told[place].at_us
    now_us = draw.randint(earliest, latest)
    return [("in the middle", history(told[:place], fields), rules, now_us)]


def facts(draw: Random, zone: ZoneInfo, begins: date) -> list[Told]:
    """A walk of facts in the order of their instants; some sources know only the date."""
    at = datetime.combine(begins, time(draw.randrange(24), draw.randrange(60)), UTC)
    stage: str | None = None
    told: list[Told] = []
    before_end: str | None = None
    for number in range(draw.randint(1, FACTS_MAX)):
        fact = draw.choice(WAYS[stage] if draw.random() < 0.9 else tuple(ASSERTS))
        holder = draw.choice(BOUNCED_TO)
        stamp_us = microseconds(end_of_date(at, zone) if draw.random() < 0.15 else at)
        told.append(Told(stamp_us, fact, holder, Key("source", f"{number}")))
        there = goes_to(stage, fact, before_end)
        if there is not None and STAGES[there].ends and not (stage and STAGES[stage].ends):
            before_end = stage
        stage = there or stage
        at += timedelta(hours=draw.choice(PAUSES_HOURS), minutes=draw.randrange(60))
        if stage is not None and STAGES[stage].ends and draw.random() < 0.45:
            break
    return sorted(told)


def end_of_date(at: datetime, zone: ZoneInfo) -> datetime:
    """The last microsecond of the date of *at*: what a source means that knows only the date."""
    return next_midnight(at, zone) - MICROSECOND


def next_midnight(at: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the date after that of *at* begins."""
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


def goes_to(stage: str | None, fact: str, before_end: str | None) -> str | None:
    """The stage *fact* leads to from *stage*; None where it changes none."""
    there = before_end if fact == "reopened" else ASSERTS[fact]
    if there is None or there == stage:
        return None
    if stage is None:
        return None if fact == "reopened" else there
    if STAGES[stage].ends:
        return there if fact in LEAVES[stage] else None
    if fact == "reopened":
        return None
    here, next_rank = STAGES[stage].rank, STAGES[there].rank
    if here is None or next_rank is None or next_rank >= here or fact in GOES_BACK:
        return there
    return None


def history(told: list[Told], fields: Mapping[str, str]) -> History:
    """The spans that these facts make."""
    spans: list[Span] = []
    stage: str | None = None
    before_end: str | None = None
    for at_us, fact, bounced_to, key in told:
        there = goes_to(stage, fact, before_end)
        if there is None:
            continue
        if STAGES[there].ends and not (stage and STAGES[stage].ends):
            before_end = stage
        spans.append(Span(there, HOLDERS.get(there, bounced_to), at_us, key))
        stage = there
    return History("case", PROCESS, tuple(spans), fields)


def moment_after(draw: Random, zone: ZoneInfo, told: list[Told]) -> int:
    """A moment at which the last fact is known: often midnight, or before its date is over."""
    last = BEGINNING + told[-1].at_us * MICROSECOND
    if draw.random() < 0.1:
        return microseconds(last - timedelta(minutes=draw.randrange(5)))
    later = last + timedelta(hours=draw.choice(PAUSES_HOURS), minutes=draw.randrange(60))
    if draw.random() < 0.3:
        return microseconds(next_midnight(later, zone)) - draw.randrange(2)
    return microseconds(later)


def said(draw: Random, begins: date) -> dict[str, str]:
    """The case's fields; each may be missing."""
    fields = {
        "unit": draw.choice(UNITS),
        "kind": draw.choice(KINDS),
        "fund": draw.choice(FUNDS),
        "priority": draw.choice(("normal", "urgent")),
        "amount": draw.choice(("0", "0.00", "99.99", "100", "100.00", "100.01", "5000.5")),
        "currency": draw.choice(("THB", "THB", "EUR")),
        "due_on": str(begins + timedelta(days=draw.randrange(60))),
        "released_on": str(begins + timedelta(days=draw.randrange(30))),
    }
    return {name: value for name, value in fields.items() if draw.random() < 0.93}


def sources(draw: Random, zone: ZoneInfo, now_us: int) -> tuple[Source, ...]:
    """Three sources that know different things, each complete to a moment of its own."""
    now = BEGINNING + now_us * MICROSECOND
    known = (
        ("erp", "finance", frozenset[str](), frozenset({"received", "transferred"})),
        ("unit system", "unit", frozenset({draw.choice(UNITS)}), frozenset({"submitted"})),
        ("post room", "payee", frozenset[str](), frozenset[str]()),
    )
    return tuple(
        Source(name, role, units, can_say, complete_until(draw, zone, now))
        for name, role, units, can_say in known
    )


def complete_until(draw: Random, zone: ZoneInfo, now: datetime) -> int | None:
    """To the end of a date gone by, to a quarter of an hour ago, to now, or nobody knows."""
    kind = draw.random()
    if kind < 0.1:
        return None
    if kind < 0.4:
        gone = now - timedelta(days=draw.randint(1, 20))
        return microseconds(end_of_date(gone, zone))
    return microseconds(now - timedelta(minutes=15 if kind < 0.7 else 0))


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970."""
    return (at - BEGINNING) // MICROSECOND
