"""Writes the stand-in log as XES, with the oddities the real ones have."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.system.realistic.courses import COURSES, Course

ZONE = ZoneInfo("Europe/Amsterdam")
FIRST_DAY = datetime(2018, 2, 26, tzinfo=ZONE)
UNITS = 7
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0">\n'


def write_log(path: Path, copies: int = 1, courses: Sequence[Course] = COURSES) -> Path:
    """
    Write the log to *path*, gzipped; every course is walked *copies* times as often.

    Units, noise decimals in amounts, XES ids that repeat across claims, both offsets of a zone with
    summer time: as in the real logs.
    """
    claims = (
        (course, place)
        for course in courses
        for place in range(course.claims * copies)
    )  # fmt: skip
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        file.write(HEAD)
        for number, (course, place) in enumerate(claims, 1):
            file.write("".join(_trace(course, number, place)))
        file.write("</log>\n")
    return path


def _trace(course: Course, number: int, place: int) -> Iterator[str]:
    first = FIRST_DAY + timedelta(days=(number * 11) % 90)
    # Neighbours share a permit, and with it the ids of their events.
    permit = number // 3
    yield f'<trace><string key="concept:name" value="request for payment {1000 + number}"/>\n'
    for step, (days, clock, activity) in enumerate(course.steps):
        at = _local(first + timedelta(days=days), clock, place)
        yield "<event>"
        yield _text("concept:name", activity)
        yield _text("id", f"st_step {permit}_{step}")
        yield _text("(case)_OrganizationalEntity", f"organizational unit {number % UNITS}")
        yield _text("(case)_RequestedAmount", f"{number * 13.37:.13f}")
        yield f'<date key="time:timestamp" value="{at.isoformat(timespec="milliseconds")}"/>'
        yield "</event>\n"
    yield "</trace>\n"


def _local(day: datetime, clock: str, place: int) -> datetime:
    """That time of that day in the zone, some seconds apart for each claim of a course."""
    hours, minutes, seconds = map(int, clock.split(":"))
    return day.replace(hour=hours, minute=minutes, second=(seconds + place) % 60)


def _text(key: str, value: str) -> str:
    return f'<string key="{key}" value="{value}"/>'
