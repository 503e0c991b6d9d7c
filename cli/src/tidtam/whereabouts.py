"""
Where the servers are: the environment first, else `.state/env`, which `make up` writes.

`.state` is looked for from the current folder upwards, so every folder of a checkout will do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tidtam.trouble import USAGE, Trouble, not_set

STATE = ".state"
PREFIX = "TIDTAM_"
ZONE = "Asia/Bangkok"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The `TIDTAM_…` values in force; `state` is the local servers' folder, where there is one."""

    values: Mapping[str, str]
    state: Path | None = None

    def get(self, name: str, default: str = "") -> str:
        """Return the value of `TIDTAM_<name>`, or *default*."""
        return self.values.get(PREFIX + name) or default

    def need(self, name: str) -> str:
        """Return the value of `TIDTAM_<name>`. Raises `Trouble` naming the variable."""
        value = self.get(name)
        if not value:
            raise not_set(PREFIX + name)
        return value

    def topic(self, name: str) -> str:
        """Return the real name of a topic or consumer group."""
        return self.get("TOPIC_PREFIX") + name

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days are counted and shown. Raises `Trouble`."""
        name = self.get("ZONE", ZONE)
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise Trouble(f"TIDTAM_ZONE: there is no zone {name!r}.", code=USAGE) from None

    def now(self) -> datetime:
        """Return the present instant in UTC; `TIDTAM_CLOCK_AT` is a clock that stands there."""
        at = self.get("CLOCK_AT")
        try:
            return datetime.fromisoformat(at).astimezone(UTC) if at else datetime.now(UTC)
        except ValueError:
            raise Trouble("TIDTAM_CLOCK_AT is not an RFC 3339 time.", code=USAGE) from None


def find(start: Path | None = None) -> Whereabouts:
    """Return the whereabouts as seen from the folder *start* (default: the current one)."""
    named = os.environ.get(PREFIX + "STATE")
    state = Path(named) if named else find_upwards(STATE, start)
    values = _read(state / "env") if state is not None else {}
    values |= {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    return Whereabouts(values, state)


def find_upwards(name: str, start: Path | None = None) -> Path | None:
    """Return the nearest `name` in *start* or a folder above it."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / name).exists():
            return folder / name
    return None


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}
