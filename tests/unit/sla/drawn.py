"""Drawn cases and clauses, for the properties of the SLA's core."""

from __future__ import annotations

from datetime import date, timedelta

from chassis.workdays import Calendar
from contracts.agreement import Clause, DayUnit
from hypothesis import strategies as st
from sla.model import History, Key, LocalCalendar, Span

from tests.unit.sla.saying import COUNTED, HOLDERS, STAGES, at, clause

FIRST_US = at("01-05T00:00")
HOUR_US = 3_600_000_000
MOVING = sorted(code for code, stage in STAGES.items() if not stage.ends)

gaps_us = st.integers(0, 30 * 24).map(lambda hours: hours * HOUR_US // 2)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A case of up to eight holdings, back and forth, with ends it leaves again."""
    spans, at_us, before = [], FIRST_US, ""
    for place in range(draw(st.integers(1, 8))):
        at_us += draw(gaps_us)
        stage = draw(st.sampled_from([code for code in sorted(STAGES) if code != before]))
        holder = draw(st.sampled_from(["finance", "payee"])) if stage == "bounced" else None
        spans.append(Span(stage, holder or HOLDERS[stage], at_us, Key("s", str(place))))
        before = stage
    dates = st.one_of(st.none(), days.map(date.isoformat))
    return History(
        "c", "disbursement", tuple(spans), {"due_on": draw(dates), "released_on": draw(dates)}
    )


days = st.integers(0, 120).map(lambda shift: date(2026, 1, 1) + timedelta(days=shift))
calendars = st.builds(
    lambda off, zone: LocalCalendar(Calendar(off), zone),
    st.frozensets(days, max_size=6),
    st.sampled_from(["Asia/Bangkok", "Europe/Amsterdam", "America/Santiago"]),
)
stage_sets = st.frozensets(st.sampled_from(MOVING), min_size=1, max_size=3)


@st.composite
def clauses(draw: st.DrawFn) -> Clause:
    """A clause of any party, by stages or a date, by days or until a date."""
    starts_on = draw(st.one_of(st.just(COUNTED), stage_sets))
    by_date, until = draw(st.booleans()), draw(st.booleans())
    return clause(
        party=draw(st.sampled_from(["unit", "finance", "payee", "everyone"])),
        starts_on=frozenset() if by_date else starts_on,
        starts_on_date="released_on" if by_date else None,
        stops_on=draw(stage_sets) - starts_on or frozenset({"paid"}),
        budget=None if until else draw(st.integers(0, 12)),
        until="due_on" if until else None,
        unit=draw(st.sampled_from(DayUnit)),
        warn_at=draw(st.one_of(st.none(), st.integers(1, 5))),
        reminders=(0, 2, 7),
    )


now_after = st.integers(0, 200 * 24).map(lambda hours: hours * HOUR_US)
