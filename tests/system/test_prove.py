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

import pytest

from tests.system.proving import BIG_COPIES, REQUESTS, TRAVEL, Known, Run, holds, prove, stand_in
from tests.system.realistic import courses

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
]
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


def same(run: Run, undisturbed: Run) -> None:
    """The very same cases as without the disturbance, every event once."""
    assert holds(run), run.stderr[-2000:]
    names = ("accepted", "cases", "stages", "contradictions", "unmatched", "state_hash")
    assert {name: run.result[name] for name in names} == {
        name: undisturbed.result[name] for name in names
    }


def resends(run: Run) -> None:
    """The share that was sent twice was counted as resent, and is in no other figure."""
    assert run.result["resent"] == round(run.result["accepted"] * RESENT_SHARE)


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
    same(prove(small, *DISTURBED, "--erp-at", "02:00"), run)


def test_the_generated_log_with_dates_only(small: Known) -> None:
    """A finance office that tells only dates changes what a date cannot say, worked out by hand."""
    run = prove(small, "--dates-only", "finance")
    assert holds(run)
    assert run.result["stages"] == small.by_dates


def test_the_generated_log_with_a_clock_behind(small: Known) -> None:
    """An hour behind, finance overtakes some submissions: they contradict, and all is paid."""
    run = prove(small, "--clock-lead", "finance=-3600", "--shuffle")
    assert holds(run)
    assert run.result["contradictions"] == small.behind
    assert run.result["stages"] == small.stages


def test_the_larger_log_is_followed(in_order: Run, requests: Known) -> None:
    """In its own order the log gives its known stages, and no fact contradicts."""
    right(in_order, requests)


def test_the_larger_log_in_another_order(in_order: Run, requests: Known) -> None:
    """Shuffled, with a fifth sent twice, every case is exactly the same."""
    run = prove(requests, *DISTURBED)
    same(run, in_order)
    resends(run)


def test_a_nightly_batch_makes_no_ghost_case(in_order: Run, requests: Known) -> None:
    """Finance's day told at two o'clock the next night, in any order, ends in the same cases."""
    run = prove(requests, "--erp-at", "02:00")
    same(run, in_order)
    assert (run.result["merges"], run.result["redirects"]) == (0, 0)


def test_a_finance_office_that_knows_only_dates(requests: Known) -> None:
    """No paid claim is unpaid; the few cases a date cannot place stand where they are known to."""
    run = prove(requests, "--dates-only", "finance")
    assert holds(run)
    assert run.result["stages"] == requests.by_dates


def test_the_smaller_log_is_followed(travelled: tuple[Run, Path], travel: Known) -> None:
    """In its own order the log gives its known stages, and no fact contradicts."""
    right(travelled[0], travel)


def test_the_cases_are_written(travelled: tuple[Run, Path], travel: Known) -> None:
    """The file has one row a case, under the log's own name of it, with its stage."""
    with travelled[1].open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["case", "stage"]
    assert len({name for name, _ in rows}) == travel.cases
    assert Counter(stage for _, stage in rows) == travel.stages


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_any_order_gives_the_same_cases(
    travelled: tuple[Run, Path], travel: Known, seed: str
) -> None:
    """Three shuffled orders with a fifth sent twice: one and the same hash."""
    run = prove(travel, *DISTURBED, "--seed", seed)
    same(run, travelled[0])
    resends(run)


@pytest.mark.parametrize("seconds", ["-3600", "3600"])
def test_a_clock_one_hour_off(travelled: tuple[Run, Path], travel: Known, seconds: str) -> None:
    """Finance an hour ahead or behind leaves no paid claim unpaid."""
    run = prove(travel, "--clock-lead", f"finance={seconds}")
    assert holds(run)
    assert run.result["stages"]["paid"] == travelled[0].result["stages"]["paid"]


def test_lost_events_lose_nothing_else(travelled: tuple[Run, Path], travel: Known) -> None:
    """With one event in a hundred never sent, all the others are accepted, and no case is new."""
    run = prove(travel, "--drop", "0.01")
    assert holds(run)
    whole = travelled[0].result
    assert 0.98 < run.result["published"] / whole["published"] < 1
    assert run.result["accepted"] == run.result["published"]
    assert run.result["cases"] <= whole["cases"]


@pytest.mark.parametrize("kills", [("intake:2", "status:2"), ("kafka:1", "postgres:2")])
def test_kill_9_loses_nothing_and_does_nothing_twice(
    travelled: tuple[Run, Path],
    travel: Known,
    kills: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Killed at random moments under load, each comes back alone, and the cases are the same."""
    killing = [part for kill in kills for part in ("--kill", kill)]
    run = prove(travel, "--duplicate", str(RESENT_SHARE), *killing)
    same(run, travelled[0])
    resends(run)
    back = BACK.findall(run.stderr)
    assert Counter(name for name, _ in back) == {
        name: int(count) for name, count in (kill.split(":") for kill in kills)
    }
    with capsys.disabled():
        told = ", ".join(f"{name} {seconds} s" for name, seconds in back)
        print(f"\nback after kill -9, in order: {told}")
