"""Where the days of an ended case went: the same days as the ledger counts, by stage."""

from __future__ import annotations

from datetime import date, timedelta

from chassis.workdays import Calendar, workdays_between
from hypothesis import given
from hypothesis import strategies as st
from portal.counted import Wait
from portal.views.bottlenecks import spent_by_party, spent_by_stage
from portal.views.waits import Held, days_by_place

WEEKENDS = Calendar()
COUNTS = ("at_unit", "returned", "received", "in_process", "bounced")
MONDAY = date(2026, 1, 5)


def test_a_day_belongs_to_who_had_the_case_before_it() -> None:
    """Received on Tuesday, returned and received again on Wednesday, paid on Friday."""
    held = [
        Held("draft", "unit", MONDAY - timedelta(days=3)),
        Held("at_unit", "unit", MONDAY),
        Held("received", "finance", MONDAY + timedelta(days=1)),
        Held("returned", "unit", MONDAY + timedelta(days=2)),
        Held("received", "finance", MONDAY + timedelta(days=2)),
        Held("paid", "nobody", MONDAY + timedelta(days=4)),
    ]
    assert [("at_unit", "unit", 1), ("received", "finance", 3)] == days_by_place(
        held, COUNTS, WEEKENDS
    )


def test_a_case_without_a_stage_that_counts_has_no_days() -> None:
    """A draft that was taken back took nobody's days."""
    held = [Held("draft", "unit", MONDAY), Held("withdrawn", "nobody", MONDAY)]
    assert [] == days_by_place(held, COUNTS, WEEKENDS)


@given(
    st.lists(
        st.tuples(st.sampled_from(COUNTS), st.sampled_from(("unit", "finance")), st.integers(0, 9)),
        min_size=1,
        max_size=12,
    )
)
def test_the_parts_sum_to_the_whole(steps: list[tuple[str, str, int]]) -> None:
    """No working day from beginning to end is lost or counted twice."""
    at, held = MONDAY, []
    for stage, holder, days in steps:
        held.append(Held(stage, holder, at))
        at += timedelta(days=days)
    held.append(Held("paid", "nobody", at))
    spent = days_by_place(held, COUNTS, WEEKENDS)
    assert workdays_between(WEEKENDS, MONDAY, at) == sum(days for _, _, days in spent)


def test_days_per_claim_are_of_all_claims_of_the_month() -> None:
    """A claim that never was with the bank counts there with no days."""
    rows = [
        Wait("d", "2026-10", "", "", 0, 4),
        Wait("d", "2026-10", "finance", "received", 8, 4),
        Wait("d", "2026-10", "bank", "bounced", 2, 1),
    ]
    assert [("finance", 2.0), ("bank", 0.5)] == spent_by_party(rows, "2026-10")
    assert [] == spent_by_party(rows, "2026-09")
    by_stage = spent_by_stage(rows, ("2026-10", "2026-09"))
    assert ("finance", "received", (2.0, None)) == by_stage[0]
