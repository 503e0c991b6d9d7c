"""
Dates, times, numbers and money as people write them, in Thai and in English. Pure.

Thai has the Buddhist era, weekdays and "น."; English year-month-day. What is not known is written
as nothing, so a page may ask without looking first. A date or a sum is never broken over two lines:
spaces and hyphens in it do not break.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

BUDDHIST_ERA_YEARS = 543
NO_BREAK, NO_BREAK_HYPHEN = "\u00a0", "\u2011"
THAI = "th"
HOME_ZONE = "Asia/Bangkok"
Day = date | datetime | str | None
"""A date, an instant (aware, or RFC 3339 as text), a date as `2026-01-31`, or nothing."""

_DAYS_TH = ("จ.", "อ.", "พ.", "พฤ.", "ศ.", "ส.", "อา.")
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_DAYS_TH = ("จันทร์", "อังคาร", "พุธ", "พฤหัสบดี", "ศุกร์", "เสาร์", "อาทิตย์")
_LONG_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_TH = (
    "ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.",
    "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.",
)  # fmt: skip
_LONG_MONTHS_TH = (
    "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน",
    "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม",
)  # fmt: skip
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dates:
    """How to write them in one language, in one IANA zone, with *today* as the local date there."""

    language: str
    zone: str = HOME_ZONE
    today: date | None = None

    def local(self, value: Day) -> date | None:
        """The local date of *value*; None where it is no date."""
        if isinstance(value, str):
            value = _parsed(value)
        if isinstance(value, datetime):
            return self._there(value).date()
        return value

    def day(self, value: Day) -> str:
        """With weekday: `จ. 16 พ.ย. 2569`, `Mon 2026-11-16`."""
        on = self.local(value)
        if on is None:
            return ""
        if self.language != THAI:
            return _whole(_DAYS_EN[on.weekday()], on.isoformat().replace("-", NO_BREAK_HYPHEN))
        year = on.year + BUDDHIST_ERA_YEARS
        return _whole(_DAYS_TH[on.weekday()], self.short_day(on), str(year))

    def short_day(self, value: Day) -> str:
        """Day and month alone, where the year is plain: `16 พ.ย.`, `16 Nov`."""
        on = self.local(value)
        if on is None:
            return ""
        months = _MONTHS_TH if self.language == THAI else _MONTHS_EN
        return _whole(str(on.day), months[on.month - 1][: None if self.language == THAI else 3])

    def long_day(self, value: Day) -> str:
        """In full: `วันจันทร์ที่ 16 พฤศจิกายน 2569`, `Monday 16 November 2026`."""
        on = self.local(value)
        if on is None:
            return ""
        if self.language != THAI:
            weekday, month = _LONG_DAYS_EN[on.weekday()], _MONTHS_EN[on.month - 1]
            return f"{weekday} {on.day} {month} {on.year}"
        weekday, month = _LONG_DAYS_TH[on.weekday()], _LONG_MONTHS_TH[on.month - 1]
        return f"วัน{weekday}ที่ {on.day} {month} {on.year + BUDDHIST_ERA_YEARS}"

    def month(self, value: Day) -> str:
        """A month, also written `2026-01`: `พ.ย. 2569`, `Nov 2026`."""
        if isinstance(value, str) and len(value) == 7:
            value = f"{value}-01"
        on = self.local(value)
        if on is None:
            return ""
        if self.language == THAI:
            return _whole(_MONTHS_TH[on.month - 1], str(on.year + BUDDHIST_ERA_YEARS))
        return _whole(_MONTHS_EN[on.month - 1][:3], str(on.year))

    def time(self, value: datetime | str | None) -> str:
        """`14.05 น.`, `14:05`; empty for a mere date."""
        at = _parsed(value) if isinstance(value, str) else value
        if not isinstance(at, datetime):
            return ""
        there = self._there(at)
        if self.language == THAI:
            return _whole(f"{there.hour:02}.{there.minute:02}", "น.")
        return f"{there.hour:02}:{there.minute:02}"

    def moment(self, value: datetime | str | None) -> str:
        """Date and time."""
        return f"{self.day(value)} {self.time(value)}".strip()

    def near(self, value: Day) -> str:
        """A word for today, yesterday and tomorrow; empty for every other day."""
        on = self.local(value)
        if on is None or self.today is None:
            return ""
        thai = self.language == THAI
        words = {
            -1: "เมื่อวานนี้" if thai else "yesterday",
            0: "วันนี้" if thai else "today",
            1: "พรุ่งนี้" if thai else "tomorrow",
        }
        return words.get((on - self.today).days, "")

    def iso(self, value: Day) -> str:
        """For `<time datetime>`: the local date as `2026-01-31`."""
        on = self.local(value)
        return "" if on is None else on.isoformat()

    def money(self, value: str | Decimal | None, currency: str | None = "THB") -> str:
        """`12,480.00 บาท`, `THB 12,480.00`. Nothing is rounded. Empty where it is no number."""
        shown, of = self.amount(value), currency or ""
        if not shown:
            return ""
        if self.language != THAI:
            return _whole(of, shown).strip()
        return _whole(shown, "บาท" if of == "THB" else of).strip()

    def amount(self, value: str | Decimal | None) -> str:
        """The number of a sum alone, for columns whose head names the currency."""
        try:
            number = Decimal("" if value is None else value)
        except InvalidOperation:
            return ""
        if not number.is_finite():
            return ""
        exponent = number.as_tuple().exponent
        places = max(2, -exponent if isinstance(exponent, int) else 0)
        return f"{number:,.{places}f}"

    def number(self, value: int | None) -> str:
        """A whole number with separators."""
        return "" if value is None else f"{value:,}"

    def percent(self, value: float | Decimal | None, places: int = 1) -> str:
        """A share given in hundredths: `90.58` is written `90.6 %`."""
        return "" if value is None else _whole(f"{value:.{places}f}", "%")

    def _there(self, at: datetime) -> datetime:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(ZoneInfo(self.zone))


def _whole(*parts: str) -> str:
    return NO_BREAK.join(parts)


def _parsed(text: str) -> date | datetime | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def month_before(month: str, months: int = 1) -> str:
    """The month so many *months* before `2026-01`. Raises `ValueError` for no month."""
    first = date.fromisoformat(f"{month}-01")
    for _ in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    return f"{first:%Y-%m}"
