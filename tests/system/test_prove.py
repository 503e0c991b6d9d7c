"""
`tidtam prove`, run as a user runs it: the known answers, whatever happens to the events on the way.

Runs on the two real logs; where they are absent a generated log stands in. The generated log with
its answers worked out by hand is always run too.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tidtam.proving.cases import HEADER

from tests.system.proving import (
    BIG_COPIES,
    DISTURBED,
    KEYS,
    NIGHTLY,
    REQUESTS,
    TRAVEL,
    Known,
    Run,
    holds,
    prove,
    resends,
    same,
    stand_in,
    told_at_the_end,
)
from tests.system.realistic import courses

STANDING = ("--shuffle",)
"""In no order of time all clocks stand at the end: a fifth of the time, and the same stages."""
RUNNING = ("open", "breached")
STOPPED = ("met", "missed")
BACK = re.compile(r"killed (\w+), back after ([\d.]+) s")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """The generated log, as small as it is by hand."""
    return stand_in(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """The larger real log, or the stand-in."""
    there = REQUESTS.path.exists()
    return REQUESTS if there else stand_in(tmp_path_factory.mktemp("requests"), BIG_COPIES)


@pytest.fixture(scope="module")
def travel(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """The smaller real log, for the many runs, or the stand-in."""
    there = TRAVEL.path.exists()
    return TRAVEL if there else stand_in(tmp_path_factory.mktemp("travel"), BIG_COPIES)


@pytest.fixture(scope="module")
def in_order(requests: Known) -> Run:
    """The larger log in its own order."""
    return prove(requests)


@pytest.fixture(scope="module")
def travelled(travel: Known, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """The smaller log in its own order, and the file of its cases."""
    cases = tmp_path_factory.mktemp("cases") / "cases.csv"
    return prove(travel, "--cases", str(cases)), cases


def right(run: Run, known: Known) -> None:
    """The answers that are known of this log, and nothing else on stdout than one object."""
    told = run.result
    assert holds(run), run.stderr[-2000:]
    assert (told["cases"], told["stages"]) == (known.cases, known.stages)
    assert (told["contradictions"], told["unmatched"]) == (0, 0)
    assert run.stdout.strip().count("\n") == 0
    assert list(told) == KEYS
    right_days(told, known)


def right_days(told: dict[str, Any], known: Known) -> None:
    """Each day is charged once, each clock stands as it must, and each breach was told in time."""
    found = {
        clause: (counted(states, STOPPED), counted(states, RUNNING), states["void"])
        for clause, states in told["clauses"].items()
    }
    assert found == known.clocks
    assert known.days in (None, told["ledger_days"])
    assert known.verdicts in (None, told["clauses"])
    least, most = known.breaches or (0, told["breaches_emitted"])
    assert least <= told["breaches_emitted"] <= most
    late = sum(counted(states, ("missed", "breached")) for states in told["clauses"].values())
    assert told["breaches_emitted"] >= late
    assert told["breaches_taken_back"] == 0
    assert (told["conservation_violations"], told["undetermined"]) == (0, 0)
    assert {one["percentile"] for one in told["paid_by"]} <= {50, 85}
    assert all(0 <= one["share"] <= 1 for one in told["paid_by"])


def counted(states: dict[str, int], names: tuple[str, ...]) -> int:
    """How many clocks of a clause are in one of these states."""
    return sum(states[name] for name in names)


def test_the_hand_computed_answers_agree_with_the_courses() -> None:
    """The answers written down for the generated log are those its courses lead to."""
    assert courses.told_by(courses.COURSES, dates=False) == courses.STAGES
    assert courses.told_by(courses.COURSES, dates=True) == courses.BY_DATES
    assert sum(course.claims for course in courses.COURSES) == courses.CLAIMS


def test_the_generated_log_is_followed(small: Known) -> None:
    """In its own order the generated log gives the answers worked out by hand."""
    run = prove(small)
    right(run, small)
    counts = (run.result["published"], run.result["accepted"], run.result["ignored"])
    assert counts == (courses.EVENTS, courses.EVENTS, courses.IGNORED)
    shuffled = prove(small, *DISTURBED, *NIGHTLY)
    same(shuffled, run)
    told_at_the_end(shuffled)


def test_the_generated_log_with_a_clock_behind(small: Known) -> None:
    """An hour behind, finance overtakes some submissions: they contradict, and all is paid."""
    run = prove(small, "--clock-lead", "finance=-3600", "--shuffle")
    told = run.result
    assert holds(run)
    assert (told["contradictions"], told["stages"]) == (small.behind, small.stages)
    assert told["undetermined"] == 0


def test_the_larger_log_is_followed(in_order: Run, requests: Known) -> None:
    """In its own order the log gives its known stages, and no fact contradicts."""
    right(in_order, requests)


def test_the_larger_log_in_another_order(in_order: Run, requests: Known) -> None:
    """Shuffled, with a fifth sent twice, every case is exactly the same."""
    run = prove(requests, *DISTURBED)
    same(run, in_order)
    told_at_the_end(run)
    resends(run)


def test_a_nightly_batch_makes_no_ghost_case(in_order: Run, requests: Known) -> None:
    """
    Finance's day told at two o'clock the next night, in any order, ends in the same cases; of no
    claim whose payment was still to come with the night a breach is told.
    """
    run = prove(requests, *NIGHTLY)
    same(run, in_order)
    assert (run.result["merges"], run.result["redirects"]) == (0, 0)
    assert run.result["breaches_taken_back"] == 0


def test_a_finance_office_that_knows_only_dates(requests: Known) -> None:
    """No paid claim is unpaid; the few cases a date cannot place stand where they are known to."""
    run = prove(requests, "--dates-only", "finance", *STANDING)
    assert holds(run)
    assert run.result["conservation_violations"] == 0
    assert run.result["stages"] == requests.by_dates
    if requests.verdicts is not None:
        assert run.result["clauses"]["finance"]["met"] == requests.verdicts["finance"]["met"]


def test_the_smaller_log_is_followed(travelled: tuple[Run, Path], travel: Known) -> None:
    """In its own order the log gives its known stages, and no fact contradicts."""
    right(travelled[0], travel)


def test_the_cases_are_written(travelled: tuple[Run, Path], travel: Known) -> None:
    """The file has one row a case, under the log's own name of it, with stage, days and clocks."""
    run, path = travelled
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(HEADER)
    assert len({row["case"] for row in rows}) == len(rows) == travel.cases
    assert Counter(row["stage"] for row in rows) == travel.stages
    days = {party: sum(int(row[party]) for row in rows) for party in run.result["ledger_days"]}
    assert days == run.result["ledger_days"]
    for column, clause in (("fin_state", "finance"), ("all_state", "everyone")):
        states = Counter(row[column] for row in rows if row[column])
        told = run.result["clauses"][clause]
        assert states == Counter({name: told[name] for name in states})
        assert sum(states.values()) == sum(travel.clocks[clause])
    past = [row for row in rows if row["all_state"] == "void" and row["all_breach"]]
    assert travel.void_past in (None, len(past))
    late = {row["fin_state"] for row in rows if row["fin_breach"]}
    assert late <= {"missed", "breached", "void"}
    cells = sum(bool(row[column]) for row in rows for column in ("fin_breach", "all_breach"))
    assert cells == run.result["breaches_emitted"]


@pytest.mark.parametrize("seconds", ["-3600", "3600"])
def test_a_clock_one_hour_off(travelled: tuple[Run, Path], travel: Known, seconds: str) -> None:
    """Finance an hour ahead or behind leaves no paid claim unpaid."""
    run = prove(travel, "--clock-lead", f"finance={seconds}", *STANDING)
    assert holds(run)
    assert run.result["stages"]["paid"] == travelled[0].result["stages"]["paid"]


def test_lost_events_lose_nothing_else(travelled: tuple[Run, Path], travel: Known) -> None:
    """With one event in a hundred never sent, all the others are accepted, and no case is new."""
    run = prove(travel, "--drop", "0.01", *STANDING)
    assert holds(run)
    whole = travelled[0].result
    assert 0.98 < run.result["published"] / whole["published"] < 1
    assert run.result["accepted"] == run.result["published"]
    assert run.result["cases"] <= whole["cases"]


@pytest.mark.parametrize(
    ("kills", "seed"),
    [(("intake:2", "status:2", "sla:2"), "2"), (("kafka:1", "postgres:2"), "3")],
)
def test_kill_9_loses_nothing_and_does_nothing_twice(
    travelled: tuple[Run, Path],
    travel: Known,
    kills: tuple[str, ...],
    seed: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Killed at random moments, in any order of events, each comes back, and nothing differs."""
    killing = [part for kill in kills for part in ("--kill", kill)]
    run = prove(travel, *DISTURBED, "--seed", seed, *killing)
    same(run, travelled[0])
    resends(run)
    back = BACK.findall(run.stderr)
    assert Counter(name for name, _ in back) == {
        name: int(count) for name, count in (kill.split(":") for kill in kills)
    }
    with capsys.disabled():
        told = ", ".join(f"{name} {seconds} s" for name, seconds in back)
        print(f"\nback after kill -9, in order: {told}")
