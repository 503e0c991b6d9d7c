"""The first step of a fresh machine: what is missing is said in the first line."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from ground.paths import REPOSITORY

SCRIPT = str(REPOSITORY / "deploy" / "local" / "bootstrap.py")


def _without(module: str) -> str:
    planted = f"import sys, runpy; sys.modules[{module!r}] = None; runpy.run_path({SCRIPT!r}, "
    code = planted + "run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stderr.splitlines()[0]


def test_a_python_without_pip_is_told_so() -> None:
    """Without ensurepip the first line names it and the package that brings it."""
    first = _without("ensurepip")
    assert first.startswith("This Python lacks pip (ensurepip), so no environment can be made.")
    assert "-venv`" in first


def test_a_python_without_venv_is_told_so() -> None:
    """Without venv the first line names it."""
    assert _without("venv").startswith("This Python lacks venv, so no environment can be made.")


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_is_done_when_nothing_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In an environment that is in sync the step runs nothing and says nothing."""
    bootstrap = _loaded()
    ran: list[str] = []
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "run", lambda what, *_command: ran.append(what))
    bootstrap.main()
    assert ran == ["Making .venv", "Getting uv", "Installing", "Installing our own members"]
    assert capsys.readouterr().out.endswith("In sync with requirements.lock.\n")
    bootstrap.main()
    assert (len(ran), capsys.readouterr().out) == (4, "")


def test_a_failed_step_says_what_why_and_what_to_do() -> None:
    """The message of a failed download carries the cause and the settings for a proxy."""
    with pytest.raises(SystemExit, match=r"(?s)Getting uv failed:\nno route\n.*HTTPS_PROXY"):
        _loaded().run("Getting uv", sys.executable, "-c", "raise SystemExit('no route')")


def test_the_lock_pins_uv_with_hashes() -> None:
    """What is installed first is as pinned as the rest."""
    pinned = _loaded().locked_uv()
    assert pinned.startswith("uv==")
    assert "--hash=sha256:" in pinned
