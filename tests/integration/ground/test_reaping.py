"""A run that is killed leaves nothing: no process, no folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

SECONDS_MAX = 15.0
RUN = """
import json, os, signal, sys, time
from ground.throwaway import throwaway
# A shell that starts a run in the background has it ignore this signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
with throwaway(kafka=KAFKA, postgres=True) as servers:
    servers.run("sleeper", ["sleep", "600"])
    servers.await_up("sleeper")
    names = [*(["kafka"] if KAFKA else []), "postgres", "sleeper"]
    pids = [servers.pid(name) for name in names]
    print(json.dumps({"folder": str(servers.folder), "pids": pids}), flush=True)
    if FORK and os.fork() == 0:
        time.sleep(600)
    time.sleep(600)
"""


def _start(*, kafka: bool, fork: bool) -> tuple[subprocess.Popen[str], Path, list[int]]:
    code = RUN.replace("KAFKA", str(kafka)).replace("FORK", str(fork))
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    told = json.loads(run.stdout.readline())
    return run, Path(told["folder"]), told["pids"]


def _becomes(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS_MAX
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def _family(pids: list[int]) -> list[int]:
    parents = [psutil.Process(pid) for pid in pids]
    return pids + [child.pid for parent in parents for child in parent.children(recursive=True)]


def _gone(folder: Path, pids: list[int]) -> bool:
    return not folder.exists() and not any(psutil.pid_exists(pid) for pid in pids)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_run_leaves_nothing(number: signal.Signals) -> None:
    """However a run with Kafka and PostgreSQL ends, their processes and the folder go with it."""
    run, folder, pids = _start(kafka=number == signal.SIGKILL, fork=False)
    family = _family(pids)
    assert folder.exists()
    run.send_signal(number)
    run.communicate()
    assert _becomes(lambda: _gone(folder, family))


def test_a_fork_that_holds_the_pipe_keeps_nothing_alive() -> None:
    """A child the run forked inherits the pipe; the run's servers end all the same."""
    run, folder, pids = _start(kafka=False, fork=True)
    family = _family(pids)
    (fork,) = [
        child
        for child in psutil.Process(run.pid).children()
        if "ground.keeper" not in child.cmdline()
    ]
    run.kill()
    run.wait()
    assert _becomes(lambda: _gone(folder, family))
    fork.kill()
    assert run.stdout is not None
    run.stdout.close()


def test_a_killed_keeper_takes_its_servers_along() -> None:
    """Also when the keeper itself is killed, no server goes on; the run's end cleans up."""
    run, folder, pids = _start(kafka=False, fork=False)
    (keeper,) = psutil.Process(run.pid).children()
    family = _family(pids)
    os.kill(keeper.pid, signal.SIGKILL)
    assert _becomes(lambda: not any(psutil.pid_exists(pid) for pid in family))
    run.send_signal(signal.SIGINT)
    run.communicate()
    assert _becomes(lambda: _gone(folder, family))
