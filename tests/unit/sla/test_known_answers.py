"""The two real logs, judged as of their ends: the ledger and the verdicts known of them."""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import ceil

import pytest
from chassis.workdays import Calendar
from sla.decide import judge
from sla.model import Clock, Judgement, LocalCalendar

from tests.unit.sla.logs import log
from tests.unit.sla.saying import COUNTED, STAGES, agreement, clause

AMSTERDAM = LocalCalendar(Calendar(), "Europe/Amsterdam")
PROMISE = agreement(clause(), clause(id="everyone", party="everyone", starts_on=COUNTED))
LOGS = ("RequestForPayment", "PrepaidTravelCost")


@cache
def judged(name: str) -> tuple[Judgement, ...]:
    """All cases of a log, as of the end of its run; no source is waited for."""
    told = log(name)
    given = (STAGES, [PROMISE], {"weekends": AMSTERDAM}, ())
    return tuple(judge(history, *given, told.ends_us) for history in told.histories)


def clocks(name: str, clause_id: str) -> list[Clock]:
    """Every clock of one clause."""
    named = f"promise@1#{clause_id}"
    return [one for told in judged(name) for one in told.clocks if one.clause == named]


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("RequestForPayment", {"unit": 38088, "finance": 32977, "nobody": 3396}),
        ("PrepaidTravelCost", {"unit": 6623, "finance": 8531, "nobody": 420}),
    ],
)
def test_the_ledger_of_a_log(name: str, days: dict[str, int]) -> None:
    """The working days of each party."""
    sums: Counter[str] = Counter()
    for told in judged(name):
        sums.update(told.ledger.by_party)
    assert days == sums


@pytest.mark.parametrize("name", LOGS)
def test_no_day_of_a_log_is_lost_or_charged_twice(name: str) -> None:
    """On every case the parts sum to the whole."""
    for told in judged(name):
        ledger = told.ledger
        assert ledger.total == sum(ledger.by_party.values()) == len(ledger.days)


@pytest.mark.parametrize(
    ("name", "clause_id", "states", "met_percent"),
    [
        ("RequestForPayment", "finance",
         {"met": 5604, "missed": 583, "open": 40, "breached": 11}, 90.58),
        ("PrepaidTravelCost", "finance", {"met": 1778, "missed": 131, "open": 2}, 93.14),
        ("RequestForPayment", "everyone",
         {"met": 4641, "missed": 1546, "void": 448, "breached": 53}, 75.01),
        ("PrepaidTravelCost", "everyone",
         {"met": 1492, "missed": 417, "void": 74, "breached": 3}, 78.16),
    ],
)  # fmt: skip
def test_the_verdicts_of_a_log(
    name: str, clause_id: str, states: dict[str, int], met_percent: float
) -> None:
    """How the clocks of each clause stand, and the share met of those that ended."""
    counted = Counter(one.state.value for one in clocks(name, clause_id))
    assert states == counted
    assert met_percent == round(100 * counted["met"] / (counted["met"] + counted["missed"]), 2)


@pytest.mark.parametrize(
    ("name", "percentiles"),
    [("RequestForPayment", (4, 7, 12)), ("PrepaidTravelCost", (3, 7, 11))],
)
def test_the_percentiles_of_finances_days(name: str, percentiles: tuple[int, int, int]) -> None:
    """P50, P85 and P95 of the days charged to finance, by nearest rank."""
    charged = sorted(one.charged for one in clocks(name, "finance") if one.stopped_us is not None)
    ranks = (ceil(len(charged) * percent / 100) for percent in (50, 85, 95))
    assert percentiles == tuple(charged[rank - 1] for rank in ranks)


@pytest.mark.parametrize(
    ("name", "percent"), [("RequestForPayment", 76.05), ("PrepaidTravelCost", 78.99)]
)
def test_the_parties_own_days_alone(name: str, percent: float) -> None:
    """Without the days of nobody somewhat more is within nine days."""
    own = [
        told.ledger.total - told.ledger.by_party.get("nobody", 0)
        for told in judged(name)
        if any(one.stopped_us is not None for one in told.clocks)
    ]
    assert percent == round(100 * sum(days <= 9 for days in own) / len(own), 2)


@pytest.mark.parametrize(("name", "count"), [("RequestForPayment", 34), ("PrepaidTravelCost", 9)])
def test_void_clocks_keep_their_breaches(name: str, count: int) -> None:
    """Some claims were past their budget before they were taken back, and it stays written."""
    void = [one for one in clocks(name, "everyone") if one.state == "void"]
    assert count == sum(one.breached_us is not None for one in void)
