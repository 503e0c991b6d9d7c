"""The command as tests call it: in this process, with nothing of the machine's own settings."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tidtam.main import app
from typer.testing import CliRunner

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No TIDTAM_ variable, and a state folder that is empty."""
    for name in [name for name in os.environ if name.startswith("TIDTAM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TIDTAM_STATE", str(tmp_path / "state"))


@pytest.fixture
def call() -> Call:
    """Call the command; its result, which must end with `code`."""

    def run(*arguments: str, code: int = 0, text: str | None = None) -> Any:
        result = CliRunner().invoke(app, list(arguments), input=text)
        assert code == result.exit_code, result.output
        return result

    return run


@pytest.fixture
def told(call: Call) -> Call:
    """Call the command with --json; the one value it prints on stdout."""

    def run(*arguments: str, code: int = 0, text: str | None = None) -> Any:
        return json.loads(call(*arguments, "--json", code=code, text=text).stdout)

    return run
