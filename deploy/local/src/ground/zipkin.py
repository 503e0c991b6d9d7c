"""Zipkin as the trace viewer: its own jar, spans in memory, on the loopback."""

from __future__ import annotations

from pathlib import Path

from ground.jars import class_path
from ground.java import QUICK, java
from ground.ports import LOOPBACK
from ground.program import Probe, Program

SPANS_MAX = 200_000


def program(folder: Path, port: int) -> Program:
    """Zipkin on `port`; fetches its jar when the cache lacks it."""
    (jar,) = class_path("zipkin")
    place = "--armeria.ports[0]"
    listening = (f"{place}.ip={LOOPBACK}", f"{place}.port={port}", f"{place}.protocols[0]=http")
    return Program(
        name="zipkin",
        argv=(java(), "-Xmx384m", *QUICK, "-jar", str(jar), *listening),
        folder=folder,
        environment={
            "STORAGE_TYPE": "mem",
            "MEM_MAX_SPANS": str(SPANS_MAX),
            "AUTOCOMPLETE_KEYS": "tidtam.case,tidtam.event,tidtam.source",
            "QUERY_LOOKBACK": "86400000",
        },
        probe=Probe("http", port, "/health"),
    )
