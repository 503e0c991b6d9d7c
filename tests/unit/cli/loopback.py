"""Small real HTTP servers on loopback that stand for the services, as tests set them up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Answer = tuple[int, Any]


@dataclass
class Told:
    """What a service answers by method and path, and what it was asked, in order."""

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[Told]:
    """A server that answers what `answers` says (the query left out), and 404 else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_DELETE(self) -> None:
            self._answer(None)

        def do_PUT(self) -> None:
            length = int(self.headers["content-length"])
            raw = self.rfile.read(length)
            self._answer(json.loads(raw) if raw else None)

        def do_POST(self) -> None:
            self.do_PUT()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _answer(self, body: Any) -> None:
            told.asked.append((f"{self.command} {self.path}", body))
            known = f"{self.command} {self.path.partition('?')[0]}"
            status, said = told.answers.get(known, (404, {"error": "nothing here"}))
            raw = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told = Told(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
