"""Dates, times and money as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from portal.dates import Dates, month_before

TH, EN = Dates("th", today=date(2026, 11, 16)), Dates("en", today=date(2026, 11, 16))
LATE = datetime(2026, 11, 15, 18, 5, tzinfo=UTC)
"""Five past one in the night of Monday in Bangkok."""


def plain(text: str) -> str:
    """*text* with spaces and hyphens that break."""
    return text.replace("\u00a0", " ").replace("\u2011", "-")


@pytest.mark.parametrize(
    ("said", "thai", "english"),
    [
        (TH.day(LATE), "จ. 16 พ.ย. 2569", ""),
        (EN.day(LATE), "", "Mon 2026-11-16"),
        (TH.day("2026-11-26"), "พฤ. 26 พ.ย. 2569", ""),
        (TH.short_day("2026-11-24"), "24 พ.ย.", ""),
        (EN.short_day("2026-11-24"), "", "24 Nov"),
        (TH.long_day(LATE), "วันจันทร์ที่ 16 พฤศจิกายน 2569", ""),
        (EN.long_day(LATE), "", "Monday 16 November 2026"),
        (TH.month("2026-11"), "พ.ย. 2569", ""),
        (EN.month("2026-11"), "", "Nov 2026"),
        (TH.time(LATE), "01.05 น.", ""),
        (EN.time(LATE), "", "01:05"),
        (TH.moment("2026-11-15T18:05:00.000000Z"), "จ. 16 พ.ย. 2569 01.05 น.", ""),
        (TH.near("2026-11-17"), "พรุ่งนี้", ""),
        (EN.near(LATE), "", "today"),
        (TH.near("2026-11-18"), "", ""),
        (TH.money("12480"), "12,480.00 บาท", ""),
        (EN.money("12480.5", "EUR"), "", "EUR 12,480.50"),
        (TH.money("-0.005", "THB"), "-0.005 บาท", ""),
        (TH.percent(90.58), "90.6 %", ""),
    ],
)
def test_as_people_write_them(said: str, thai: str, english: str) -> None:
    """Weekday and Buddhist year in Thai, year-month-day in English; times with น."""
    assert thai + english == plain(said)


@pytest.mark.parametrize("value", [None, "", "soon", "2026-13-01"])
def test_what_is_not_known_is_written_as_nothing(value: str | None) -> None:
    """A page may ask without looking first."""
    assert ("", "", "", "") == (TH.day(value), EN.short_day(value), TH.time(value), TH.iso(value))


@pytest.mark.parametrize("value", [None, "", "NaN", "Infinity", "12,0"])
def test_no_sum_is_no_sum(value: str | None) -> None:
    """What is no number is not shown as one."""
    assert "" == TH.money(value)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2400, 1, 1)))
def test_a_date_is_written_in_one_piece(on: date) -> None:
    """No date is broken over two lines, and both languages say the same day."""
    assert " " not in TH.day(on) + EN.day(on)
    assert str(on.year + 543) in TH.day(on)
    assert on.isoformat() in plain(EN.day(on))


def test_months_before() -> None:
    """A year ago and the month before are months, over the turn of the year."""
    assert ("2025-12", "2025-01") == (month_before("2026-01"), month_before("2026-01", 12))
