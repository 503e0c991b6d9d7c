"""Start a child that does not outlive us: its account, its own process group, its log."""

from __future__ import annotations

import ctypes
import grp
import os
import pwd
import signal
import subprocess
import sys
from typing import Any

from ground.program import Program

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """
    Ask the kernel to kill this process when the thread that started it ends.

    Only for children of a single-threaded parent; does nothing where the kernel is not Linux.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def as_account(account: str) -> dict[str, Any]:
    """The arguments of `subprocess` that run a program as `account`; none when it is empty."""
    if not account:
        return {}
    entry = pwd.getpwnam(account)
    return {"user": entry.pw_uid, "group": grp.getgrgid(entry.pw_gid).gr_gid, "extra_groups": []}


def spawn(program: Program, argv: tuple[str, ...], *, bound: bool) -> subprocess.Popen[bytes]:
    """
    Start `argv` of `program` in its own session.

    `bound` ones die with us; only a single-threaded caller may ask for that.
    """
    with program.log.open("ab") as log:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=program.full_environment(),
            cwd="/" if program.account else program.folder,
            start_new_session=True,
            preexec_fn=die_with_parent if bound else None,
            **as_account(program.account),
        )


def end_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to the process group `pid` leads; gone already is fine."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return
