"""
Playing the demo: rules, sources, a generated month, and waiting until its cases stand as they must.

Playing it twice changes nothing: rules, sources and events are the same ones again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

from tidtam.events_file import Item
from tidtam.generating.month import Month
from tidtam.lookup import Desk
from tidtam.trouble import Trouble

WAIT_SECONDS_MAX = 90.0
STAND_SECONDS_MAX = 20.0
POLL_SECONDS = 0.1
SIGN_IN = ("bounced", "part-paid")
"""Whose payees a newcomer may be: one who must act, and one who waits beside others."""


def items(month: Month) -> list[Item]:
    """Return the month's events as they are published."""
    return [
        Item(line, json.dumps(event, ensure_ascii=False).encode(), event, slug)
        for line, (slug, event) in enumerate(month.sent, 1)
    ]


def taken(desk: Desk) -> int:
    """Return how many events intake has answered for, whatever the answer was."""
    totals = desk.intake.get("/ops/totals")
    return int(totals["accepted"] + totals["resent"] + totals["rejected"])


def settle(desk: Desk, month: Month, before: int) -> Iterator[int]:
    """
    Yield how many of the month's events intake has taken, until all cases stand as they must.

    *before* is `taken` before they were published. Played again after somebody changed cases by
    hand, these never stand as they must: then a while is enough. Raises `Trouble`.
    """
    begun, told = time.monotonic(), False
    while not told or time.monotonic() - begun < STAND_SECONDS_MAX:
        done = taken(desk) - before
        yield min(done, len(month.sent))
        told = done >= len(month.sent) and _all_told(desk)
        if told and not any(_astray(desk, month)):
            return
        if time.monotonic() - begun > WAIT_SECONDS_MAX:
            raise Trouble(
                f"The demo has not come through the chain after {WAIT_SECONDS_MAX:.0f} s.",
                "`make status` and `make logs` say what runs; `tidtam demo` plays it again.",
            )
        time.sleep(POLL_SECONDS)


def numbers(desk: Desk, month: Month) -> dict[str, str]:
    """Return the case number of each kind in the manifest."""
    cases = {kind: _case(desk, one) for kind, one in month.manifest.items()}
    return {kind: case["number"] for kind, case in cases.items() if case is not None}


def hints(found: dict[str, str], month: Month) -> list[str]:
    """Return what to print: a case worth opening for each kind, and what to try next."""
    lines = ["", "Open a case:"]
    for kind, number in found.items():
        lines.append(f"  tidtam case {number}   {month.manifest[kind]['shows']}")
    wrong = month.manifest["unmatched"]
    return [
        *lines,
        "",
        "Sign in to the portal as an invented payee; the code comes to the mail page:",
        *(f"  {month.manifest[one]['payee']}   sees {found[one]}" for one in SIGN_IN),
        "",
        "Try next:",
        "  tidtam unmatched      the transfer that waits for its case; then join them:",
        f"  tidtam link {wrong['wrong']} {wrong['right']} --reason entered-wrongly",
        "  tidtam rejects        what was refused, why, and what to change",
        "  tidtam notices held   letters an operator must let go: so many came at once; then:",
        "  tidtam notices release --rule paid",
        "  tidtam source list    who publishes, and how much",
        "  tidtam                the tour of all commands",
        "(`tidtam` is .venv/bin/tidtam)",
    ]


def _all_told(desk: Desk) -> bool:
    """Whether status has every case intake knows."""
    told = sum(desk.status.get("/ops/stages").values())
    return bool(told >= desk.intake.get("/ops/totals")["cases"])


def _astray(desk: Desk, month: Month) -> Iterable[str]:
    """The showcase's claims that do not stand where they must."""
    for kind, one in month.manifest.items():
        case = _case(desk, one)
        stage = None if case is None else case["stage"]
        if stage != one["stage"] and not _was_mended(kind, stage):
            yield f"{one['claim']} is {stage}, not {one['stage']}"


def _was_mended(kind: str, stage: str | None) -> bool:
    """Whoever tried `tidtam link` has given the unmatched transfer its case: it is paid now."""
    return kind == "unmatched" and stage == "paid"


def _case(desk: Desk, one: dict[str, str]) -> dict[str, Any] | None:
    for case in desk.find(one["claim"]).cases:
        if case["unit"] == one["source"]:
            return case
    return None
