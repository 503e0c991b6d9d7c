"""
The seasons of a year: when claims are handed in, which kinds, and how busy finance is.

The budget year ends on 30 September: what is left of it is spent in its last weeks, and little can
be paid in the first weeks of October. Semesters begin in August and January, with scholarships, and
end in December and May, with pay for teaching and examining. Pay and bills come at month ends.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date

from tidtam.generating import faculty

OF_MONTH: Mapping[int, float] = {
    1: 0.95, 2: 1.0, 3: 1.1, 4: 0.8, 5: 0.9, 6: 1.0,
    7: 1.05, 8: 1.25, 9: 1.6, 10: 0.6, 11: 0.9, 12: 1.0,
}  # fmt: skip
"""How many claims a working day of a month brings, beside June's."""

OF_FINANCE: Mapping[int, float] = {3: 1.05, 8: 1.1, 9: 1.3, 10: 1.2, 12: 1.05}
"""How much longer finance takes for what it receives in a month; 1 in the others."""

MONTH_END_DAYS, MONTH_END = 5, 1.5
YEAR_END_MONTH, YEAR_END_FIRST_DAY, YEAR_END = 9, 15, 1.3
SEMESTER_STARTS, SEMESTER_ENDS, SEMESTER_DAYS = (8, 1), (12, 5), 21


def weight(day: date) -> float:
    """Return how many claims are handed in on a working day, beside an ordinary day of June."""
    many = OF_MONTH[day.month]
    if monthrange(day.year, day.month)[1] - day.day < MONTH_END_DAYS:
        many *= MONTH_END
    if day.month == YEAR_END_MONTH and day.day >= YEAR_END_FIRST_DAY:
        many *= YEAR_END
    return many


def kinds(day: date) -> Mapping[str, float]:
    """Return how often each kind of claim is handed in on *day*."""
    many = dict[str, float](faculty.WEIGHTS)
    if day.month in SEMESTER_STARTS and day.day <= SEMESTER_DAYS:
        many["scholarship"] *= 4
    if day.month in SEMESTER_ENDS and day.day > SEMESTER_DAYS:
        many["compensation"] *= 2
    if monthrange(day.year, day.month)[1] - day.day < MONTH_END_DAYS:
        many["compensation"] *= 1.5
        many["utilities"] *= 3
    if day.month == YEAR_END_MONTH:
        many["purchase"] *= 1.5
    return many


def busy(day: date) -> float:
    """Return how much longer than usual finance takes for what it receives on *day*."""
    return OF_FINANCE.get(day.month, 1.0)
