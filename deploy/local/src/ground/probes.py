"""
Whether a server serves: one cheap question to each, in its own protocol.

An open port is not enough: a broker that comes back after a crash accepts connections
seconds before it answers, and a database accepts them while it still recovers.
"""

from __future__ import annotations

import asyncio
import struct

from ground.ports import LOOPBACK
from ground.program import Probe

ANSWER_SECONDS = 2.0
POLL_SECONDS = 0.05


async def _ask(port: int, question: bytes, size: int) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(question)
        await writer.drain()
        return await reader.read(size) if size else b""
    finally:
        writer.close()


async def _kafka(port: int) -> bool:
    client = b"probe"
    api_versions, version, correlation = 18, 0, 7
    body = struct.pack(">hhih", api_versions, version, correlation, len(client)) + client
    answer = await _ask(port, struct.pack(">i", len(body)) + body, 10)
    return len(answer) == 10 and struct.unpack(">iih", answer)[1:] == (correlation, 0)


async def _postgres(port: int) -> bool:
    parameters = b"user\0postgres\0database\0postgres\0\0"
    question = struct.pack(">ii", len(parameters) + 8, 196608) + parameters
    return await _ask(port, question, 1) == b"R"


async def _http(port: int, path: str) -> bool:
    question = f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n"
    answer = await _ask(port, question.encode(), 12)
    return answer.endswith(b" 200")


async def _tcp(port: int) -> bool:
    await _ask(port, b"", 0)
    return True


async def _asked(probe: Probe) -> bool:
    match probe.kind:
        case "kafka":
            return await _kafka(probe.port)
        case "postgres":
            return await _postgres(probe.port)
        case "http":
            return await _http(probe.port, probe.path)
    return await _tcp(probe.port)


async def serves(probe: Probe) -> bool:
    """Whether the server behind `probe` answers within two seconds."""
    try:
        return await asyncio.wait_for(_asked(probe), ANSWER_SECONDS)
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False


async def wait_until_serves(probe: Probe) -> None:
    """Return when the server answers; the caller sets the bound."""
    while not await serves(probe):  # noqa: ASYNC110, nothing tells us of it
        await asyncio.sleep(POLL_SECONDS)
