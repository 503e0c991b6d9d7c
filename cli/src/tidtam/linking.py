"""An officer's word on two numbers: they belong together, or they do not."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from tidtam.events_file import Item
from tidtam.lookup import Desk, Reference
from tidtam.publishing import Sent, send_http
from tidtam.trouble import Trouble
from tidtam.whereabouts import Whereabouts

SETTLE_SECONDS_MAX = 10.0
POLL_SECONDS = 0.1
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two numbers: what it is, and the cases it stands on now."""

    reference: Reference
    cases: list[dict[str, Any]]

    @property
    def numbers(self) -> set[str]:
        """The short numbers of its cases."""
        return {case["number"] for case in self.cases}


def side(desk: Desk, said: str) -> Side:
    """
    Return what *said* means: a number, or `scheme:number`, `issuer:number`, `scheme:issuer:number`.

    Raises `Trouble` where it means nothing, or more than one thing.
    """
    *narrower, value = said.split(":")
    found = [one for one in desk.references(value) if set(narrower) <= set(one[:3])]
    if not found:
        raise Trouble(
            f"No joining number {said} is known.",
            "Claim, receipt and ERP document numbers join; `tidtam unmatched` lists waiting ones.",
        )
    if len(found) > 1:
        names = [f"  {scheme}:{issuer}:{value}" for scheme, issuer, _, value in found]
        raise Trouble(f"{said} means several numbers. Say which:", *names)
    (reference,) = found
    cases = [case for case in desk.find(reference[3]).cases if list(reference) in case["joining"]]
    return Side(reference, cases)


def decide(
    fact: str, sides: tuple[Side, Side], reason: str, officer: str, at: Whereabouts, process: str
) -> Sent:
    """Say *fact* (`linked` or `unlinked`) about two numbers as *officer*. Raises `Trouble`."""
    # The decision stands on the timeline of the first number's case: one with a case comes first.
    first_known = sorted(sides, key=lambda one: not one.cases)
    event = {
        "specversion": "1.0",
        "id": f"{fact}-{uuid.uuid4()}",
        "source": officer,
        "type": f"tidtam.{process}.{fact}",
        "time": at.now().astimezone(at.zone).isoformat(timespec="milliseconds"),
        "data": {
            "link": [_ref(one.reference) for one in first_known],
            "reason": _reason(fact, reason),
        },
    }
    item = Item(1, json.dumps(event, ensure_ascii=False).encode(), event)
    (sent,) = send_http([item], officer, "", at, lambda _: None)
    if sent.verdict != "accepted":
        told = [
            f"  {found['pointer']}  {found['rule']}: {found['remedy']}" for found in sent.findings
        ]
        raise Trouble(f"The decision was {sent.verdict}.", *told)
    return sent


def settled(desk: Desk, sides: tuple[Side, Side], sent: Sent) -> tuple[Side, Side]:
    """Return both numbers as they stand once the decision has its place, or after ten seconds."""
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while True:
        first, second = _again(desk, sides)
        cases = [*first.cases, *second.cases]
        told = {entry["id"] for case in cases for entry in case["timeline"]}
        # A decision whose first number has no case waits with that number.
        told |= {row["id"] for row in desk.waiting(first.reference[3])}
        if sent.item.name in told or time.monotonic() > deadline:
            return first, second
        time.sleep(POLL_SECONDS)


def _again(desk: Desk, sides: tuple[Side, Side]) -> tuple[Side, Side]:
    """Both numbers by one look at each case: two looks could see two moments."""
    ids = {case_id for one in sides for case_id in desk.case_ids(one.reference[3])}
    cases, _ = desk.cases(sorted(ids))
    first, second = (
        Side(one.reference, [case for case in cases if list(one.reference) in case["joining"]])
        for one in sides
    )
    return first, second


def _ref(reference: Reference) -> dict[str, str]:
    scheme, issuer, scope, value = reference
    told = {"scheme": scheme, "issuer": issuer, "value": value}
    return {**told, "scope": scope} if scope else told


def _reason(fact: str, said: str) -> dict[str, str]:
    """A reason the process knows goes by its code; any other text is kept as such."""
    from tidtam.rules_files import processes

    for process in processes().values():
        if said in process.reasons.get(fact, {}):
            return {"code": said}
    return {"code": OTHER, "text": said}
