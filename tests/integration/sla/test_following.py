"""Sla on a real database: what is told as facts, time, words of sources and rules come."""

from __future__ import annotations

from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest
from chassis.deadletters import count_dead_letters

from tests.integration.sla.bed import Bed, ask, source, status
from tests.integration.sla.rules import agreement_json, calendar_json, clause

# 2026-01-05 is a Monday. Bangkok is seven hours ahead of UTC.
SUBMITTED = ("at_unit", "unit", "2026-01-05T03")
RECEIVED = ("received", "finance", "2026-01-06T03")
PAID = ("paid", "nobody", "2026-01-08T03")
COMPLETE = "2026-01-31T00:00:00Z"


def of(told: dict[str, Any]) -> tuple[Any, ...]:
    """What a clock is short: state, days charged, due date."""
    (clock,) = told["clocks"]
    return clock["state"], clock["charged"], clock["due"]


async def test_a_case_is_followed_from_start_to_met(bed: Bed) -> None:
    """The ledger and the clock move with facts; met is said once, at the instant of the payment."""
    bed.clock.at = bed.clock.at.replace(day=6)
    told = await bed.say(status([SUBMITTED, RECEIVED]))
    assert (("open", 0, "2026-01-08"), [("started", "two-days")]) == (
        of(told.states["1"]),
        told.kinds,
    )
    assert {"unit": 1} == told.states["1"]["ledger"]["by_party"]
    bed.clock.at = bed.clock.at.replace(day=8)
    told = await bed.say(status([SUBMITTED, RECEIVED, PAID], 2))
    assert (("met", 2, "2026-01-08"), [("met", "two-days")]) == (of(told.states["1"]), told.kinds)
    assert "2026-01-08T03:00:00.000000Z" == told.moments[0]["at"]
    assert {"unit": 1, "finance": 2} == told.states["1"]["ledger"]["by_party"]


async def test_the_same_state_again_tells_nothing(bed: Bed) -> None:
    """A redelivered, an older, and a tick without a new day leave tables and outbox as they are."""
    await bed.say(status([SUBMITTED, RECEIVED], 2))
    again = await bed.say(status([SUBMITTED, RECEIVED], 2), status([SUBMITTED], 1))
    tick = await bed.at("2026-01-05T12:30:00")
    assert ({}, [], {}, []) == (again.states, again.moments, tick.states, tick.moments)


async def test_days_are_charged_at_each_local_midnight(bed: Bed) -> None:
    """An open clock ticks at 00:00 in Bangkok, 17:00 UTC, and not a second before."""
    await bed.hear(source("finance", COMPLETE))
    await bed.say(status([RECEIVED]))
    before = await bed.at("2026-01-06T16:59:59")
    after = await bed.at("2026-01-06T17:00:00")
    assert (0, 1) == (
        before.states["1"]["clocks"][0]["charged"],
        after.states["1"]["clocks"][0]["charged"],
    )


async def test_a_breach_waits_for_the_word_of_every_source(bed: Bed) -> None:
    """Past the budget nothing is said while a source is silent; its word lets it be said."""
    await bed.hear(source("finance", "2026-01-06T00:00:00Z"))
    await bed.say(status([RECEIVED]))
    late = await bed.at("2026-01-12T00:00:00")
    assert ("open", [["finance", "2026-01-06T00:00:00.000000Z"]]) == (
        late.states["1"]["clocks"][0]["state"],
        late.states["1"]["clocks"][0]["undetermined"],
    )
    assert "breached" not in [kind for kind, _ in late.kinds]
    await bed.hear(source("finance", COMPLETE, 2))
    said = await bed.at("2026-01-12T00:00:01")
    breach = next(one for one in said.moments if one["kind"] == "breached")
    # Budget 2 from Tuesday: Wednesday, Thursday, and the breach at 00:00 of Friday in Bangkok.
    assert ("2026-01-08T17:00:00.000000Z", 284_401.0) == (
        breach["at"],
        breach["detection_lag_seconds"],
    )
    assert ["warned", "breached", "reminder-due", "reminder-due"] == [
        kind for kind, _ in said.kinds
    ]


async def test_a_late_fact_supersedes_a_breach_and_both_stay(bed: Bed) -> None:
    """A payment told late takes the breach back; the verdict table keeps both, with the reason."""
    await bed.hear(source("finance", COMPLETE))
    await bed.say(status([RECEIVED]))
    await bed.at("2026-01-12T00:00:00")
    told = await bed.say(status([RECEIVED, PAID], 2))
    assert [("superseded", "breached"), ("met", None)] == [
        (m["kind"], m["of"]) for m in told.moments
    ]
    verdicts = (await bed.case())["verdicts"]
    assert [("breached", "facts"), ("met", None)] == [(v["kind"], v["reason"]) for v in verdicts]


async def test_a_day_off_declared_late_moves_the_verdict(bed: Bed) -> None:
    """A new calendar judges every case again: the breach vanishes, superseded because of rules."""
    await bed.hear(source("finance", COMPLETE))
    await bed.say(status([RECEIVED, ("paid", "nobody", "2026-01-09T03")]))
    assert "missed" == (await bed.case())["clocks"][0]["state"]
    await bed.told()
    applied = await bed.apply(calendars=[calendar_json(date(2026, 1, 7))])
    told = await bed.at("2026-01-12T00:00:00")
    assert ({"office": 2}, ("met", 2)) == (applied["calendars"], of(told.states["1"])[:2])
    assert {"missed"} == {m["of"] for m in told.moments if m["kind"] == "superseded"}


async def test_rules_applied_again_change_nothing(bed: Bed) -> None:
    """The same files are no new version and wake no case."""
    await bed.say(status([RECEIVED]))
    applied = await bed.apply(calendars=[calendar_json()], agreements=[agreement_json()])
    tick = await bed.at("2026-01-05T12:30:00")
    assert ({"office": None}, {"promise": None}, {}) == (
        applied["calendars"],
        applied["agreements"],
        tick.states,
    )


async def test_a_clock_keeps_the_version_it_started_under(bed: Bed) -> None:
    """
    A stricter version with a later start does not touch clocks that began before; both stand side
    by side in the rules.
    """
    strict = agreement_json(clause("two-days", budget=1, warn_at=None, reminders=()))
    await bed.apply(agreements=[{**strict, "valid_from": "2026-01-07"}])
    await bed.say(status([RECEIVED]), status([("received", "finance", "2026-01-08T03")], case=2))
    names = [(await bed.case(number))["clocks"][0]["clause"] for number in (1, 2)]
    assert ["promise@1#two-days", "promise@2#two-days"] == names


async def test_an_absorbed_case_loses_its_clocks(bed: Bed) -> None:
    """A case that leads to another has no days and no clocks; what was said of it is taken back."""
    bed.clock.at = bed.clock.at.replace(day=8)
    await bed.say(status([RECEIVED, PAID]))
    told = await bed.say(status([], 2, redirect_to="7"))
    assert ([], "7", [("superseded", "met", "redirect")]) == (
        told.states["1"]["clocks"],
        told.states["1"]["redirect_to"],
        [(m["kind"], m["of"], m["reason"]) for m in told.moments],
    )


async def test_half_a_history_is_a_dead_letter(bed: Bed) -> None:
    """Where status left out old spans, days would be counted wrong: refused, kept, shown."""
    told = await bed.say(status([RECEIVED], omitted={"spans": 3}), b"{", status([RECEIVED], case=2))
    async with bed.base.pool.acquire() as connection:
        letters = await count_dead_letters(connection)
    assert (["2"], {"invalid-message": 2}) == (list(told.states), letters)


async def test_the_database_adds_the_days_up_itself(bed: Bed) -> None:
    """A planted sum that is one day off is refused by the table."""
    await bed.say(status([SUBMITTED, RECEIVED]))
    with pytest.raises(asyncpg.CheckViolationError, match="followed_case_days_add_up"):
        await bed.base.pool.execute("update followed_case set days_finance = days_finance + 1")


async def test_attainment_counts_each_clock_once_in_its_month(bed: Bed) -> None:
    """Met at the stop, missed at the breach, open and void beside them, against the target."""
    await bed.hear(source("finance", COMPLETE))
    bed.clock.at = bed.clock.at.replace(month=2, day=20)
    await bed.say(
        status([RECEIVED, PAID], case=1),
        status([RECEIVED, ("paid", "nobody", "2026-02-10T03")], case=2),
        status([("received", "finance", "2026-02-19T03")], case=3),
        status([RECEIVED, ("withdrawn", "nobody", "2026-01-07T03")], case=4),
    )
    rows = (await ask(bed, "GET", "/ops/attainment?agreement=promise"))["rows"]
    seen = [(r["month"], r["n"], r["met"], r["open"], r["void"], r["met_percent"]) for r in rows]
    assert [("2026-01", 2, 1, 0, 0, 50.0), (None, 0, 0, 1, 1, None)] == seen
    assert [(2, 25, 85), (None, None, 85)] == [
        (r["p50"], r["p85"], r["target_percent"]) for r in rows
    ]


async def test_a_published_month_keeps_its_figure(bed: Bed) -> None:
    """
    January is published with one of one met; a late fact adds a missed one. What was published
    stays beside what is true now, publishing again changes nothing, and February is not over.
    """
    bed.clock.at = bed.clock.at.replace(month=2, day=20)
    await bed.say(status([RECEIVED, PAID], case=1))
    first = await ask(bed, "POST", "/ops/months/2026-01")
    await bed.say(status([RECEIVED, ("paid", "nobody", "2026-01-20T03")], case=2))
    again = await ask(bed, "POST", "/ops/months/2026-01")
    (row,) = (await ask(bed, "GET", "/ops/attainment"))["rows"]
    assert ([(1, 1)], []) == ([(r["n"], r["met"]) for r in first["published"]], again["published"])
    assert (2, 1, 1, 1) == (row["n"], row["met"], row["published"]["n"], row["published"]["met"])
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        await ask(bed, "POST", "/ops/months/2026-02")
