"""
Make the two locks anew: requirements.lock and jars.lock.toml. Run as `python -m ground.lock`.

No line of either names a host, so that a mirror works and none is given away.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from ground.jars import LOCK, Jar, digest, fetch_with_jgo
from ground.paths import REPOSITORY, cache_folder

MEMBERS = (
    "contracts",
    "chassis",
    "cli",
    "deploy/local",
    "services/intake",
    "services/status",
    "services/sla",
    "services/notify",
    "services/portal",
)
BUILDING = ("hatchling>=1.27", "editables>=0.5", "uv>=0.9")
KAFKA = "org.apache.kafka:kafka_2.13:4.3.0"
# Kafka's artifact brings no writer for its own log.
LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
ZIPKIN = Jar("zipkin", "io.zipkin", "zipkin-server", "3.6.1", "exec", "")
HEAD = (
    "# The jars of the ground and the SHA-256 each must have. "
    "Made by `make lock`; read by `ground.jars`.\n"
)


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text())


def requirements() -> list[str]:
    """What the members and the development tools ask for, our own members left out."""
    asked = set(BUILDING) | set(_read(REPOSITORY / "pyproject.toml")["dependency-groups"]["dev"])
    for member in MEMBERS:
        asked |= set(_read(REPOSITORY / member / "pyproject.toml")["project"]["dependencies"])
    return sorted(line for line in asked if not line.startswith("tidtam-"))


def lock_requirements() -> None:
    """Resolve them for every platform and write requirements.lock, with hashes."""
    with tempfile.NamedTemporaryFile("w", suffix=".in") as wanted:
        wanted.write("\n".join(requirements()))
        wanted.flush()
        uv = Path(sys.executable).parent / "uv"
        hostless = ("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate")
        how = ("--universal", "--generate-hashes", "--python-version", "3.11", *hostless)
        target = str(REPOSITORY / "requirements.lock")
        subprocess.run([uv, "pip", "compile", "-q", *how, "-o", target, wanted.name], check=True)


def resolved_jars() -> list[Jar]:
    """Kafka with all it needs, and Zipkin, downloaded and summed."""
    import jgo

    found = [
        Jar("kafka", part.groupId, part.artifactId, part.version, part.classifier, "")
        for endpoint in (KAFKA, LOGGING)
        for part in jgo.resolve(endpoint)
    ]
    return [_summed(jar) for jar in dict.fromkeys([*found, ZIPKIN])]


def _summed(jar: Jar) -> Jar:
    path = fetch_with_jgo(jar, cache_folder() / "maven")
    return Jar(jar.server, jar.group, jar.artifact, jar.version, jar.classifier, digest(path))


def jar_rows(jars: list[Jar]) -> str:
    """The text of jars.lock.toml."""
    fields = ("server", "group", "artifact", "version", "classifier", "sha256")
    rows = [
        "\n[[jar]]\n" + "".join(f'{name} = "{getattr(jar, name)}"\n' for name in fields)
        for jar in jars
    ]
    return HEAD + "".join(rows)


if __name__ == "__main__":
    lock_requirements()
    LOCK.write_text(jar_rows(resolved_jars()))
