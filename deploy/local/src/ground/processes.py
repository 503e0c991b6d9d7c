"""Processes that outlive the command that starts them: `make up`, `status` and `down` use these."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

from ground.kept import end_tree
from ground.minder import record_path
from ground.program import Program, from_json, to_json
from ground.spawning import end_group

POLL_SECONDS = 0.05
STOP_SECONDS_MAX = 20.0
State = Literal["running", "dead", "absent"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A process as it is now. `exit` is the code it ended with (negative: the signal), if known."""

    state: State
    pid: int | None = None
    exit: int | None = None
    phase: str = "running"
    seconds: float = 0.0


def look(program: Program) -> Seen:
    """
    How `program` stands.

    A pid alone proves nothing: after a reboot another process may have it, so the start time
    must be the recorded one too.
    """
    try:
        record = json.loads(record_path(program).read_text())
    except (OSError, ValueError):
        return Seen("absent")
    if record["exit"] is None and _lives(record):
        seconds = time.time() - record["started"]
        return Seen("running", record["pid"], None, record["phase"], seconds)
    return Seen("dead", None, record["exit"], record["phase"])


def _lives(record: dict[str, Any]) -> bool:
    # While its minder lives, an ended process is about to be written down or to be followed by
    # the next step.
    own = _is_same(record["pid"], record["started"])
    return own or _is_same(record["minder"], record["minder_started"])


def _is_same(pid: int, started: float) -> bool:
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < 1
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def start(program: Program) -> None:
    """Start it detached from us; returns at once, with its record already there."""
    program.folder.mkdir(parents=True, exist_ok=True)
    spec = program.folder / f"{program.name}.program"
    # The environment of a service holds its secrets.
    with os.fdopen(os.open(spec, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(to_json(program))
    record_path(program).unlink(missing_ok=True)
    with program.log.open("ab") as log:
        minder = subprocess.Popen(
            [sys.executable, "-m", "ground.minder", str(spec)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
    while minder.poll() is None and not record_path(program).exists():
        time.sleep(POLL_SECONDS)
    # It is to outlive us; without this the interpreter complains at our end.
    minder.returncode = minder.returncode or 0


def remembered(folder: Path) -> list[Program]:
    """Every program started in `folder`, the longest known first, as it was started last."""
    specs = sorted(folder.glob("*/*.program"), key=lambda path: (path.stat().st_ctime, path.name))
    return [from_json(path.read_text()) for path in specs]


def stop(program: Program, seconds_max: float = STOP_SECONDS_MAX) -> bool:
    """Ask it to end, then kill it and its children; False when it was not running."""
    seen = look(program)
    if seen.state == "running" and seen.pid:
        end_group(seen.pid, signal.Signals[program.stop_signal])
        deadline = time.monotonic() + seconds_max
        while look(program).state == "running":
            if time.monotonic() > deadline:
                end_tree(seen.pid)
            time.sleep(POLL_SECONDS)
    record_path(program).unlink(missing_ok=True)
    return seen.state == "running"


def tail(program: Program, lines: int) -> list[str]:
    """The last lines of its log."""
    try:
        return program.log.read_text(errors="replace").splitlines()[-lines:]
    except OSError:
        return []
