"""Which cases a clause is about and which version of an agreement holds, told a second time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from contracts.agreement import Agreement, When


def concerns(when: When, fields: Mapping[str, object]) -> bool:
    """Is a case with these *fields* among those the clause is about?"""
    asked = (
        (when.kinds, fields.get("kind")),
        (when.funds, fields.get("fund")),
        (when.priorities, fields.get("priority")),
        (when.units, fields.get("unit")),
    )
    if any(wanted and value not in wanted for wanted, value in asked):
        return False
    if when.amount_min is None and when.amount_max is None:
        return True
    if fields.get("amount") is None or fields.get("currency") != when.currency:
        return False
    amount = Decimal(str(fields["amount"]))
    above = when.amount_min is None or amount >= Decimal(when.amount_min)
    return above and (when.amount_max is None or amount <= Decimal(when.amount_max))


def is_in_force(agreement: Agreement, on: date) -> bool:
    """Does this version of the agreement hold on that date?"""
    begun = agreement.valid_from <= on
    return begun and (agreement.valid_until is None or on <= agreement.valid_until)
