"""
Throw-away servers: a Kafka, a PostgreSQL and whatever runs on them, gone with the run.

    with throwaway() as servers:
        servers.run("intake", [sys.executable, "-m", "intake.app"], {"TIDTAM_KAFKA": servers.kafka})
        servers.kill("kafka")
        servers.await_up("kafka")

Used by the tests' fixtures and by `tidtam prove`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ground import kafka as kafka_server
from ground import postgres as postgres_server
from ground.databases import Databases
from ground.errors import GroundError
from ground.kept import Outage
from ground.leftovers import PREFIX, mark, remove_leftovers, remove_run
from ground.ports import LOOPBACK, free_ports
from ground.program import Probe, Program, to_json

POLL_SECONDS = 0.02
START_SECONDS_MAX = 60.0


class Servers:
    """
    The run's servers. `kafka` is the bootstrap address, `postgres` the databases.

    Every method may be called from any thread.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kafka = ""
        self.postgres = Databases("")
        self._guard = threading.Lock()
        with (folder / "keeper.log").open("ab") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "ground.keeper", str(folder), str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )
        mark(folder, self._keeper.pid)

    def run(
        self,
        name: str,
        argv: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        http_port: int | None = None,
        path: str = "/readyz",
        restart: bool = True,
    ) -> None:
        """
        Start `argv` as `name`, and again whenever it ends, unless it is stopped.

        With `http_port` it counts as up once `path` there answers 200, else at once.
        """
        probe = Probe("http", http_port, path) if http_port else None
        folder = self.folder / name
        self.start(
            Program(name, tuple(argv), folder, (), environment or {}, probe, restart=restart)
        )

    def start(self, program: Program) -> None:
        """Start a program given as a value; `await_up` waits for it."""
        self._ask(do="run", program=to_json(program))

    def kill(self, name: str, away_seconds: float = 0.0) -> float:
        """Kill -9 `name`; it comes back by itself after `away_seconds`. The time, s since 1970."""
        killed_at = time.time()
        self._ask(do="kill", name=name, away_seconds=away_seconds)
        return killed_at

    def stop(self, name: str, patience_seconds: float = 15.0) -> int | None:
        """End `name` for good: TERM, then KILL; its exit code (negative: the signal)."""
        code: int | None = self._ask(do="stop", name=name, patience_seconds=patience_seconds)[
            "code"
        ]
        return code

    def is_up(self, name: str) -> bool:
        """Whether `name` runs and serves."""
        return bool(self._ask(do="report", name=name)["serving"])

    def pid(self, name: str) -> int | None:
        """Its process id now; None while it is down."""
        pid: int | None = self._ask(do="report", name=name)["pid"]
        return pid

    def outages(self, name: str) -> list[Outage]:
        """Each time `name` was down, oldest first."""
        return [Outage(**row) for row in self._ask(do="report", name=name)["outages"]]

    def await_up(self, name: str, seconds_max: float = START_SECONDS_MAX) -> float:
        """Wait until `name` serves; how many seconds that took."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds_max:
            report = self._ask(do="report", name=name)
            if report["serving"]:
                return time.monotonic() - begun
            if report["done"]:
                break
            time.sleep(POLL_SECONDS)
        why = report["failure"] or f"it does not answer after {seconds_max:.0f} s"
        raise GroundError(f"{name} is not up", why, "Its log ends: " + self.log_tail(name))

    def log(self, name: str) -> Path:
        """The file with what `name` wrote."""
        return self.folder / name / f"{name}.log"

    def log_tail(self, name: str, lines: int = 20) -> str:
        """The last lines `name` wrote."""
        path = self.log(name)
        written = path.read_text(errors="replace").splitlines() if path.exists() else []
        return "\n".join(written[-lines:])

    def close(self) -> None:
        """End everything; returns when processes and folder are gone."""
        if self._keeper.stdin:
            self._keeper.stdin.close()
        self._keeper.wait(START_SECONDS_MAX)
        if self._keeper.stdout:
            self._keeper.stdout.close()
        remove_run(self.folder)

    def _ask(self, **request: Any) -> dict[str, Any]:
        with self._guard:
            if not self._keeper.stdin or not self._keeper.stdout:
                raise GroundError("the keeper", "has no pipes", "This is a bug")
            try:
                self._keeper.stdin.write(json.dumps(request).encode() + b"\n")
                self._keeper.stdin.flush()
                line = self._keeper.stdout.readline()
            except (BrokenPipeError, ValueError):
                line = b""
        if not line:
            raise GroundError("the keeper", "is gone", f"Its log: {self.folder / 'keeper.log'}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise GroundError(f"the keeper on {request['do']}", answer["error"], "See its log")
        return answer


@contextmanager
def throwaway(kafka: bool = True, postgres: bool = True, fsync: bool = False) -> Iterator[Servers]:
    """Servers in a temporary folder on free loopback ports, gone when the block or we end."""
    remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o755)
    servers = Servers(folder)
    try:
        _begin(servers, kafka, postgres, fsync)
        yield servers
    finally:
        servers.close()


def _begin(servers: Servers, kafka: bool, postgres: bool, fsync: bool) -> None:
    broker, controller, database = free_ports(3)
    if postgres:
        servers.start(postgres_server.program(servers.folder / "postgres", database, fsync))
    if kafka:
        servers.start(kafka_server.program(servers.folder / "kafka", broker, controller))
        servers.kafka = f"{LOOPBACK}:{broker}"
    if postgres:
        servers.await_up("postgres")
        servers.postgres = Databases(f"postgresql://postgres@{LOOPBACK}:{database}")
        servers.postgres.prepare()
    if kafka:
        servers.await_up("kafka")
