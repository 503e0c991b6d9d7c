"""
The promises of this body, as figures name them: a clause over all versions of its agreement. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from contracts.agreement import Agreement, Clause
from contracts.process import Words


class Promise(NamedTuple):
    """
    One promise. `key` is `agreement#clause`, as figures have it.

    `target_percent` is the share to be met, None where none was agreed; `budget` counts days.
    """

    key: str
    title: Words
    party: str
    calendar: str
    budget: int | None
    target_percent: int | None


def promises_of(agreements: Iterable[Agreement]) -> list[Promise]:
    """All promises: those with a target first, else by name."""
    found = [
        promise_of(agreement, clause) for agreement in agreements for clause in agreement.clauses
    ]
    return sorted(found, key=lambda one: (one.target_percent is None, one.key))


def promise_of(agreement: Agreement, clause: Clause) -> Promise:
    """The promise that *clause* of *agreement* is."""
    return Promise(
        key=f"{agreement.name}#{clause.id}",
        title=clause.title,
        party=clause.party,
        calendar=agreement.calendar,
        budget=clause.budget,
        target_percent=clause.target_percent,
    )


def chosen(promises: Sequence[Promise], key: str) -> Promise | None:
    """The promise *key*, else the first; None where there is none at all."""
    named = next((one for one in promises if one.key == key), None)
    return named or (promises[0] if promises else None)
