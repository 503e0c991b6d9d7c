"""What processes use: processor time and memory, read from the kernel."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

LOAD_BUSY = 0.5
"""Runnable processes per processor, before we begin, past which a figure says little."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment: seconds of the monotonic clock, and processor seconds of each process till then."""

    at: float
    cpu: Mapping[str, float]


def mark(pids: Mapping[str, int]) -> Mark:
    """Read the processor time of processes and all their children, also of ended ones."""
    return Mark(time.monotonic(), {name: cpu_seconds(pid) for name, pid in pids.items()})


def cpu_seconds(pid: int) -> float:
    """Processor seconds of a process tree; a child that ended is counted by its parent."""
    total = 0.0
    parent = psutil.Process(pid)
    for process in (parent, *parent.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def rss_megabytes(pid: int) -> float:
    """Resident memory of one process, in millions of bytes."""
    return float(psutil.Process(pid).memory_info().rss / 1e6)


def other_load() -> str | None:
    """A warning when other work is on this machine; None on a quiet one."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load / cores < LOAD_BUSY:
        return None
    return (
        f"other work is on this machine (load {load:.1f} on {cores} processors): figures, and to a"
        " lesser degree ratios, are worse than they would be"
    )
