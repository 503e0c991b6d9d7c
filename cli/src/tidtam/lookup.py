"""
From a number a person holds to the cases it leads to.

A number may be a case's short number, a joining reference (claim, receipt, ERP document), or a
case id; they are tried in this order. Redirects of absorbed cases are followed. The days come from
sla; a case is found and shown without it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chassis.shortnumber import NotANumber, WrongCheckDigit, parse

from tidtam.services import SLA, Service, has_sla, service
from tidtam.trouble import Trouble
from tidtam.whereabouts import Whereabouts

DAYS_SECONDS_MAX = 3.0
"""Longer than this nobody waits for the days of a case: it is shown without them."""

Reference = tuple[str, str, str, str]
"""scheme, issuer, scope, value"""


@dataclass(frozen=True, slots=True)
class Found:
    """The cases a number leads to, and the joining references of that value."""

    cases: list[dict[str, Any]]
    references: list[Reference] = field(default_factory=list)
    redirected_from: tuple[str, ...] = ()


class Desk:
    """Asks intake which cases, status how they stand, and sla (where it is) how many days."""

    def __init__(self, at: Whereabouts, with_days: bool = True) -> None:
        self.intake: Service = service("intake", at)
        self.status: Service = service("status", at)
        self._sla: Service | None = service(SLA, at) if with_days and has_sla(at) else None

    def find(self, said: str) -> Found:
        """
        Return the cases *said* leads to; none is an answer too. Raises `Trouble`.

        Each case has under `sla` what sla tells of it, None where that is not to be had.
        """
        found = self._find(said)
        return replace(found, cases=self._with_days(found.cases))

    def _find(self, said: str) -> Found:
        case_id = _short(said)
        if case_id is not None:
            cases, from_ = self.cases([case_id])
            if cases:
                return Found(cases, [], from_)
        told = self.intake.get("/ops/references", value=said)
        references = [_reference(row) for row in told["references"]]
        ids = [int(one) for one in told["cases"]]
        if not ids and _is_id(said):
            ids = [int(said)]
        cases, from_ = self.cases(ids)
        return Found(cases, references, from_)

    def _with_days(self, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The cases with their days; after one failure nobody waits for a second."""
        told = []
        for case in cases:
            try:
                days = self._days(case)
            except Trouble:
                self._sla, days = None, None
            told.append({**case, "sla": days})
        return told

    def _days(self, case: dict[str, Any]) -> dict[str, Any] | None:
        """What sla tells of a case; None where it has not heard yet what status tells."""
        if self._sla is None:
            return None
        told: dict[str, Any] | None = self._sla.maybe(
            f"/ops/cases/{case['case']}", timeout_seconds=DAYS_SECONDS_MAX
        )
        return None if told is None or told["status_version"] < case["version"] else told

    def cases(self, ids: Sequence[int]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
        """Return how the cases stand, and the short numbers of those that were redirected."""
        found: dict[str, dict[str, Any]] = {}
        redirected = list[str]()
        for case_id in ids:
            case = self.status.maybe(f"/ops/cases/{case_id}")
            while case is not None and case.get("redirect_to"):
                redirected.append(case["number"])
                case = self.status.maybe(f"/ops/cases/{case['redirect_to']}")
            if case is not None:
                found[case["case"]] = case
        return list(found.values()), tuple(redirected)

    def case_ids(self, said: str) -> list[int]:
        """Return the ids of the cases the joining number *said* leads to."""
        return [int(one) for one in self.intake.get("/ops/references", value=said)["cases"]]

    def waiting(self, said: str) -> list[dict[str, Any]]:
        """Return the unmatched facts that name the number *said*."""
        wanted = _comparable(said)
        rows = self.intake.get("/ops/unmatched")["unmatched"]
        return [row for row in rows if any(ref[3] == wanted for ref in row["references"])]

    def references(self, said: str) -> list[Reference]:
        """Return the joining references *said* means, of cases and of unmatched facts."""
        case_id = _short(said)
        if case_id is not None:
            cases, _ = self.cases([case_id])
            if cases:
                return [_reference(row) for row in cases[0]["joining"][:1]]
        known = {
            _reference(row) for row in self.intake.get("/ops/references", value=said)["references"]
        }
        for row in self.waiting(said):
            known |= {_reference(ref) for ref in row["references"] if ref[3] == _comparable(said)}
        return sorted(known)


def not_found(desk: Desk, said: str) -> Trouble:
    """Return what to tell when *said* leads to no case: why, and what to try."""
    waiting = desk.waiting(said)
    if waiting:
        facts = ", ".join(sorted({row["fact"] for row in waiting}))
        return Trouble(
            f"No case has the number {said} yet; it is known from facts that wait: {facts}.",
            "They join when a claim or receipt brings this number: `tidtam unmatched` lists them,",
            "`tidtam link` joins two numbers by hand.",
        )
    if _has_wrong_check_digit(said):
        return Trouble(
            f"{said} is no case number: a digit is wrong, or two are swapped.",
            "Read it again; case numbers look like 4821-7735-6.",
        )
    return Trouble(
        f"Nothing is known under {said}.",
        "Try a case number (4821-7735-6), a claim, receipt or ERP document number, or a case id.",
        "Just sent it? `tidtam rejects` lists what was refused.",
    )


def _reference(row: Sequence[str]) -> Reference:
    """A reference as the services tell it; the last four parts are the reference itself."""
    scheme, issuer, scope, value = row[-4:]
    return scheme, issuer, scope, value


def _short(said: str) -> int | None:
    try:
        return parse(said)
    except NotANumber:
        return None


def _has_wrong_check_digit(said: str) -> bool:
    try:
        parse(said)
    except WrongCheckDigit:
        return True
    except NotANumber:
        return False
    return False


def _is_id(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) <= 18


def _comparable(said: str) -> str:
    from contracts.normalise import reference_value

    return reference_value(said)
