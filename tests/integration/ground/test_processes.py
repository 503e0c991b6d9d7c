"""Processes that outlive their starter: running, dead with exit code, or absent."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from ground import processes
from ground.minder import record_path
from ground.processes import Seen, look
from ground.program import Program


def _program(folder: Path, code: str, prepare: tuple[tuple[str, ...], ...] = ()) -> Program:
    return Program("one", (sys.executable, "-c", code), folder / "one", prepare)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_running_process_is_seen_until_it_is_stopped(tmp_path: Path) -> None:
    """It runs with its pid, ends when stopped, and is absent then."""
    program = _program(tmp_path, "import time; time.sleep(600)")
    processes.start(program)
    seen = look(program)
    assert seen.state == "running"
    assert psutil.pid_exists(seen.pid or 0)
    assert processes.stop(program) is True
    assert look(program) == Seen("absent")
    assert processes.stop(program) is False


def test_a_dead_process_shows_how_it_ended(tmp_path: Path) -> None:
    """Its exit code and the last lines of its log are there after its death."""
    program = _program(tmp_path, "print('first'); raise SystemExit('the database is gone')")
    processes.start(program)
    _until(lambda: look(program).state == "dead")
    assert look(program).exit == 1
    assert processes.tail(program, 1) == ["the database is gone"]


def test_a_killed_process_shows_the_signal(tmp_path: Path) -> None:
    """After kill -9 its exit code is the negative signal."""
    program = _program(tmp_path, "import time; time.sleep(600)")
    processes.start(program)
    psutil.Process(look(program).pid).kill()
    _until(lambda: look(program).state == "dead")
    assert look(program).exit == -9


def test_a_failed_preparation_is_a_death(tmp_path: Path) -> None:
    """When a preparation fails the program is not started, and the phase says so."""
    failing = ((sys.executable, "-c", "raise SystemExit(3)"),)
    program = _program(tmp_path, "print('never')", failing)
    processes.start(program)
    _until(lambda: look(program).state == "dead")
    assert (look(program).exit, look(program).phase) == (3, "preparing")
    assert processes.tail(program, 9) == []


def test_another_process_with_the_same_pid_is_not_taken_for_it(tmp_path: Path) -> None:
    """After a reboot the recorded pid may be anybody's: the start time tells them apart."""
    program = _program(tmp_path, "")
    program.folder.mkdir()
    own = psutil.Process()
    record: dict[str, object] = {"pid": own.pid, "started": own.create_time() - 60}
    record |= {"minder": own.pid, "minder_started": 0.0, "exit": None, "phase": "running"}
    record_path(program).write_text(json.dumps(record))
    assert look(program).state == "dead"
    assert processes.stop(program) is False
