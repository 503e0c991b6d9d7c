"""
`tidtam prove` with the clock of sla following the delivery: what is told on the way, and when.

Runs on the smaller real log, or where it is absent on the generated one; the kills always on that.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.proving import (
    BIG_COPIES,
    NIGHTLY,
    RESENT_SHARE,
    TRAVEL,
    Known,
    Run,
    prove,
    resends,
    same,
    stand_in,
)

KILLS = ("sla:2", "status:1", "intake:1", "postgres:1", "kafka:1")


@pytest.fixture(scope="module")
def travel(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """The smaller real log, or the stand-in."""
    there = TRAVEL.path.exists()
    return TRAVEL if there else stand_in(tmp_path_factory.mktemp("travel"), BIG_COPIES)


@pytest.fixture(scope="module")
def nightly(travel: Known) -> Run:
    """With finance's day told the next night, and its word that it has told it."""
    return prove(travel, *NIGHTLY)


def test_with_the_word_of_finance_no_breach_is_taken_back(nightly: Run, travel: Known) -> None:
    """Each breach is told once the night has come, and stands."""
    least, most = travel.breaches or (1, nightly.result["breaches_emitted"])
    assert least <= nightly.result["breaches_emitted"] <= most
    assert nightly.result["breaches_taken_back"] == 0
    assert nightly.result["undetermined"] == 0


def test_with_nobody_waited_for_breaches_are_taken_back(nightly: Run, travel: Known) -> None:
    """
    Told at the stroke of midnight, without waiting for the word of finance, breaches are taken back
    when the night brings the payment; with its word none was told of those. The end is the same.
    """
    run = prove(travel, *NIGHTLY, "--no-completeness")
    same(run, nightly)
    told = run.result
    assert told["breaches_taken_back"] > 0
    standing = told["breaches_emitted"] - told["breaches_taken_back"]
    assert standing == nightly.result["breaches_emitted"]


def test_the_clock_follows_through_everything(tmp_path: Path) -> None:
    """With repetitions and kills on the way each breach is told at its time all the same, once."""
    small = stand_in(tmp_path)
    quiet = prove(small, *NIGHTLY)
    kills = [part for kill in KILLS for part in ("--kill", kill)]
    run = prove(small, *NIGHTLY, "--duplicate", str(RESENT_SHARE), "--seed", "4", *kills)
    same(run, quiet)
    resends(run)
    told = ("breaches_emitted", "breaches_taken_back")
    assert [quiet.result[name] for name in told] == [run.result[name] for name in told]
    assert quiet.result["breaches_taken_back"] == 0
