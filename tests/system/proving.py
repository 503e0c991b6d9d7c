"""Runs `tidtam prove` as a user does, on the real logs where they are, else on the stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.system.realistic import courses
from tests.system.realistic.log import write_log

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "contracts/mappings"
TIDTAM = Path(sys.executable).with_name("tidtam")
SECONDS_MAX = 900
BIG_COPIES = 10
RESENT_SHARE = 0.2
DISTURBED = ("--shuffle", "--duplicate", str(RESENT_SHARE))
KEYS = [
    "log",
    "published",
    "accepted",
    "resent",
    "rejected",
    "ignored",
    "unmatched",
    "unmatched_peak",
    "merges",
    "redirects",
    "cases",
    "stages",
    "contradictions",
    "lag",
    "seconds",
    "events_per_second",
    "state_hash",
    "clauses",
    "ledger_days",
    "conservation_violations",
    "breaches_emitted",
    "breaches_taken_back",
    "undetermined",
    "paid_by",
]
AS_IT_WENT_BY = {"breaches_emitted", "breaches_taken_back", "paid_by"}
"""What is said on the way depends on the way; all else only on the log."""

NIGHTLY = ("--erp-at", "02:00")


def real_logs() -> Path:
    """The folder of the real logs; a relative one is seen from the repository."""
    return ROOT / os.environ.get("TIDTAM_REAL_LOGS", "../shared/data/bpi2020")


@dataclass(frozen=True, slots=True)
class Known:
    """
    A log and what is known of it: stages, also when finance tells only dates.

    `behind` is the number of contradictions when finance's clock is an hour behind, None where
    nobody has counted them by hand. `clocks` are by clause how many stopped, run, are void.
    `days` and `verdicts` are the ledger's days by party and the clauses' states as sla must tell
    them; `void_past` the void clocks of everyone that had passed their budget. `breaches` are how
    many are told as the log goes by, at least and at most: of a claim that is sent again long after
    its budget and taken back the same day, the hour in between may pass unseen at this speed.
    """

    path: Path
    mapping: Path
    cases: int
    stages: Mapping[str, int]
    clocks: Mapping[str, tuple[int, int, int]]
    by_dates: Mapping[str, int] | None = None
    behind: int | None = None
    days: Mapping[str, int] | None = None
    verdicts: Mapping[str, Mapping[str, int]] | None = None
    void_past: int | None = None
    breaches: tuple[int, int] | None = None


REQUESTS = Known(
    real_logs() / "RequestForPayment.xes.gz",
    MAPPINGS / "RequestForPayment.yaml",
    6760,
    {"draft": 74, "paid": 6187, "received": 10, "returned": 41, "withdrawn": 448},
    {"finance": (6187, 51, 0), "everyone": (6187, 53, 448)},
    {
        "draft": 74,
        "in_process": 1,
        "paid": 6187,
        "received": 17,
        "returned": 33,
        "withdrawn": 448,
    },
    days={"unit": 38088, "finance": 32977, "nobody": 3396},
    verdicts={
        "finance": {"met": 5604, "missed": 583, "open": 40, "breached": 11, "void": 0}
        | {"p50": 4, "p85": 7, "p95": 12},
        "everyone": {"met": 4641, "missed": 1546, "open": 0, "breached": 53, "void": 448}
        | {"p50": 6, "p85": 12, "p95": 22},
    },
    void_past=34,
    breaches=(2224, 2227),
)
TRAVEL = Known(
    real_logs() / "PrepaidTravelCost.xes.gz",
    MAPPINGS / "PrepaidTravelCost.yaml",
    2007,
    {"draft": 22, "paid": 1909, "returned": 2, "withdrawn": 74},
    {"finance": (1909, 2, 0), "everyone": (1909, 3, 74)},
    days={"unit": 6623, "finance": 8531, "nobody": 420},
    verdicts={
        "finance": {"met": 1778, "missed": 131, "open": 2, "breached": 0, "void": 0}
        | {"p50": 3, "p85": 7, "p95": 11},
        "everyone": {"met": 1492, "missed": 417, "open": 0, "breached": 3, "void": 74}
        | {"p50": 6, "p85": 11, "p95": 18},
    },
    void_past=9,
    breaches=(560, 560),
)


def stand_in(folder: Path, copies: int = 1) -> Known:
    """The generated log, each of its courses walked *copies* times as often."""
    return Known(
        write_log(folder / "Realistic.xes.gz", copies),
        MAPPINGS / "RequestForPayment.yaml",
        courses.CLAIMS * copies,
        {stage: count * copies for stage, count in courses.STAGES.items()},
        {clause: _times(counts, copies) for clause, counts in courses.CLOCKS.items()},
        {stage: count * copies for stage, count in courses.BY_DATES.items()},
        courses.CONTRADICTIONS_AN_HOUR_BEHIND * copies,
    )


def _times(counts: tuple[int, int, int], copies: int) -> tuple[int, int, int]:
    stopped, running, void = counts
    return stopped * copies, running * copies, void * copies


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of the command said: its JSON, its stdout, its stderr, its exit code."""

    result: dict[str, Any]
    stdout: str
    stderr: str
    code: int


def prove(known: Known, *options: str) -> Run:
    """Run `tidtam prove LOG --mapping FILE --json` with more *options*, as a process of its own."""
    command = [str(TIDTAM), "prove", str(known.path), "--mapping", str(known.mapping), "--json"]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    assert done.stdout, done.stderr[-4000:]
    return Run(json.loads(done.stdout), done.stdout, done.stderr, done.returncode)


def holds(run: Run) -> bool:
    """Whether every input was answered and nothing is in flight, and the exit code says so."""
    told = run.result
    ended = told["accepted"] + told["resent"] + told["rejected"]
    return (run.code, told["published"], told["lag"], told["rejected"]) == (0, ended, 0, 0)


def breached(told: dict[str, Any]) -> int:
    """How many clocks stand past their budget at the end."""
    return sum(states["breached"] for states in told["clauses"].values())


def same(run: Run, undisturbed: Run) -> None:
    """The very same cases, days and verdicts as without the disturbance, every event once."""
    assert holds(run), run.stderr[-2000:]
    names = ("accepted", "cases", "stages", "contradictions", "unmatched", "state_hash", *KEYS[17:])
    names = tuple(name for name in names if name not in AS_IT_WENT_BY)
    assert {name: run.result[name] for name in names} == {
        name: undisturbed.result[name] for name in names
    }


def told_at_the_end(run: Run) -> None:
    """In any order the clock stands at the end: only the breaches that stand there are told."""
    told = run.result
    assert (told["breaches_emitted"], told["breaches_taken_back"]) == (breached(told), 0)


def resends(run: Run) -> None:
    """The share that was sent twice was counted as resent, and is in no other figure."""
    assert run.result["resent"] == round(run.result["accepted"] * RESENT_SHARE)
