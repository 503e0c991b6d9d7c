"""The checks of `make lint` are on: each tool, with our settings, catches a planted fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, checkout

CONFIG = str(ROOT / "pyproject.toml")


def ran(tool: str, *words: str) -> tuple[int, str]:
    """Exit code and words of a tool of this environment, run from the root."""
    command = [str(Path(sys.executable).with_name(tool)), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("E501", "x = '" + "x" * 100 + "'"),
        ("F401", "import os"),
        ("B006", "def f(x=[]): return x"),
        ("ASYNC251", "import time\nasync def f(): time.sleep(1)"),
    ],
)
def test_ruff_catches_a_planted_fault(code: str, line: str, tmp_path: Path) -> None:
    """A line over 100 letters, an unused import, a shared default, a sleep that blocks the loop."""
    (tmp_path / "a.py").write_text(f"{line}\n")
    exit_code, said = ran("ruff", "check", "--no-cache", "--config", CONFIG, str(tmp_path))
    assert exit_code == 1
    assert code in said


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("no-untyped-def", "def f(x): return x"),
        ("type-arg", "def f(x: list) -> None: ..."),
        ("arg-type", "def f(x: int) -> None: ...\nf('1')"),
    ],
)
def test_the_type_checker_is_strict(code: str, line: str, tmp_path: Path) -> None:
    """An untyped function, a bare generic and a wrong argument are errors under our settings."""
    (tmp_path / "planted.py").write_text(f"{line}\n")
    cache = ("--cache-dir", str(tmp_path / "cache"))
    exit_code, said = ran("mypy", "--config-file", CONFIG, *cache, str(tmp_path / "planted.py"))
    assert exit_code == 1
    assert f"[{code}]" in said


def test_every_package_of_ours_is_type_checked() -> None:
    """No package stands outside the type checker, and each tells its users that it has types."""
    packages = {Path(name).parents[0] for name in checkout().matching("*/src/*/__init__.py")}
    assert [str(p) for p in sorted(packages) if not (ROOT / p / "py.typed").exists()] == []
    checked = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[tool.mypy]")[1]
    roots = {str(package.parent) for package in packages}
    covered = {root for root in roots if f'"{root}"' in checked or '"deploy/local"' in checked}
    assert sorted(roots - covered) == []
