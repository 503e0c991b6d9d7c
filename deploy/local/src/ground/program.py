"""A program to run, as a value: made by the servers' modules, run by `keeper` or `processes`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Probe:
    """How to see that a program serves. `kind`: tcp, kafka, postgres or http (with `path`)."""

    kind: str
    port: int
    path: str = "/"


@dataclass(frozen=True, slots=True)
class Program:
    """
    One process to run.

    `prepare` are commands that run to their end before the first start, and only then.
    `environment` is laid over the caller's own.
    `account` is the system user to run as; empty means our own.
    `restart` says whether a keeper starts it again when it ends.
    `stop_signal` is the name of the signal that asks it to end.
    """

    name: str
    argv: tuple[str, ...]
    folder: Path
    prepare: tuple[tuple[str, ...], ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    probe: Probe | None = None
    account: str = ""
    restart: bool = True
    stop_signal: str = "SIGTERM"

    @property
    def log(self) -> Path:
        """The file that takes its standard output and error."""
        return self.folder / f"{self.name}.log"

    def full_environment(self) -> dict[str, str]:
        """The caller's environment with this program's own laid over it."""
        return {**os.environ, **self.environment}


def to_json(program: Program) -> str:
    """The program as one line of JSON."""
    return json.dumps(asdict(program), default=str)


def from_json(text: str) -> Program:
    """The program that `to_json` wrote."""
    raw = json.loads(text)
    probe = Probe(**raw["probe"]) if raw["probe"] else None
    return Program(
        name=raw["name"],
        argv=tuple(raw["argv"]),
        folder=Path(raw["folder"]),
        prepare=tuple(tuple(step) for step in raw["prepare"]),
        environment=raw["environment"],
        probe=probe,
        account=raw["account"],
        restart=raw["restart"],
        stop_signal=raw["stop_signal"],
    )
