"""How a play is cut into steps, and what the sources say between them of what they have told."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts.instants import end_of_day_us, microseconds
from contracts.plan import Plan, PlannedEvent, PlannedSource
from hypothesis import given
from hypothesis import strategies as st
from intake.completeness import Window, differences, sums_of
from tidtam.proving.answer import Answer
from tidtam.proving.disturb import Delivery, Disturbances, deliveries
from tidtam.proving.heartbeats import closing
from tidtam.proving.kept import paid_by
from tidtam.proving.rules import shipped_calendar
from tidtam.proving.schedule import Scheduler, Step, promise_of
from tidtam.proving.verdicts import Verdicts

AMSTERDAM = "Europe/Amsterdam"
ZONE = ZoneInfo(AMSTERDAM)
UNIT = PlannedSource("tiny-unit", "unit", AMSTERDAM, ("tiny-unit",), ("submitted",), 0)
FINANCE = PlannedSource("tiny-finance", "finance", AMSTERDAM, ("tiny-unit",), ("received",), 0)
# The clocks are set forward in the night to 25 March 2018.
FIRST, LAST = datetime(2018, 3, 22, tzinfo=ZONE), "2018-03-28"
ENDS_US = end_of_day_us(AMSTERDAM, LAST)
NIGHTLY = Disturbances(erp_at=time(2))

minutes = st.integers(0, 6 * 24 * 60)
told = st.lists(st.tuples(minutes, st.sampled_from((UNIT, FINANCE))), min_size=1, max_size=40)
ways = st.builds(
    Disturbances,
    seed=st.integers(0, 9),
    duplicate=st.sampled_from((0.0, 0.5)),
    erp_at=st.sampled_from((None, time(0), time(0, 15), time(2))),
    completeness=st.booleans(),
)


def plan_of(entries: list[tuple[int, PlannedSource]]) -> Plan:
    """A plan with an event of each source so many minutes after the first midnight."""
    events = []
    for number, (minute, source) in enumerate(sorted(entries, key=lambda entry: entry[0])):
        at = FIRST.astimezone(UTC) + timedelta(minutes=minute)
        amount = {"value": f"{number}.25", "currency": "EUR"}
        event: dict[str, Any] = {"source": source.name, "id": f"c/{number}"}
        event |= {"time": at.isoformat(), "data": {"amount": amount}}
        events.append(PlannedEvent("c", source.role, event, microseconds(at)))
    return Plan(
        log="tiny",
        process="disbursement",
        zone=AMSTERDAM,
        calendar="weekends-only",
        events=tuple(events),
        sources=(UNIT, FINANCE),
        cases=1,
        ignored=0,
        ends_us=ENDS_US,
    )


def cut(plan: Plan, how: Disturbances) -> tuple[list[Step], Scheduler, list[Delivery]]:
    """The steps of a plan, the scheduler that made them, and what is delivered."""
    scheduler = Scheduler(plan, how, plan.sources)
    sent = deliveries(plan, how)
    return scheduler.steps(sent), scheduler, sent


@given(told, ways)
def test_steps_deliver_all_in_order_and_the_clock_never_goes_back(
    entries: list[tuple[int, PlannedSource]], how: Disturbances
) -> None:
    """Each event once and in its order; the clock is at or past it, and ends with the run."""
    steps, _, sent = cut(plan_of(entries), how)
    assert sent == [one for step in steps for one in step.deliveries]
    shown = [at for step in steps for at in (step.now_us, *(stop.at_us for stop in step.stops))]
    assert shown == sorted(shown)
    assert ENDS_US == steps[-1].now_us == max(shown)
    for step in steps:
        assert all(min(one.at_us, ENDS_US) <= step.now_us for one in step.deliveries)


@given(told, ways)
def test_every_midnight_is_looked_at_after_all_that_came_before_it(
    entries: list[tuple[int, PlannedSource]], how: Disturbances
) -> None:
    """Each local midnight from the first delivery on is a stop, also of a day without events."""
    steps, _, sent = cut(plan_of(entries), how)
    stops = [(stop.at_us, place) for place, step in enumerate(steps) for stop in step.stops]
    days = [date(2018, 3, 22) + timedelta(days=count) for count in range(7)]
    midnights = [microseconds(datetime.combine(day, time(), ZONE)) for day in days]
    wanted = [at_us for at_us in midnights if at_us > sent[0].at_us]
    assert wanted == sorted({at_us for at_us, _ in stops} & set(midnights) - {sent[0].at_us})
    for at_us, place in stops:
        late = [one for step in steps[: place + 1] for one in step.deliveries if not one.resend]
        early = [one for step in steps[place + 1 :] for one in step.deliveries if not one.resend]
        assert all(one.at_us <= at_us for one in late)
        assert all(one.at_us > at_us for one in early)


@given(told, ways)
def test_a_word_is_said_when_it_is_true_and_closes_each_event_once(
    entries: list[tuple[int, PlannedSource]], how: Disturbances
) -> None:
    """
    Nothing dated before it is still to come from its source, and the closing words of a nightly
    source together cover what it sent: intake, asked itself, finds no difference.
    """
    steps, scheduler, sent = cut(plan_of(entries), how)
    came: list[dict[str, Any]] = []
    for step in steps:
        came += [one.planned.event for one in step.deliveries if not one.resend]
        for word in step.words:
            mine = [one for one in came if one["source"] == word.source.name]
            total = sum(
                one.planned.event["source"] == word.source.name and one.at_us <= word.at_us
                for one in sent
                if not one.resend
            )
            assert total == len(mine)
    words = [word for step in steps for word in step.words] + scheduler.last_words(ENDS_US)
    covered = [event["id"] for word in words for event in word.covers or ()]
    nightly = how.erp_at is not None and how.completeness
    finance = [one["id"] for one in came if one["source"] == FINANCE.name]
    assert covered == (finance if nightly else [])
    for word in words:
        if word.covers is not None:
            ids = tuple(event["id"] for event in word.covers)
            sums = sums_of({"said": event["data"]} for event in word.covers)
            assert None is differences(closing(word.covers), Window(ids, (), sums))


def test_a_night_of_the_erp_is_two_looks_for_each_day() -> None:
    """Midnight comes without finance's day, and its word at two o'clock with it."""
    steps, scheduler, _ = cut(plan_of([(600, UNIT), (660, FINANCE)]), NIGHTLY)
    noon, night = steps[0], steps[1]
    assert ["tiny-unit"] == [one.planned.event["source"] for one in noon.deliveries]
    assert [("00:00", True, False), ("00:15", True, True)] == [
        (local(stop.at_us), stop.due, stop.settled) for stop in noon.stops
    ]
    assert ["tiny-finance"] == [one.planned.event["source"] for one in night.deliveries]
    assert [("tiny-finance", "02:00", 1)] == [
        (word.source.name, local(word.at_us), len(word.covers or ())) for word in night.words
    ]
    assert ("02:00", True, True) == (local(night.stops[0].at_us), *night.stops[0][1:])
    assert ("live", "daily by 02:00") == (promise_of(UNIT, NIGHTLY), promise_of(FINANCE, NIGHTLY))
    assert ["tiny-unit", "tiny-finance"] == [
        word.source.name for word in scheduler.last_words(ENDS_US)
    ]


def test_without_completeness_all_is_said_to_be_told_from_the_start() -> None:
    """Nobody is waited for then: there is a word before the first event, and none after."""
    how = Disturbances(erp_at=time(2), completeness=False)
    steps, scheduler, _ = cut(plan_of([(600, UNIT), (660, FINANCE)]), how)
    assert [] == [word for step in steps for word in step.words] + scheduler.last_words(ENDS_US)
    assert [(UNIT, None), (FINANCE, None)] == [
        (word.source, word.covers) for word in scheduler.first_words(ENDS_US)
    ]
    assert {"live"} == {promise_of(source, how) for source in (UNIT, FINANCE)}


def test_a_sum_below_zero_is_not_declared() -> None:
    """The heartbeat would be refused for it; number and ids are declared all the same."""
    data = {"amount": {"value": "-4.00", "currency": "EUR"}}
    assert {"closing", "count", "ids_sha256"} == closing([{"id": "c/1", "data": data}]).keys()


def local(at_us: int) -> str:
    """The local time of day."""
    return f"{datetime.fromtimestamp(at_us / 1e6, ZONE):%H:%M}"


CALENDAR = shipped_calendar("weekends-only").in_zone(AMSTERDAM)
MONDAY, THURSDAY, LATE = "2018-03-05T09:00:00Z", "2018-03-08T09:00:00Z", "2018-03-09T23:30:00Z"


def case_of(name: str, stage: str, since: str, entered: str, unit: str = "arts") -> dict[str, Any]:
    """A case as status tells it, so far as the measure reads it."""
    spans = [{"stage": "received", "since": entered}, {"stage": stage, "since": since}]
    row = {"case": name, "redirect_to": None, "stage": stage, "since": since, "unit": unit}
    return row | {"spans": spans}


def said_of(*cases: dict[str, Any], told: dict[str, tuple[str, str]]) -> dict[Any, float]:
    """The shares, where `told` says by date what a case that entered on Monday was told."""
    answer, verdicts = Answer(), Verdicts()
    answer.cases = {one["case"]: one for one in cases}
    answer.stood["1", 1, 1] = ("received", MONDAY)
    verdicts.dates = {("1", 1, 1, day): dates for day, dates in told.items()}
    rows = paid_by(answer, verdicts, ["draft", "received"], CALENDAR)
    return {(one["stage"], one["percentile"]): one["share"] for one in rows}


def test_the_share_of_dates_that_held() -> None:
    """
    Local dates and working days count. A stay too short to be told of has the date of that day of
    another case like it; one of another unit, or of a case that was taken back, says nothing.
    """
    told = {"2018-03-05": ("2018-03-06", "2018-03-09"), "2018-03-08": ("2018-03-06", "2018-03-12")}
    before = [
        case_of(f"0{n}", "paid", "2018-03-02T09:00:00Z", MONDAY, unit="law") for n in range(9)
    ]
    shares = said_of(
        *before,
        case_of("1", "paid", LATE, MONDAY),
        case_of("2", "paid", "2018-03-06T09:00:00Z", MONDAY),
        case_of("3", "paid", "2018-03-15T09:00:00Z", THURSDAY),
        case_of("4", "withdrawn", THURSDAY, MONDAY),
        case_of("5", "paid", LATE, MONDAY, unit="law"),
        told=told,
    )
    assert {("received", 50): 0.3333, ("received", 85): 1.0} == shares


def test_dates_are_measured_once_there_was_something_to_learn_from() -> None:
    """What entered before half of the payments were made is left out."""
    told = {"2018-03-05": ("2018-03-06", "2018-03-09")}
    early = case_of("1", "paid", "2018-03-06T09:00:00Z", MONDAY)
    late = case_of("1", "paid", "2018-03-05T15:00:00Z", MONDAY)
    assert {("received", 50): 1.0, ("received", 85): 1.0} == said_of(late, told=told)
    assert {} == said_of(early, told=told)
    assert {} == said_of(late, told={})
