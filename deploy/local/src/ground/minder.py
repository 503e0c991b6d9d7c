"""
Beside each process of `make up`: prepares it, starts it, and writes down how it ended.

Nobody waits for a process that outlives its starter, so without this its exit code is lost.
Run as `python -m ground.minder FILE` with the program as JSON in FILE.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import psutil

from ground.program import Program, from_json
from ground.spawning import spawn


def record_path(program: Program) -> Path:
    """The file that says pid, start time (s since 1970), and exit code once it ended."""
    return program.folder / f"{program.name}.json"


def write_record(program: Program, **record: object) -> None:
    """Replace the record at once, so that nobody reads half of it."""
    path = record_path(program)
    making = path.with_suffix(".new")
    making.write_text(json.dumps(record))
    making.rename(path)


def mind(program: Program) -> None:
    """Run the preparations, then the program, to its end."""
    for step in program.prepare:
        if code := _run(program, step, "preparing"):
            write_record(program, pid=None, exit=code, phase="preparing")
            return
    code = _run(program, program.argv, "running")
    write_record(program, pid=None, exit=code, phase="running")


def _run(program: Program, argv: tuple[str, ...], phase: str) -> int:
    process = spawn(program, argv, bound=False)
    birth = {"pid": process.pid, "started": started(process.pid)}
    minder = {"minder": os.getpid(), "minder_started": started(os.getpid())}
    write_record(program, **birth, **minder, exit=None, phase=phase)
    return process.wait()


def started(pid: int) -> float:
    """When the process began, s since 1970; 0 when it is gone."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


if __name__ == "__main__":
    mind(from_json(Path(sys.argv[1]).read_text()))
