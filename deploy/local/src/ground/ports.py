"""Free TCP ports on the loopback, and who holds a taken one."""

from __future__ import annotations

import random
import socket

import psutil

from ground.errors import GroundError

LOOPBACK = "127.0.0.1"
# Below the range the kernel takes for outgoing connections: a server that is down for a moment
# would otherwise lose its port to some client.
FIRST, LAST = 20000, 31999


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback now."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """`count` different free ports, chosen at random so that two runs rarely meet."""
    chosen: list[int] = []
    for port in random.sample(range(FIRST, LAST), LAST - FIRST):
        if is_free(port):
            chosen.append(port)
        if len(chosen) == count:
            return chosen
    raise GroundError("ports", f"no {count} free ports from {FIRST} to {LAST}", "End some servers.")


def owner_of(port: int) -> str | None:
    """Name, pid and command of the process that listens on `port`; None when nobody is seen to."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        here = connection.status == psutil.CONN_LISTEN and connection.laddr
        if here and here.port == port and connection.pid:
            return _describe(connection.pid)
    return None


def _describe(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        return f"{process.name()} (pid {pid}: {' '.join(process.cmdline())[:80]})"
    except psutil.Error:
        return f"pid {pid}"
