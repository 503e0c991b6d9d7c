"""One process a keeper keeps alive: started, seen to serve, started again when it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass

import psutil

from ground.probes import wait_until_serves
from ground.program import Program
from ground.spawning import end_group, spawn

POLL_SECONDS = 0.02
PAUSE_SECONDS_MAX = 2.0


@dataclass(slots=True)
class Outage:
    """One time a process was down; times are seconds since 1970, `up_at` None while it lasts."""

    why: str
    down_at: float
    up_at: float | None = None


class Kept:
    """A supervised process. `keep` runs until `stop`."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.serving = asyncio.Event()
        self.stopping = False
        self.failure = ""
        self.outages: list[Outage] = []
        self._why = ""
        self._hold_until = 0.0
        self.task = asyncio.create_task(self.keep())

    async def keep(self) -> None:
        """Prepare once, then start and restart until told to stop."""
        pause = 0.0
        try:
            for step in self.program.prepare:
                await self._finish(step)
        except ChildProcessError as error:
            self.failure = str(error)
            return
        while not self.stopping:
            await asyncio.sleep(max(pause, self._hold_until - time.monotonic()))
            started = time.monotonic()
            code = await self._live()
            if self.stopping or not self.program.restart:
                self.failure = "" if code == 0 else f"ended with {code}"
                return
            self._note_down(self._why or f"ended with {code}")
            self._why = ""
            lived = time.monotonic() - started
            pause = 0.0 if lived > 2 else min(PAUSE_SECONDS_MAX, max(0.1, pause * 2))

    async def _finish(self, step: tuple[str, ...]) -> None:
        self.process = spawn(self.program, step, bound=True)
        if code := await _ended(self.process):
            raise ChildProcessError(f"{step[0]} ended with {code}")

    async def _live(self) -> int:
        self.process = process = spawn(self.program, self.program.argv, bound=True)
        watching = asyncio.create_task(self._watch())
        code = await _ended(process)
        watching.cancel()
        self.serving.clear()
        return code

    async def _watch(self) -> None:
        if self.program.probe:
            await wait_until_serves(self.program.probe)
        if self.outages and self.outages[-1].up_at is None:
            self.outages[-1].up_at = time.time()
        self.serving.set()

    def _note_down(self, why: str) -> None:
        if not self.outages or self.outages[-1].up_at is not None:
            self.outages.append(Outage(why, time.time()))

    def kill(self, away_seconds: float = 0.0) -> None:
        """Kill -9; it comes back by itself, not before `away_seconds` have passed."""
        self.serving.clear()
        self._hold_until = time.monotonic() + away_seconds
        self._why = "killed"
        self._note_down("killed")
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)

    async def stop(self, patience_seconds: float = 15.0) -> int | None:
        """TERM, after `patience_seconds` KILL; its exit code. It stays down."""
        self.stopping = True
        self.serving.clear()
        process = self.process
        if process is not None and process.poll() is None:
            if patience_seconds:
                process.send_signal(signal.Signals[self.program.stop_signal])
            try:
                await asyncio.wait_for(_ended(process), patience_seconds)
            except TimeoutError:
                end_tree(process.pid)
        self.task.cancel()
        return await _ended(process) if process else None

    def report(self) -> dict[str, object]:
        """Its pid, whether it serves, why it failed, and its outages."""
        alive = self.process is not None and self.process.poll() is None
        return {
            "pid": self.process.pid if self.process and alive else None,
            "serving": self.serving.is_set(),
            "failure": self.failure,
            "done": self.task.done(),
            "outages": [asdict(outage) for outage in self.outages],
        }


async def _ended(process: subprocess.Popen[bytes]) -> int:
    while (code := process.poll()) is None:  # noqa: ASYNC110, nothing tells us of it
        await asyncio.sleep(POLL_SECONDS)
    return code


def end_tree(pid: int) -> None:
    """Kill a process, its group and all that descend from it."""
    try:
        family = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    end_group(pid, signal.SIGKILL)
    for member in family:
        try:
            os.kill(member.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
