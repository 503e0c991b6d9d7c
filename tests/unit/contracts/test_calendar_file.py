"""Calendar files: what is committed, what is refused and where, and the way to JSON and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
import yaml
from chassis.workdays import Calendar, workdays_between
from contracts.calendar import CalendarRules, DayOff
from contracts.calendar_file import from_json, load_calendar, to_json, validate_calendar
from contracts.process import Words
from contracts.rule_file import RuleFileFault
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.contracts.planted import setting, without
from tests.unit.contracts.saying import HOME

FOLDER = HOME / "calendars"
THAI = FOLDER / "thai-government.yaml"
SMALL = """\
name: small
title: {th: ปฏิทินทดสอบ, en: Test calendar}
zone: Asia/Bangkok
weekend: [saturday, sunday]
covers_from: 2026-01-01
covers_until: 2026-12-31
days_off:
  - date: 2026-01-01
    name: {th: วันขึ้นปีใหม่, en: New Year's Day}
    source: Cabinet, 21 May 2019.
    decided_on: 2019-05-21
  - date: 2026-01-02
    name: {th: วันหยุดพิเศษ, en: Additional holiday}
    source: Cabinet, 12 November 2024.
    decided_on: 2024-11-12
"""


def fresh() -> dict[str, Any]:
    """The small calendar as values that may be changed."""
    document: dict[str, Any] = yaml.safe_load(SMALL)
    return document


def day_off(key: str, *value: Any) -> Callable[[dict[str, Any]], None]:
    """Plant: set *key* of the second day off, or take it out."""

    def change(document: dict[str, Any]) -> None:
        (setting(key, to=value[0]) if value else without(key))(document["days_off"][1])

    return change


AT = "/days_off/1"
MISTAKES: dict[str, tuple[Callable[[dict[str, Any]], object], str, str]] = {
    "a date twice": (day_off("date", "2026-01-01"), f"{AT}/date", "date-twice"),
    "a date before the covers": (day_off("date", "2025-12-31"), f"{AT}/date", "date-outside"),
    "a date after the covers": (day_off("date", "2027-01-01"), f"{AT}/date", "date-outside"),
    "no source": (day_off("source"), f"{AT}/source", "source-missing"),
    "an empty source": (day_off("source", ""), f"{AT}/source", "source-missing"),
    "no decision": (day_off("decided_on"), f"{AT}/decided_on", "decision-missing"),
    "no name": (day_off("name"), f"{AT}/name", "name-missing"),
    "a name without Thai": (day_off("name", {"en": "x"}), f"{AT}/name/th", "title-missing"),
    "no such date": (day_off("date", "2026-02-30"), f"{AT}/date", "date-malformed"),
    "a moment for a date": (day_off("date", "2026-02-03T00:00"), f"{AT}/date", "date-malformed"),
    "a number for a date": (day_off("date", 20260203), f"{AT}/date", "date-malformed"),
    "a Buddhist-era year": (day_off("date", "2569-01-02"), f"{AT}/date", "date-buddhist-era"),
    "an unknown key of a day": (day_off("halfday", True), f"{AT}/halfday", "nothing-runs-this"),
    "a weekend of seven days": (
        setting(
            "weekend",
            to=["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        ),
        "/weekend",
        "weekend-whole",
    ),
    "a weekday twice": (
        setting("weekend", to=["sunday", "sunday"]),
        "/weekend/1",
        "listed-twice",
    ),
    "an unknown weekday": (setting("weekend", to=["holiday"]), "/weekend/0", "value-malformed"),
    "an unknown zone": (setting("zone", to="Asia/Bankok"), "/zone", "zone-unknown"),
    "a folder for a zone": (setting("zone", to="Asia"), "/zone", "zone-unknown"),
    "a path for a zone": (setting("zone", to="../etc/passwd"), "/zone", "zone-unknown"),
    "covers that end too early": (
        setting("covers_until", to="2025-01-01"),
        "/covers_until",
        "dates-reversed",
    ),
    "no title": (without("title"), "/title", "title-missing"),
    "an English title in Thai": (setting("title", "en", to="วัน"), "/title/en", "title-not-english"),
    "a Thai title in English": (setting("title", "th", to="Day"), "/title/th", "title-not-thai"),
    "no zone": (without("zone"), "/zone", "key-missing"),
    "an unknown key": (setting("weekends", to=[]), "/weekends", "nothing-runs-this"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_planted_mistakes_are_found(case: str) -> None:
    """Each mistake planted in a calendar is told at its place, with its line and a remedy."""
    change, pointer, rule = MISTAKES[case]
    document = fresh()
    change(document)
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    problems = validate_calendar(text, "c.yaml")
    found = [one for one in problems if (one.pointer, one.rule) == (pointer, rule)]
    assert 1 == len(found), problems
    assert found[0].remedy.endswith((".", "?"))
    assert "c.yaml" == found[0].file
    assert found[0].line > 0
    with pytest.raises(RuleFileFault) as caught:
        load_calendar(document)
    assert [(one.pointer, one.rule) for one in problems] == [
        (one.pointer, one.rule) for one in caught.value.problems
    ]


def test_a_mistake_is_told_on_its_line() -> None:
    """A date that is none is told on the very line it stands on, though YAML has dates too."""
    text = SMALL.replace("date: 2026-01-02", "date: 2026-02-30")
    (problem,) = validate_calendar(text, "c.yaml")
    assert (12, "/days_off/1/date", "date-malformed") == (
        problem.line,
        problem.pointer,
        problem.rule,
    )
    assert str(problem).startswith("c.yaml:12: /days_off/1/date: date-malformed: ")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a: [", "yaml-malformed"),
        ("a: \x07", "yaml-malformed"),
        ("", "not-a-mapping"),
        ("- a", "not-a-mapping"),
        (SMALL + "name: again\n", "rules-overlap"),
    ],
)
def test_what_is_no_calendar(text: str, rule: str) -> None:
    """A file that is no YAML, no mapping, or says one thing twice, is told so."""
    assert [rule] == [one.rule for one in validate_calendar(text)]


def test_the_committed_calendars_are_right() -> None:
    """The committed calendars have no mistake, and each bears the name of its file."""
    files = sorted(FOLDER.glob("*.yaml"))
    assert ["thai-government", "weekends-only"] == [file.stem for file in files]
    for file in files:
        assert [] == validate_calendar(file.read_text("utf-8"), file.name)
        assert file.stem == load_calendar(file).name


def test_weekends_only_has_no_days_off() -> None:
    """The calendar of weekends only counts each Monday to Friday, for ever, in any zone."""
    rules = load_calendar(FOLDER / "weekends-only.yaml")
    assert (frozenset({5, 6}), (), None, None) == (
        rules.weekend,
        rules.days_off,
        rules.covers_from,
        rules.covers_until,
    )
    moved = rules.in_zone("Europe/Amsterdam")
    assert ("Europe/Amsterdam", rules) == (moved.zone, moved.in_zone(rules.zone))


def test_the_thai_calendar_knows_government_offices() -> None:
    """Labour Day is worked in a government office, the ploughing day and cabinet specials not."""
    off = load_calendar(THAI).dates_off
    assert date(2026, 5, 1) not in off
    assert {date(2025, 5, 9), date(2026, 5, 13)} <= off
    assert {date(2025, 6, 2), date(2025, 8, 11), date(2026, 1, 2)} <= off


@pytest.mark.parametrize(("year", "weekdays", "off"), [(2025, 261, 21), (2026, 261, 20)])
def test_the_thai_year_has_its_working_days(year: int, weekdays: int, off: int) -> None:
    """A year's working days are its weekdays less the days off that fall on them."""
    rules = load_calendar(THAI)
    calendar = Calendar(rules.dates_off, rules.weekend)
    counted = workdays_between(calendar, date(year - 1, 12, 31), date(year, 12, 31))
    assert weekdays - off == counted


def test_each_thai_holiday_on_a_weekend_is_made_up_for() -> None:
    """A holiday on a weekend has its substitution on the next day that would be worked."""
    rules = load_calendar(THAI)
    names = {day.date: day.name.en for day in rules.days_off}
    made_up = set()
    for day in (day for day in names if day.weekday() in rules.weekend):
        following = day + timedelta(days=1)
        while following.weekday() in rules.weekend or not names.get(
            following, "Substitution"
        ).startswith("Substitution"):
            following += timedelta(days=1)
        made_up.add(following)
    assert {day for day, name in names.items() if name.startswith("Substitution")} == made_up


def test_each_thai_day_off_says_who_decided_it_before_it_came() -> None:
    """Every entry carries who decided and when, and what is only proposed says so."""
    days = load_calendar(THAI).days_off
    assert all(day.decided_on < day.date for day in days)
    assert all("ครม." in day.source and "Cabinet" in day.source for day in days)
    proposed = [day for day in days if "Substitution" in day.name.en or "Bucha" in day.name.en]
    assert all("to be checked" in day.source for day in proposed)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
words = st.builds(Words, texts, texts)
days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
calendars = st.builds(
    CalendarRules,
    name=texts,
    title=words,
    zone=st.sampled_from(["Asia/Bangkok", "Europe/Amsterdam"]),
    weekend=st.frozensets(st.integers(0, 6), max_size=6),
    days_off=st.lists(st.builds(DayOff, days, words, texts, days), max_size=4).map(tuple),
    covers_from=st.none() | days,
    covers_until=st.none() | days,
    version=st.integers(0, 9),
)


@given(calendars)
def test_a_calendar_goes_to_the_database_and_back(calendar: CalendarRules) -> None:
    """The JSON of a calendar is the calendar again, after a database has ordered its keys anew."""
    written = orjson.loads(orjson.dumps(to_json(calendar), option=orjson.OPT_SORT_KEYS))
    assert calendar == from_json(written)
    assert to_json(calendar) == to_json(from_json(written))


def test_days_off_may_be_written_in_any_order() -> None:
    """Two files that say the same in another order are the same calendar, and no new version."""
    turned = fresh()
    turned["days_off"].reverse()
    turned["weekend"].reverse()
    assert to_json(load_calendar(fresh())) == to_json(load_calendar(turned))
