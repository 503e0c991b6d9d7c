"""A payee's totals, from counted rows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from contracts.instants import zone_of

from portal.model import GroupTotal, MonthTotal, PayeeCounts

GROUPS = (1, 2, 3, 4)
MONTHS = 12


def first_month(now: datetime, zone: str) -> datetime:
    """The beginning of the first of the last twelve months, this one included."""
    local = now.astimezone(zone_of(zone))
    at = local.year * 12 + local.month - MONTHS
    return local.replace(
        year=at // 12, month=at % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )


def counts(groups: Sequence[tuple[Any, ...]], months: Sequence[tuple[Any, ...]]) -> PayeeCounts:
    """
    The totals of rows (group or 0, currency, cases, net, needs me) and of rows (month, currency,
    came, paid, net).
    """
    cases = dict.fromkeys((0, *GROUPS), 0)
    nets: dict[int, dict[str, Decimal]] = {group: {} for group in (0, *GROUPS)}
    for group, currency, count, net, _ in groups:
        cases[group] = cases.get(group, 0) + count
        if net is not None:
            nets.setdefault(group, {})[currency] = net
    return PayeeCounts(
        groups={group: GroupTotal(cases[group], nets[group]) for group in GROUPS},
        outside=cases[0],
        needs_me=sum(row[4] for row in groups),
        months=_months(months),
    )


def _months(rows: Sequence[tuple[Any, ...]]) -> list[MonthTotal]:
    came: dict[str, int] = {}
    paid: dict[str, int] = {}
    nets: dict[str, dict[str, Decimal]] = {}
    for month, currency, came_in, went_out, net in rows:
        came[month] = came.get(month, 0) + came_in
        paid[month] = paid.get(month, 0) + went_out
        if net:
            nets.setdefault(month, {})[currency] = net
    return [MonthTotal(one, came[one], paid[one], nets.get(one, {})) for one in sorted(came)]
