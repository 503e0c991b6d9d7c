"""The histories of the two real logs, folded from what their sources would have said."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from contracts.mapping import load_mapping
from contracts.planning import plan_log
from contracts.process_file import load_process
from sla.model import History, Key, Span
from status.decide import fold
from status.model import Event
from status.model import Key as EventKey

CONTRACTS = Path(__file__).parents[3] / "contracts"
LOGS = Path(os.environ.get("TIDTAM_REAL_LOGS") or CONTRACTS.parent / "../shared/data/bpi2020")
PROCESS = load_process(CONTRACTS / "processes/disbursement.yaml", version=1)


@dataclass(frozen=True)
class Log:
    """A log's cases, and the instant its run ends at."""

    histories: tuple[History, ...]
    ends_us: int


@cache
def log(name: str) -> Log:
    """The log *name*; the test is skipped where it is not at hand."""
    path = LOGS / f"{name}.xes.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not at hand; set TIDTAM_REAL_LOGS")
    plan = plan_log(path, load_mapping(CONTRACTS / "mappings" / f"{name}.yaml", PROCESS), PROCESS)
    by_case: dict[str, list[Event]] = defaultdict(list)
    for one in plan.events:
        told = one.event
        by_case[one.case].append(
            Event(
                EventKey(told["source"], told["id"]),
                told["type"].rpartition(".")[2],
                one.role,
                one.instant_us,
                sequence=int(told["sequence"]),
                said={"unit": told["data"].get("unit")},
            )
        )
    cases = tuple(_history(case, events) for case, events in by_case.items())
    return Log(cases, plan.ends_us)


def _history(case: str, events: list[Event]) -> History:
    state = fold(PROCESS, events)
    spans = tuple(Span(s.stage, s.holder, s.since_us, Key(*s.anchor)) for s in state.spans)
    return History(case, "disbursement", spans, state.fields)
