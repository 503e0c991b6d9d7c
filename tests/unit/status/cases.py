"""Events of invented cases, for the tests of the fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from contracts.process import Process
from contracts.process_file import load_process
from status.decide import fold
from status.model import CaseState, Effect, Event, Key

PROCESS_FILE = Path(__file__).parents[3] / "contracts/processes/disbursement.yaml"
ROLE_OF = {
    "drafted": "unit", "submitted": "unit", "approved": "unit", "withdrawn": "unit",
    "linked": "officer", "unlinked": "officer",
}  # fmt: skip
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


@cache
def disbursement() -> Process:
    """The shipped process."""
    return replace(load_process(PROCESS_FILE), version=1)


def event(fact: str, hour: int = 0, name: str | None = None, **more: Any) -> Event:
    """One event at *hour*; keywords not of `Event` are what the source said."""
    role = more.pop("role", ROLE_OF.get(fact, "finance"))
    source = more.pop("source", role)
    names = ("day_precision", "sequence", "retracts", "joining", "about")
    own = {k: more.pop(k) for k in names if k in more}
    return Event(
        key=Key(source, name or f"{fact}-{hour}"), fact=fact, role=role,
        instant_us=hour * HOUR_US, said=more, **own,
    )  # fmt: skip


def by_date(fact: str, day: int, sequence: int, **more: Any) -> Event:
    """One event of a source that knows only dates: the last microsecond of *day*."""
    told = event(fact, 0, more.pop("name", f"{fact}-day{day}-{sequence}"), **more)
    instant = (day + 1) * DAY_US - 1
    return told._replace(instant_us=instant, day_precision=True, sequence=sequence)


def line(name: str, **more: Any) -> dict[str, Any]:
    """One line as a source says it."""
    return {"id": name, "gross": "100.00", **more}


def nameless(payee: str = "p1", invoice: str = "i1", gross: str = "100.00") -> dict[str, Any]:
    """One line as a source without line ids says it."""
    return {"payee": payee, "invoice": invoice, "gross": gross}


def sent(reference: str, *lines: Mapping[str, Any]) -> dict[str, Any]:
    """What a fact says of a transfer, and of the lines it names."""
    return {"transfer": {"reference": reference}, **({"lines": list(lines)} if lines else {})}


def case(*events: Event) -> CaseState:
    """The state of the case of these events."""
    return fold(disbursement(), events)


def stages(*events: Event) -> list[str]:
    """The stages a case went through."""
    return [span.stage for span in case(*events).spans]


def refusals(*events: Event) -> list[tuple[str, str]]:
    """The contradictions of a case: event and code."""
    return [(told.event.key.id, told.code.value) for told in case(*events).contradictions]


def line_states(*events: Event) -> dict[str, str]:
    """How each line of a case stands."""
    return {view.id: view.state.value for view in case(*events).lines}


def effects(*events: Event) -> list[tuple[str, Effect]]:
    """What each event did, in fold order."""
    return [(entry.event.key.id, entry.effect) for entry in case(*events).timeline]
