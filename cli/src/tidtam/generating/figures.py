"""What a generated year comes to: how many claims, lines and events, and how many of them late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from chassis.workdays import Calendar, workdays_between

from tidtam.generating.claim import Claim, Said

BUDGET_DAYS = 9
"""Working days of finance in which it promises to pay."""

GIVES_BACK = ("returned", "cancelled")


class Outcome(NamedTuple):
    """
    How a claim stands at the end, and how many working days finance has had it.

    `days` are counted up to its payment, and only once it is paid.
    """

    paid: bool
    days: int | None
    facts: Counter[str]


@dataclass(slots=True)
class Figures:
    """Counts of a year. `late`: paid claims that finance had for more than its working days."""

    claims: int = 0
    lines: int = 0
    events: int = 0
    returned: int = 0
    withdrawn: int = 0
    bounced: int = 0
    paid: int = 0
    late: int = 0
    facts: Counter[str] = field(default_factory=Counter)

    def take(self, claim: Claim, outcome: Outcome) -> None:
        """Count one claim; `bounced` counts transfers."""
        self.claims += 1
        self.lines += len(claim.lines)
        self.returned += outcome.facts["returned"] > 0
        self.withdrawn += outcome.facts["withdrawn"] > 0
        self.bounced += outcome.facts["bounced"]
        self.paid += outcome.paid
        self.late += outcome.days is not None and outcome.days > BUDGET_DAYS

    @property
    def in_time_percent(self) -> float:
        """How many of 100 paid claims finance paid within its working days."""
        return 100 * (self.paid - self.late) / self.paid if self.paid else 100.0

    def told(self) -> dict[str, Any]:
        """Return them for JSON."""
        return {
            "claims": self.claims,
            "lines": self.lines,
            "events": self.events,
            "returned": self.returned,
            "withdrawn": self.withdrawn,
            "bounced": self.bounced,
            "paid": self.paid,
            "late": self.late,
            "in_time_percent": round(self.in_time_percent, 2),
            "facts": dict(sorted(self.facts.items())),
        }


def outcome_of(claim: Claim, said: Sequence[Said], calendar: Calendar) -> Outcome:
    """
    Follow *said*, what is told of *claim* in the order it happened.

    A day is finance's where finance had the claim after all that was dated before that day: so the
    day of a receipt is free, and that of a return or a payment counts.
    """
    unpaid = {line["id"] for line in claim.lines}
    since: date | None = None
    days = 0
    for one in said:
        fact = fact_of(one.event)
        if fact == "received":
            since = one.at.date()
        elif fact == "transferred":
            unpaid -= {line["id"] for line in one.event["data"].get("lines", ())} or unpaid
        if since is not None and (fact in GIVES_BACK or not unpaid):
            days += workdays_between(calendar, since, one.at.date())
            since = None
        if not unpaid:
            break
    facts = Counter(fact_of(one.event) for one in said)
    return Outcome(not unpaid, None if unpaid else days, facts)


def fact_of(event: Mapping[str, Any]) -> str:
    """Return the fact that an event says."""
    return str(event["type"].rpartition(".")[2])
