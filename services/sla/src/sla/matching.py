"""
Matching: which cases a clause is about. Pure. Rule: docs/architecture/sla.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from contracts.agreement import When


def applies(when: When, fields: Mapping[str, Any]) -> bool:
    """
    Is a clause with *when* about a case with these *fields*?

    What the case has not said matches only where any value does: a clause for one fund is not
    about a case whose fund nobody knows.
    """
    return (
        (not when.kinds or fields.get("kind") in when.kinds)
        and (not when.funds or fields.get("fund") in when.funds)
        and (not when.priorities or fields.get("priority") in when.priorities)
        and (not when.units or fields.get("unit") in when.units)
        and _amount_fits(when, fields)
    )


def _amount_fits(when: When, fields: Mapping[str, Any]) -> bool:
    if when.currency is not None and fields.get("currency") != when.currency:
        return False
    if when.amount_min is None and when.amount_max is None:
        return True
    said = fields.get("amount")
    if said is None:
        return False
    amount = _decimal(said)
    above = when.amount_min is None or amount >= _decimal(when.amount_min)
    return above and (when.amount_max is None or amount <= _decimal(when.amount_max))


@lru_cache(maxsize=4096)
def _decimal(text: str) -> Decimal:
    return Decimal(text)
