"""A real HTTP server on loopback that answers, or misbehaves, as each test tells it to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from notify.channels.http_exchange import HttpBounds

LOOPBACK = "127.0.0.1"
# 64 MiB: far more than lies in the buffers between two ends.
POURED_CHUNKS_MAX = 1024
# A send that ran out of time before it was heard, on a machine that was busy, is made again.
SHORT_THEN_LONG = tuple(HttpBounds(answer_seconds_max=seconds) for seconds in (0.1, 10))


@dataclass(frozen=True)
class Heard:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class HttpServer:
    """
    Plays one behaviour for each connection; the last one for all that follow.

    `heard` holds whole requests, `connections` counts them all.
    """

    def __init__(self, *script: Behaviour) -> None:
        self.script = list(script)
        self.heard: list[Heard] = []
        self.connections = 0
        self.poured_chunks = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def open(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listen no more, and end what is open."""
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._writers):
                writer.transport.abort()
            await asyncio.gather(*self._serving)
            await self._server.wait_closed()
            self._server = None

    async def hear(self, reader: asyncio.StreamReader) -> Heard:
        """Read one whole request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        heard = Heard(method, path, headers, body)
        self.heard.append(heard)
        return heard

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if (task := asyncio.current_task()) is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        behave = self.script[min(self.connections, len(self.script) - 1)]
        self.connections += 1
        try:
            await behave(self, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self._writers.discard(writer)


Behaviour = Callable[[HttpServer, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answers(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Behaviour:
    """Hears each request of a connection and answers it properly."""
    told = {"Content-Length": str(len(body)), **(headers or {})}
    lines = [f"HTTP/1.1 {status} Said", *(f"{n}: {v}" for n, v in told.items()), "", ""]

    async def behave(
        server: HttpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            await server.hear(reader)
            writer.write("\r\n".join(lines).encode("latin-1") + body)
            await writer.drain()

    return behave


async def slams(
    _server: HttpServer, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Ends the connection before it has heard anything."""
    writer.transport.abort()


async def hears_and_drops(
    server: HttpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Takes the whole request and ends the connection instead of answering."""
    await server.hear(reader)
    writer.transport.abort()


async def hears_and_stays_silent(
    server: HttpServer, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
) -> None:
    """Takes the whole request and never answers; ends when the other side does."""
    await server.hear(reader)
    await reader.read()


async def trickles_headers(
    server: HttpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answers with headers that never end, a little at a time."""
    await server.hear(reader)
    writer.write(b"HTTP/1.1 200 Said\r\n")
    while True:
        writer.write(b"x-a: b\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def pours_a_body(
    server: HttpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answers 200 and sends a body far too long, as fast as it is taken, and never ends it."""
    await server.hear(reader)
    writer.write(b"HTTP/1.1 200 Said\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(POURED_CHUNKS_MAX):
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()
        server.poured_chunks += 1
    await reader.read()


async def holds_the_body_back(
    server: HttpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answers 200, promises a body and never sends it."""
    await server.hear(reader)
    writer.write(b"HTTP/1.1 200 Said\r\nContent-Length: 9\r\n\r\n")
    await reader.read()
