"""The jars and their sums: a wrong one is refused by name, a right one is fetched once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ground.errors import GroundError
from ground.jars import LOCK, Jar, class_path, locked
from ground.lock import jar_rows

CONTENT = b"a jar, as far as anybody knows"
GOOD = Jar("kafka", "org.example", "thing", "1.0", "", hashlib.sha256(CONTENT).hexdigest())


class Repository:
    """A Maven repository that counts what it is asked for."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[str] = []

    def __call__(self, jar: Jar, folder: Path) -> Path:
        """Fetch one jar into a folder."""
        self.asked.append(jar.name)
        path = folder / jar.name
        path.write_bytes(self.content)
        return path


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock that names the good jar."""
    path = tmp_path / "jars.lock.toml"
    path.write_text(jar_rows([GOOD]))
    return path


def test_a_jar_is_fetched_once(lock: Path, tmp_path: Path) -> None:
    """The second start asks nothing of the repository."""
    repository = Repository(CONTENT)
    first = class_path("kafka", lock, tmp_path, repository)
    second = class_path("kafka", lock, tmp_path, repository)
    assert (first, repository.asked) == (second, ["thing-1.0.jar"])


def test_a_download_with_a_wrong_sum_is_refused_by_name(lock: Path, tmp_path: Path) -> None:
    """A jar that is not the locked one is named and never reaches the cache."""
    with pytest.raises(GroundError) as refusal:
        class_path("kafka", lock, tmp_path, Repository(b"planted"))
    assert refusal.value.what == "thing-1.0.jar"
    assert list(tmp_path.rglob("*.jar")) == []


def test_a_jar_altered_in_the_cache_is_removed(lock: Path, tmp_path: Path) -> None:
    """A cached jar that was changed is refused by name and removed, then fetched anew."""
    (path,) = class_path("kafka", lock, tmp_path, Repository(CONTENT))
    path.write_bytes(b"planted")
    with pytest.raises(GroundError, match=r"thing-1\.0\.jar: its SHA-256 is .* was removed"):
        class_path("kafka", lock, tmp_path, Repository(CONTENT))
    assert not path.exists()
    assert class_path("kafka", lock, tmp_path, Repository(CONTENT)) == [path]


def test_a_failed_download_says_what_why_and_what_to_do(lock: Path, tmp_path: Path) -> None:
    """The one message names the jar, the cause, and the settings for a proxy and a mirror."""

    def unreachable(_jar: Jar, _folder: Path) -> Path:
        raise ConnectionError("no route")

    with pytest.raises(GroundError) as refusal:
        class_path("kafka", lock, tmp_path, unreachable)
    told = refusal.value
    assert (told.what, told.why) == (
        "thing-1.0.jar could not be downloaded",
        "ConnectionError: no route",
    )
    assert "HTTPS_PROXY" in told.remedy
    assert "TIDTAM_MAVEN" in told.remedy


def test_the_committed_lock_names_every_jar_with_its_sum() -> None:
    """Kafka's 46 jars and Zipkin's one stand in the lock, each with 64 hex digits."""
    jars = [*locked("kafka"), *locked("zipkin")]
    assert len(jars) == 47
    assert {len(jar.sha256) for jar in jars} == {64}
    assert "://" not in LOCK.read_text()
