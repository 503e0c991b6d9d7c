"""Dates, times and money as people write them, in Thai and in English. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from notify.rulebook import local_moment

BUDDHIST_ERA_YEARS = 543
THAI = "th"
_DAYS_TH = ("จ.", "อ.", "พ.", "พฤ.", "ศ.", "ส.", "อา.")
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_TH = (
    "ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.",
    "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.",
)  # fmt: skip


def day(on: date, language: str) -> str:
    """*on* with its weekday: the Buddhist year in Thai, year-month-day in English."""
    if language == THAI:
        month, year = _MONTHS_TH[on.month - 1], on.year + BUDDHIST_ERA_YEARS
        return f"{_DAYS_TH[on.weekday()]} {on.day} {month} {year}"
    return f"{_DAYS_EN[on.weekday()]} {on.isoformat()}"


def written_day(iso: str | None, language: str) -> str:
    """The date written `2026-01-31`, as people write it; empty where there is none."""
    if not iso:
        return ""
    try:
        return day(date.fromisoformat(iso[:10]), language)
    except ValueError:
        return ""


def local_day(instant_us: int | None, zone: str, language: str) -> str:
    """The date of *instant_us* in *zone*; empty where it is not known."""
    return "" if instant_us is None else day(local_moment(instant_us, zone).date(), language)


def local_time(instant_us: int, zone: str, language: str) -> str:
    """Date and time of *instant_us* in *zone*."""
    at = local_moment(instant_us, zone)
    hour = f"{at.hour:02}.{at.minute:02} น." if language == THAI else f"{at.hour:02}:{at.minute:02}"
    return f"{day(at.date(), language)} {hour}"


def money(value: str | None, currency: str, decimals: int, language: str) -> str:
    """
    The decimal text *value* with separators and its currency: `12,480.00 บาท`, `THB 12,480.00`.

    Digits beyond *decimals* stay: nothing is rounded in a letter. Empty where it is no number.
    """
    try:
        number = Decimal(value or "")
    except InvalidOperation:
        return ""
    exponent = number.as_tuple().exponent
    places = max(decimals, -exponent if isinstance(exponent, int) else 0)
    shown = f"{number:,.{places}f}"
    if language != THAI:
        return f"{currency} {shown}".strip()
    return f"{shown} {'บาท' if currency == 'THB' else currency}".strip()
