"""The day ledger: who is charged for which working day."""

from __future__ import annotations

from datetime import date

from chassis.workdays import Calendar
from sla.days import ledger
from sla.model import Day, LocalCalendar

from tests.unit.sla.saying import STAGES, WEEKENDS, ZONE, at, case, judged, on

# 2026-01-05 is a Monday.


def days_of(*steps: str, now: str) -> list[tuple[str, str]]:
    """The ledger of a case, day by day."""
    told = ledger(case(*steps).spans, STAGES, WEEKENDS, at(now)).days
    return [(day.date.isoformat()[5:], day.party) for day in told]


def test_a_day_belongs_to_who_held_the_case_before_it() -> None:
    """The day on which a case passes from one to another is still the first one's."""
    assert [("01-06", "unit"), ("01-07", "finance"), ("01-08", "finance")] == days_of(
        "at_unit 01-05", "received 01-06", "paid 01-08", now="01-20"
    )


def test_the_day_of_the_first_counted_stage_is_day_0() -> None:
    """A draft's days are not counted, nor is the date it was submitted on."""
    told = ledger(
        case("draft 01-01", "at_unit 01-05", "received 01-05", "paid 01-06").spans,
        STAGES, WEEKENDS, at("01-09"),
    )  # fmt: skip
    assert on("01-05") == told.first
    assert (Day(on("01-06"), "finance"),) == told.days


def test_a_draft_has_no_ledger() -> None:
    """Before a stage counts there is no day 0 and nothing is charged."""
    told = ledger(case("draft 01-05").spans, STAGES, WEEKENDS, at("01-09"))
    assert (None, (), 0, {}) == (told.first, told.days, told.total, told.by_party)


def test_weekends_and_days_off_are_nobodys() -> None:
    """Days that do not count are charged to none."""
    calendar = LocalCalendar(Calendar(frozenset({on("01-12")})), ZONE)
    told = ledger(case("received 01-08").spans, STAGES, calendar, at("01-13"))
    assert ["2026-01-09", "2026-01-13"] == [day.date.isoformat() for day in told.days]


def test_today_is_charged_while_the_case_stands_nowhere_final() -> None:
    """An open case is charged up to and including today, whatever the hour."""
    for now in ("01-06T00:00", "01-06T23:59"):
        assert [("01-06", "finance")] == days_of("received 01-05", now=now)
    assert [] == days_of("received 01-05", now="01-05T23:59")


def test_an_ended_case_is_charged_up_to_its_end() -> None:
    """Nothing is charged after the date a case entered the end it stands in."""
    assert [("01-06", "unit")] == days_of("at_unit 01-05", "withdrawn 01-06", now="02-06")


def test_days_between_an_end_and_leaving_it_are_nobodys() -> None:
    """A case taken back and sent again: the days it lay nowhere are nobody's, and are counted."""
    assert [
        ("01-06", "unit"), ("01-07", "nobody"), ("01-08", "nobody"), ("01-09", "unit")
    ] == days_of(
        "at_unit 01-05", "withdrawn 01-06", "at_unit 01-08", "received 01-09", "paid 01-09",
        now="01-20",
    )  # fmt: skip


def test_several_holders_within_a_date_leave_it_to_the_one_before() -> None:
    """Whoever had a case for an hour is charged no day; the last of the date has the next one."""
    assert [("01-06", "unit"), ("01-07", "payee")] == days_of(
        "at_unit 01-05", "received 01-06T09:00", "paid 01-06T10:00", "bounced 01-06T11:00 payee",
        now="01-07",
    )  # fmt: skip


def test_dates_are_those_of_the_calendars_zone() -> None:
    """A quarter to midnight in UTC is tomorrow in Bangkok."""
    spans = case("received 01-05T06:45").spans
    late = (spans[0]._replace(since_us=at("01-05T23:45", "UTC")),)
    assert on("01-06") == ledger(late, STAGES, WEEKENDS, at("01-09")).first


def test_the_night_the_clocks_change_has_one_midnight() -> None:
    """Where clocks go forward at midnight, the day begins with the first hour there is."""
    calendar = LocalCalendar(Calendar(), "America/Santiago")
    before, after = at("09-06T02:59", "UTC"), at("09-06T04:00", "UTC")
    told = [
        ledger((case("received 01-05").spans[0]._replace(since_us=us),), STAGES, calendar, us)
        for us in (before, after)
    ]
    assert [date(2026, 9, 5), date(2026, 9, 6)] == [one.first for one in told]


def test_sums_by_party_need_no_days() -> None:
    """The sums are those of the days, and so is the total."""
    told = judged(
        case("at_unit 01-05", "received 01-07", "returned 01-09", "received 01-14"), "01-16"
    ).ledger
    assert {"unit": 5, "finance": 4} == told.by_party
    assert 9 == told.total == len(told.days)


def test_a_span_that_begins_tomorrow_charges_nothing_yet() -> None:
    """A source's clock may lead: what begins after today has no day."""
    told = ledger(case("received 01-06T00:02").spans, STAGES, WEEKENDS, at("01-05T23:59"))
    assert (on("01-06"), ()) == (told.first, told.days)
