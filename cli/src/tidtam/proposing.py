"""
Days off a calendar may lack, as the `holidays` package knows them: a proposal, never a rule.

The package is no part of the locked environment: it is asked once a year, by one person, and is
told in how to get it. What it says becomes a rule only when somebody has put in who decided it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.calendar import CalendarRules

from tidtam.trouble import Trouble

COUNTRY = "TH"
CATEGORIES = ("public", "government")
FOLDER = ".venv/holidays"

NOT_OF_OFFICES = ("วันเด็กแห่งชาติ", "วันแรงงานแห่งชาติ")
"""Children's Day and Labour Day: on them, and in lieu of them, Thai government offices work."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """
    A day off the package knows.

    `listed`: the calendar has it already. `of_offices`: government offices are closed on it.
    """

    date: date
    thai: str
    english: str
    listed: bool
    of_offices: bool


def package() -> Any:
    """Return the `holidays` package. Raises `Trouble` saying how to get it."""
    try:
        return importlib.import_module("holidays")
    except ImportError:
        raise Trouble(
            "The `holidays` package is not installed; only this command needs it.",
            f"Get it into a folder of its own: .venv/bin/uv pip install --target {FOLDER} holidays",
            f"Then: PYTHONPATH={FOLDER} .venv/bin/tidtam calendar propose YEAR",
        ) from None


def proposals(known: Any, year: int, calendar: CalendarRules) -> list[Proposed]:
    """Return the days off that the package *known* has for *year*, by date."""
    thai, english = (_names(known, year, language) for language in ("th", "en_US"))
    return [
        Proposed(
            day,
            name,
            english.get(day, name),
            day in calendar.dates_off,
            not any(one in name for one in NOT_OF_OFFICES),
        )
        for day, name in sorted(thai.items())
    ]


def unknown_to(proposed: Iterable[Proposed], year: int, calendar: CalendarRules) -> list[date]:
    """Return the calendar's own days off in *year* that the package does not know."""
    known = {one.date for one in proposed}
    return sorted(day for day in calendar.dates_off if day.year == year and day not in known)


def as_yaml(proposed: Iterable[Proposed], version: str) -> Iterator[str]:
    """
    Yield lines to paste under `days_off`: those not listed yet.

    `decided_on` stays empty on purpose: the file is refused until somebody has filled it.
    """
    for one in proposed:
        if one.listed:
            continue
        if not one.of_offices:
            yield f"  # {one.date}: {one.thai}, {one.english}: no holiday of government offices"
            continue
        yield f"  - date: {one.date}"
        yield f"    name: {{th: {_quoted(one.thai)}, en: {_quoted(one.english)}}}"
        yield f"    source: # who declared it; proposed by the holidays package {version}"
        yield "    decided_on: # the date of that decision"


def _names(known: Any, year: int, language: str) -> dict[date, str]:
    asked = {"years": year, "categories": CATEGORIES, "language": language}
    found = known.country_holidays(COUNTRY, **asked)
    return {day: " ".join(str(name).split()) for day, name in found.items() if day.year == year}


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
