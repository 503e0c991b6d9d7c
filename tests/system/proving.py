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
SECONDS_MAX = 420
BIG_COPIES = 10


def real_logs() -> Path:
    """The folder of the real logs; a relative one is seen from the repository."""
    return ROOT / os.environ.get("TIDTAM_REAL_LOGS", "../shared/data/bpi2020")


@dataclass(frozen=True, slots=True)
class Known:
    """
    A log and what is known of it: stages, also when finance tells only dates.

    `behind` is the number of contradictions when finance's clock is an hour behind, None where
    nobody has counted them by hand.
    """

    path: Path
    mapping: Path
    cases: int
    stages: Mapping[str, int]
    by_dates: Mapping[str, int] | None = None
    behind: int | None = None


REQUESTS = Known(
    real_logs() / "RequestForPayment.xes.gz",
    MAPPINGS / "RequestForPayment.yaml",
    6760,
    {"draft": 74, "paid": 6187, "received": 10, "returned": 41, "withdrawn": 448},
    {
        "draft": 74,
        "in_process": 1,
        "paid": 6187,
        "received": 17,
        "returned": 33,
        "withdrawn": 448,
    },
)
TRAVEL = Known(
    real_logs() / "PrepaidTravelCost.xes.gz",
    MAPPINGS / "PrepaidTravelCost.yaml",
    2007,
    {"draft": 22, "paid": 1909, "returned": 2, "withdrawn": 74},
)


def stand_in(folder: Path, copies: int = 1) -> Known:
    """The generated log, each of its courses walked *copies* times as often."""
    return Known(
        write_log(folder / "Realistic.xes.gz", copies),
        MAPPINGS / "RequestForPayment.yaml",
        courses.CLAIMS * copies,
        {stage: count * copies for stage, count in courses.STAGES.items()},
        {stage: count * copies for stage, count in courses.BY_DATES.items()},
        courses.CONTRADICTIONS_AN_HOUR_BEHIND * copies,
    )


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
