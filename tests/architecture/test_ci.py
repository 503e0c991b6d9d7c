"""`.ci/run` tells the truth: what failed, what could not run, and pytest's closing line."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.architecture.tree import ROOT

CLOSING = "== 3 passed, 1 skipped in 0.10s =="
GOOD = {
    "sync": "true",
    "lint": "true",
    "test": f"echo '{CLOSING}'",
    "fresh": "true",
    "test-keycloak": "true",
}


def ran(place: Path, targets: dict[str, str], **environment: str) -> tuple[int, list[str]]:
    """Exit code and lines of the script in a clone whose Makefile has these targets."""
    (place / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", place / ".ci")
    (place / "Makefile").write_text("".join(f"{t}:\n\t@{c}\n" for t, c in targets.items()))
    done = subprocess.run(
        [str(place / ".ci" / "run")],
        env={**os.environ, "TIDTAM_REAL_LOGS": str(place), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


def test_all_steps_run_and_pytest_has_the_last_word(tmp_path: Path) -> None:
    """With nothing wrong it ends with 0 and pytest's closing line."""
    code, lines = ran(tmp_path, GOOD)
    assert (code, lines[-1]) == (0, CLOSING)
    assert ["setup", "lint", "test", "fresh", "keycloak"] == [
        line.split()[1] for line in lines if " passed (" in line
    ]


def test_one_failure_fails_it_and_the_rest_still_runs(tmp_path: Path) -> None:
    """A failing lint is named, the tests run all the same, and the end is not 0."""
    code, lines = ran(tmp_path, {**GOOD, "lint": "false"})
    assert code == 1
    assert any(line.startswith("ci: lint failed (exit 2") for line in lines)
    assert lines[-1] == CLOSING


def test_what_failed_is_named_again_at_the_end(tmp_path: Path) -> None:
    """Of a long log only the end may be kept, so each failed test stands there too."""
    failed = "FAILED tests/unit/test_one.py::test_it - assert 1 == 2"
    code, lines = ran(tmp_path, {**GOOD, "test": f"echo '{failed}'; echo '{CLOSING}'; false"})
    assert (code, lines[-2:]) == (1, [failed, CLOSING])


def test_what_could_not_run_is_said_in_one_line(tmp_path: Path) -> None:
    """Without a setup nothing runs; without the real logs a line says where they were sought."""
    code, lines = ran(tmp_path, {**GOOD, "sync": "false"}, TIDTAM_REAL_LOGS=str(tmp_path / "none"))
    assert code == 1
    assert "ci: lint, test, fresh and keycloak could not run: the setup failed" in lines
    absent = f"there is no folder {tmp_path / 'none'} (TIDTAM_REAL_LOGS)"
    assert f"ci: the real logs could not run: {absent}" in lines


def test_the_real_logs_are_handed_on_as_a_whole_path(tmp_path: Path) -> None:
    """A folder given relative to the clone reaches the tests as an absolute path."""
    (tmp_path / "logs").mkdir()
    shown = {**GOOD, "test": 'echo "$$TIDTAM_REAL_LOGS"'}
    _, lines = ran(tmp_path, shown, TIDTAM_REAL_LOGS="logs")
    assert str(tmp_path / "logs") in lines
