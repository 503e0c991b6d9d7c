"""What a payee's own lines of a case say together. Pure: what everybody's list is computed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from portal import search
from portal.model import Standing

CANCELLED = "cancelled"


class OwnLines(NamedTuple):
    """The lines of one payee in one case: the columns of `case_payee`, in the order of saving."""

    payee_id: str
    case_id: int
    standing: Standing
    net: Decimal | None
    paid_on: date | None
    lines: int
    alone: bool


def by_payee(case_id: int, lines: Iterable[Mapping[str, Any]]) -> list[OwnLines]:
    """One row for each payee of the *lines* of a case (plain JSON), by payee id."""
    shares: dict[str | None, list[Mapping[str, Any]]] = {}
    for line in lines:
        shares.setdefault(line.get("payee"), []).append(line)
    return [
        OwnLines(
            payee_id=payee_id,
            case_id=case_id,
            standing=standing_of([line["state"] for line in mine]),
            net=_net(mine),
            paid_on=_paid_on(mine),
            lines=len(mine),
            alone=len(shares) == 1,
        )
        for payee_id, mine in sorted(shares.items(), key=lambda share: share[0] or "")
        if payee_id is not None
    ]


def standing_of(states: Sequence[str]) -> Standing:
    """
    How lines in these *states* stand together: what came back comes first, then what is open.

    A payee who was paid one line and lost another to a cancellation was paid.
    """
    if "bounced" in states:
        return Standing.BOUNCED
    if "open" in states:
        return Standing.WAITS
    return Standing.PAID if "transferred" in states else Standing.CANCELLED


def net_of(line: Mapping[str, Any]) -> Decimal | None:
    """What the payee gets of one line: its net, else its gross without the deductions it names."""
    if line.get("net") is not None:
        return Decimal(line["net"])
    if line.get("gross") is None:
        return None
    deducted = (Decimal(one.get("amount") or "0") for one in line.get("deductions") or ())
    return Decimal(line["gross"]) - sum(deducted, Decimal(0))


def words_of(lines: Iterable[Mapping[str, Any]], payee_id: str) -> tuple[str, list[str]]:
    """What the payee's own lines are found by: invoice, number of the line, transfer reference."""
    texts: list[str | None] = []
    for line in lines:
        if line.get("payee") == payee_id:
            texts += [line.get("invoice"), line.get("id")]
            texts += [transfer.get("reference") for transfer in line.get("transfers") or ()]
    return search.index(texts)


def _net(lines: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """The sum of what is not cancelled; of a payee whose lines are all cancelled, of all."""
    kept = [line for line in lines if line["state"] != CANCELLED] or lines
    known = [net for line in kept if (net := net_of(line)) is not None]
    return sum(known, Decimal(0)) if known else None


def _paid_on(lines: Sequence[Mapping[str, Any]]) -> date | None:
    """The day of the last transfer that was not returned: the date it names, else its own."""
    sent = [
        transfer
        for line in lines
        if line["state"] == "transferred"
        for transfer in line.get("transfers") or ()
        if not transfer["returned"]
    ]
    return max((_day(transfer) for transfer in sent), default=None)


def _day(transfer: Mapping[str, Any]) -> date:
    if transfer.get("date"):
        return date.fromisoformat(transfer["date"][:10])
    return datetime.fromisoformat(transfer["at"]).date()
