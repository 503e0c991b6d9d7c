"""Who may import whom: the sentences in pyproject.toml hold, and each of them catches its fault."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.tree import ROOT

PACKAGES = {
    "contracts": "contracts/src",
    "chassis": "chassis/src",
    "intake": "services/intake/src",
    "notify": "services/notify/src",
    "portal": "services/portal/src",
    "sla": "services/sla/src",
    "status": "services/status/src",
    "ground": "deploy/local/src",
    "tidtam": "cli/src",
}

PLANTED = [
    # the sentence, the module at fault, what it imports
    ("Contracts import nothing of ours", "contracts/process.py", "import chassis.clock"),
    ("The chassis imports nothing of ours", "chassis/clock.py", "import contracts.process"),
    ("Services never import each other", "status/app.py", "import intake.model"),
    (
        "Services know neither the command nor the ground they run on",
        "intake/app.py",
        "import ground.ports",
    ),
    (
        "The command talks to services only over the wire",
        "tidtam/output.py",
        "import status.model",
    ),
    (
        "The ground starts services and imports none, nor the command",
        "ground/ports.py",
        "import tidtam.output",
    ),
    ("Decisions and models do no I/O", "status/decide.py", "import asyncpg"),
    ("Decisions and models do no I/O", "intake/model.py", "from pathlib import Path"),
    ("Pure modules know no database", "status/publish.py", "import status.store"),
    (
        "In intake calls go one way, and every module has its place",
        "intake/model.py",
        "import intake.decide",
    ),
    ("In intake calls go one way, and every module has its place", "intake/utils.py", ""),
    ("Decisions and models do no I/O", "notify/corrections.py", "import httpx"),
    ("In notify calls go one way, and every module has its place", "notify/utils.py", ""),
    ("Decisions and models do no I/O", "portal/decide.py", "import httpx"),
    ("In portal calls go one way, and every module has its place", "portal/utils.py", ""),
    ("Decisions and models do no I/O", "sla/verdicts.py", "import asyncio"),
    ("In sla calls go one way, and every module has its place", "sla/utils.py", ""),
    ("In status calls go one way, and every module has its place", "status/utils.py", ""),
    ("In the chassis calls go one way, and every module has its place", "chassis/utils.py", ""),
]


def sentences() -> list[dict[str, Any]]:
    """The import contracts of the house."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = told["tool"]["importlinter"]["contracts"]
    return found


def copied(place: Path) -> Path:
    """Our packages, side by side in a folder of their own, and the import contracts."""
    place.mkdir()
    for package, source in PACKAGES.items():
        left_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / source / package, place / package, ignore=left_out)
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


def linted(place: Path) -> tuple[int, str]:
    """Exit code and words of import-linter for the packages in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(place)}
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of our packages to plant faults in, one after the other."""
    return copied(tmp_path_factory.mktemp("house") / "copy")


def test_no_import_breaks_a_sentence(house: Path) -> None:
    """All import contracts hold for the code as it stands."""
    code, said = linted(house)
    assert (code, said.count("BROKEN")) == (0, 0), said


@pytest.mark.parametrize(("sentence", "module", "line"), PLANTED)
def test_a_planted_import_is_caught(house: Path, sentence: str, module: str, line: str) -> None:
    """An import that breaks a sentence, or a module without a place, is refused by that name."""
    path = house / module
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        code, said = linted(house)
    finally:
        path.unlink() if before is None else path.write_text(before, encoding="utf-8")
    assert code == 1
    assert f"{sentence} BROKEN" in said


def test_every_sentence_has_a_planted_fault() -> None:
    """No import contract stands that was never seen to catch anything."""
    assert {one["name"] for one in sentences()} == {sentence for sentence, *_ in PLANTED}
