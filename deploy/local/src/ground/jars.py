"""
The jars of Kafka and Zipkin: fetched through jgo, checked against the committed sums.

`jars.lock.toml` is the list; once a jar is in the cache and its sum was seen to be right,
nothing is asked of any repository again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ground.errors import GroundError
from ground.paths import cache_folder

LOCK = Path(__file__).resolve().parents[2] / "jars.lock.toml"
Fetch = Callable[["Jar", Path], Path]


@dataclass(frozen=True, slots=True)
class Jar:
    """A Maven artifact by its coordinates, and the SHA-256 (hex) its bytes must have."""

    server: str
    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @property
    def name(self) -> str:
        """The file name."""
        tail = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{tail}.jar"

    @property
    def path(self) -> Path:
        """Where it lies, relative to a Maven repository."""
        return Path(*self.group.split("."), self.artifact, self.version, self.name)


def locked(server: str, lock: Path = LOCK) -> list[Jar]:
    """The jars of `server` in class-path order."""
    rows = tomllib.loads(lock.read_text())["jar"]
    return [Jar(**row) for row in rows if row["server"] == server]


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch_with_jgo(jar: Jar, repository: Path) -> Path:
    """Download one jar through jgo into `repository`; `TIDTAM_MAVEN` names a mirror."""
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext

    remote = os.environ.get("TIDTAM_MAVEN", MAVEN_CENTRAL_URL).rstrip("/")
    context = MavenContext(
        repo_cache=repository, local_repos=[], remote_repos={"maven": remote}, timeout=60
    )
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    return component.artifact(classifier=jar.classifier, packaging="jar").resolve()


def class_path(
    server: str, lock: Path = LOCK, cache: Path | None = None, fetch: Fetch = fetch_with_jgo
) -> list[Path]:
    """
    The checked jars of `server`, downloaded when missing.

    A file whose sum is not the committed one is removed and refused by name.
    """
    cache = cache or cache_folder()
    jars = locked(server, lock)
    with _alone(cache):
        seen = _read_seen(cache)
        missing = [jar for jar in jars if not _present(jar, cache, seen)]
        if missing:
            _download(missing, cache, fetch)
        fresh = {jar.name: _stamp(cache / "maven" / jar.path, jar.sha256) for jar in jars}
        if fresh.items() - seen.items():
            (cache / "checked.json").write_text(json.dumps({**seen, **fresh}, indent=1))
    return [cache / "maven" / jar.path for jar in jars]


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    with (cache / "jars.guard").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def _read_seen(cache: Path) -> dict[str, str]:
    try:
        return dict(json.loads((cache / "checked.json").read_text()))
    except (OSError, ValueError):
        return {}


def _stamp(path: Path, sha256: str) -> str:
    found = path.stat()
    return f"{sha256} {found.st_size} {found.st_mtime_ns}"


def _present(jar: Jar, cache: Path, seen: dict[str, str]) -> bool:
    path = cache / "maven" / jar.path
    if not path.exists():
        return False
    if seen.get(jar.name) != _stamp(path, jar.sha256):
        _check(jar, path)
    return True


def _check(jar: Jar, path: Path) -> None:
    found = digest(path)
    if found == jar.sha256:
        return
    path.unlink()
    raise GroundError(
        jar.name,
        f"its SHA-256 is {found}, the lock says {jar.sha256}; the file was removed",
        "Run again; if it comes back wrong, the repository or the way to it is not to be trusted",
    )


def _download(jars: list[Jar], cache: Path, fetch: Fetch) -> None:
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=cache) as staging:

        def bring(jar: Jar) -> None:
            path = _fetched(jar, Path(staging), fetch)
            _check(jar, path)
            target = cache / "maven" / jar.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(bring, jars))


def _fetched(jar: Jar, staging: Path, fetch: Fetch) -> Path:
    try:
        return fetch(jar, staging)
    except Exception as error:
        raise GroundError(
            f"{jar.name} could not be downloaded",
            f"{type(error).__name__}: {str(error)[:300]}",
            "Behind a proxy set HTTPS_PROXY (and REQUESTS_CA_BUNDLE for its certificate); with a "
            "mirror of Maven Central set TIDTAM_MAVEN to its address; then run the same again",
        ) from error
