"""
What happens to a claim of the year.

Most go straight through; some come back, are taken back, wait, are paid in parts, or bounce. The
shares are invented, and so chosen that finance pays about 85 of 100 within 9 of its working days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random

from tidtam.generating.claim import Clerk
from tidtam.generating.courses import RETURN_REASONS
from tidtam.generating.seasons import busy

DRAFTED = 0.35
"""Not every unit's system tells of drafts."""
SECOND_SIGNATURE = 0.3
WITHDRAWN, SENT_AGAIN = 0.04, 0.6
RETURNED, RETURNED_TWICE = 0.10, 0.15
CANCELLED = 0.008
DELAYED = 0.025
IN_PARTS = 0.15
BOUNCED = 0.007
"""Of the transfers, not of the claims."""
DAYS_MEDIAN, DAYS_SPREAD, DAYS_MAX = 4.5, 0.62, 60
"""Working days of finance for one claim: a log-normal, as those of real finance offices are."""
URGENT_FACTOR = 0.5
FEW_DAYS = (1, 1, 1, 2, 2, 3)
UNIT_DAYS = (1, 1, 2, 2, 3, 5, 8)
REPAIR_DAYS = (1, 2, 2, 3, 3, 4, 6)
WITHDRAWAL_REASONS = ("wrong-claim", "duplicate", "no-longer-needed")
DELAY_REASONS = ("awaiting-budget", "awaiting-papers", "awaiting-approval")
BOUNCE_REASONS: Mapping[str, float] = {
    "wrong-account": 6, "account-closed": 2, "bank-error": 1, "limit-exceeded": 1,
}  # fmt: skip


def walk(clerk: Clerk, day: date) -> None:
    """Say all that happens to a claim that is handed in on *day*."""
    random, later = clerk.random, clerk.days.later
    day = _hand_in(clerk, day)
    if random.random() < WITHDRAWN:
        day = later(day, random.choice(FEW_DAYS))
        clerk.unit("withdrawn", day, reason={"code": random.choice(WITHDRAWAL_REASONS)})
        if random.random() >= SENT_AGAIN:
            return
        day = later(day, random.choice(UNIT_DAYS))
        clerk.submit("submitted", day)
    day = later(day, random.choice(FEW_DAYS))
    clerk.receive(day)
    left = finance_days(random, day, clerk.claim.priority == "urgent")
    day, left = _come_back(clerk, day, left)
    if random.random() < CANCELLED:
        clerk.desk("cancelled", later(day, 1), reason={"code": "wrong-claim"})
        return
    if random.random() < DELAYED:
        clerk.desk("delayed", later(day, 1), reason={"code": random.choice(DELAY_REASONS)})
        left += random.randint(3, 12)
    clerk.process(later(day, left // 2))
    _pay(clerk, later(day, left), later(day, left // 2))


def finance_days(random: Random, received: date, urgent: bool) -> int:
    """Return how many working days finance takes for a claim that it received on that day."""
    median = DAYS_MEDIAN * busy(received) * (URGENT_FACTOR if urgent else 1.0)
    days = median * random.lognormvariate(0.0, DAYS_SPREAD)
    return min(DAYS_MAX, max(1, round(days)))


def _hand_in(clerk: Clerk, day: date) -> date:
    """Submit and approve, with or without a draft before; return the day of the last approval."""
    random, later = clerk.random, clerk.days.later
    if random.random() < DRAFTED:
        clerk.submit("drafted", day, random.randint(515, 600))
        day = later(day, random.choice((0, 0, 1)))
    clerk.submit("submitted", day, random.randint(605, 720))
    day = later(day, random.choice((0, 1, 1)))
    clerk.unit("approved", day, random.randint(785, 880), step="head")
    if random.random() < SECOND_SIGNATURE:
        day = later(day, random.choice((0, 1, 2)))
        clerk.unit("approved", day, random.randint(885, 985), step="director")
    return day


def _come_back(clerk: Clerk, day: date, left: int) -> tuple[date, int]:
    """
    Let finance send some papers back, of those some once more.

    Returns the day finance received them last, and the working days finance has yet to take.
    """
    random, later, share = clerk.random, clerk.days.later, RETURNED
    while random.random() < share:
        looked = min(random.choice(FEW_DAYS), left)
        day, left, share = later(day, looked), max(1, left - looked), RETURNED_TWICE
        code = random.choice(sorted(RETURN_REASONS))
        papers = list(RETURN_REASONS[code])
        clerk.desk("returned", day, reason={"code": code, **({"papers": papers} if papers else {})})
        day = later(day, random.choice(UNIT_DAYS))
        clerk.submit("submitted", day)
        day = later(day, random.choice(FEW_DAYS))
        clerk.receive(day)
    return day, left


def _pay(clerk: Clerk, day: date, document: date) -> None:
    """Pay all lines by *day*: most claims at once, some of those with many lines in two parts."""
    random = clerk.random
    lines = [line["id"] for line in clerk.claim.lines]
    before = clerk.days.later(day, -1)
    if len(lines) > 1 and before > document and random.random() < IN_PARTS:
        cut = random.randint(1, len(lines) - 1)
        _transfer(clerk, before, lines[:cut], whole=False)
        _transfer(clerk, day, lines[cut:], whole=False)
    else:
        _transfer(clerk, day, lines, whole=True)


def _transfer(clerk: Clerk, day: date, lines: Sequence[str], whole: bool) -> None:
    """Send the money of *lines*; the next morning the bank says what arrived and what did not."""
    random, later = clerk.random, clerk.days.later
    clerk.transfer(day, () if whole else tuple(lines))
    back = [line for line in lines if random.random() < BOUNCED]
    arrived = [line for line in lines if line not in back]
    morning = later(day, 1)
    if arrived:
        named = {} if whole and not back else {"lines": _named(arrived)}
        clerk.bank("credited", morning, day, **named)
    if back:
        code = random.choices(list(BOUNCE_REASONS), list(BOUNCE_REASONS.values()))[0]
        clerk.bank("bounced", morning, day, lines=_named(back), reason={"code": code})
        again = later(morning, random.choice(REPAIR_DAYS))
        clerk.transfer(again, tuple(back))
        clerk.bank("credited", later(again, 1), again, lines=_named(back))


def _named(lines: Sequence[str]) -> list[dict[str, str]]:
    return [{"id": line} for line in lines]
