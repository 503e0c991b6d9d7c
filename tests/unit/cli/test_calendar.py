"""`tidtam calendar`: the days off in the files, and those the `holidays` package would add."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from contracts.calendar_file import load_calendar, validate_calendar
from tidtam.agreement_files import Kind
from tidtam.proposing import as_yaml, package, proposals
from tidtam.rules_files import files_of

THAI = next(file for file in files_of(Kind.CALENDAR) if file.stem == "thai-government")
NEW_YEAR = "วันขึ้นปีใหม่"
NAMES: Mapping[date, tuple[str, str]] = {
    date(2028, 1, 1): (NEW_YEAR, "New Year's Day"),
    date(2028, 1, 8): ("วันเด็กแห่งชาติ", "National Children's Day"),
    date(2028, 5, 2): ("ชดเชยวันแรงงานแห่งชาติ", "National Labor Day (in lieu)"),
    date(2028, 2, 10): ("วันมาฆบูชา", 'Makha  Bucha "observed"'),
}


def country_holidays(country: str, years: int, categories: Any, language: str) -> Any:
    """A package that knows Thailand's year 2028, and a day of the year after."""
    assert ("TH", 2028, ("public", "government")) == (country, years, categories)
    place = ("th", "en_US").index(language)
    return {day: names[place] for day, names in NAMES.items()} | {date(2029, 1, 1): "next year"}


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The package, of an invented version."""
    one = SimpleNamespace(__version__="9.9", country_holidays=country_holidays)
    monkeypatch.setitem(sys.modules, "holidays", one)
    return one


def test_the_calendars_are_listed(told: Any, call: Any) -> None:
    """Without a name: each calendar, and for which years it knows its days off."""
    listed = {one["calendar"]: one for one in told("calendar", "show")["calendars"]}
    assert {"thai-government", "weekends-only"} == listed.keys()
    assert ("2025-01-01", "2027-12-31") == (
        listed["thai-government"]["covers_from"],
        listed["thai-government"]["covers_until"],
    )
    assert "known for all time" in call("calendar", "show").stdout


def test_a_day_off_says_who_declared_it(told: Any) -> None:
    """Date, weekday, both names, source and date of decision; a Buddhist year is the same year."""
    days = told("calendar", "show", "thai-government", "2569")["days_off"]
    assert days == told("calendar", "show", "thai-government", "2026")["days_off"]
    assert ("2026-01-01", "Thu", False) == tuple(
        days[0][key] for key in ("date", "weekday", "on_weekend")
    )
    assert {"th": NEW_YEAR, "en": "New Year's Day"} == days[0]["name"]
    assert "2019-05-21" == days[0]["decided_on"]
    assert "ครม. 21 พ.ค. 2562" in days[0]["source"]
    assert {"2026"} == {one["date"][:4] for one in days}


def test_a_day_off_on_a_weekend_is_marked(call: Any) -> None:
    """Such a day takes nobody's working day, and the table says so."""
    printed = call("calendar", "show", "thai-government", "2570").stdout
    assert "2027-02-21  Sun (weekend)" in printed
    assert "2027-01-01  Fri  " in printed


def test_what_a_calendar_does_not_know_is_no_working_day(call: Any) -> None:
    """A year outside what it covers, an unknown name and a year that is none are told apart."""
    unknown = call("calendar", "show", "thai-government", "2030", code=1).stderr
    assert "does not know 2030: known from 2025-01-01 to 2027-12-31" in unknown
    assert (
        "There are: thai-government, weekends-only." in call("calendar", "show", "x", code=1).stderr
    )
    call("calendar", "show", "thai-government", "12", code=2)
    assert "No day is off besides." in call("calendar", "show", "weekends-only", "2030").stdout


@pytest.mark.usefixtures("known")
def test_a_proposal_is_told_with_what_is_listed(told: Any) -> None:
    """Each day the package knows: whether the file has it, and whether offices are closed."""
    proposed = told("calendar", "propose", "2571")["proposed"]
    assert [
        ("2028-01-01", "Sat", False, True),
        ("2028-01-08", "Sat", False, False),
        ("2028-02-10", "Thu", False, True),
        ("2028-05-02", "Tue", False, False),
    ] == [(one["date"], one["weekday"], one["listed"], one["of_offices"]) for one in proposed]


@pytest.mark.usefixtures("known")
def test_a_proposal_is_refused_until_somebody_says_who_declared_it(call: Any) -> None:
    """What is printed fits under `days_off`; only its sources and decisions are still wrong."""
    result = call("calendar", "propose", "2028")
    lines = result.stdout.splitlines()
    assert "2028: 2 to check and add, 0 in thai-government already." in result.stderr
    text = pasted(lines)
    assert ["source-missing", "date-malformed"] * 2 == [
        one.rule for one in validate_calendar(text)
    ], validate_calendar(text)
    days = yaml.safe_load(text)["days_off"]
    assert [(NEW_YEAR, "New Year's Day"), ("วันมาฆบูชา", 'Makha Bucha "observed"')] == [
        (one["name"]["th"], one["name"]["en"]) for one in days
    ]
    filled = "\n".join(lines).replace("source: #", "source: The gazette #")
    filled = filled.replace("decided_on: #", "decided_on: 2027-06-01 #")
    assert [] == validate_calendar(pasted(filled.splitlines()))


def pasted(lines: list[str]) -> str:
    """A calendar file with *lines* under its days off."""
    head = "name: next\ntitle: {th: ปฏิทิน, en: Next}\nzone: Asia/Bangkok\nweekend: [saturday]\n"
    return head + "days_off:\n" + "\n".join(lines) + "\n"


def test_what_the_file_has_already_is_not_proposed(known: Any, tmp_path: Path) -> None:
    """A listed day yields no line; Children's and Labour Day are named and left out."""
    file = tmp_path / "listed.yaml"
    day = {"date": "2028-01-01", "source": "gazette", "decided_on": "2027-06-01"}
    body = yaml.safe_load(pasted([])) | {"days_off": [day | {"name": {"th": "ปี", "en": "Year"}}]}
    file.write_text(yaml.safe_dump(body, allow_unicode=True), "utf-8")
    lines = list(as_yaml(proposals(known, 2028, load_calendar(file)), "9.9"))
    dates = [line.split()[-1] for line in lines if line.startswith("  - date")]
    assert ["2028-02-10"] == dates
    assert 2 == sum("no holiday of government offices" in line for line in lines)


@pytest.mark.usefixtures("known")
def test_days_only_the_file_has_are_named(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cabinet specials, or mistakes: somebody should look."""
    monkeypatch.setattr(sys.modules["holidays"], "country_holidays", of_2027)
    only = told("calendar", "propose", "2027")["only_in_file"]
    listed = [
        one["date"] for one in told("calendar", "show", "thai-government", "2027")["days_off"]
    ]
    assert listed[1:] == only


def of_2027(country: str, **asked: Any) -> Any:
    """A package that knows one day of 2027."""
    assert ("TH", 2027) == (country, asked["years"])
    return {date(2027, 1, 1): NEW_YEAR}


def test_without_the_package_it_says_how_to_get_it(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package stays out of the environment that the lock describes."""
    monkeypatch.setitem(sys.modules, "holidays", None)
    refused = call("calendar", "propose", "2028", code=1).stderr
    assert "uv pip install --target .venv/holidays holidays" in refused


def test_the_real_package_knows_what_the_file_says_of_it() -> None:
    """Where it is at hand: every day of 2026 in the file is one the package knows."""
    pytest.importorskip("holidays", reason="the `holidays` package is not installed")
    rules = load_calendar(THAI)
    proposed = proposals(package(), 2026, rules)
    listed = {day for day in rules.dates_off if day.year == 2026}
    assert listed == {one.date for one in proposed if one.listed}
    assert listed == {one.date for one in proposed if one.of_offices}
