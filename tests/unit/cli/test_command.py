"""The command line itself: its tour, its help, its exit codes, and that --json is everywhere."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from tidtam.main import app

ROOT: Any = typer.main.get_command(app)


def leaves(command: Any = ROOT, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """All commands with the words that call them."""
    if not hasattr(command, "list_commands"):
        return [(path, command)]
    found = []
    for name in command.list_commands(None):
        found += leaves(command.get_command(None, name), (*path, name))
    return found


LEAVES = leaves()


def test_alone_it_prints_the_tour(call: Any) -> None:
    """`tidtam` alone names the commands a newcomer needs, and where to begin."""
    printed = call().stdout
    for word in ("tidtam case", "tidtam publish", "tidtam unmatched", "make up"):
        assert word in printed


def test_the_tour_only_names_commands_that_exist(call: Any) -> None:
    """Every `tidtam …` of the tour is a command."""
    named = {line.split()[1] for line in call().stdout.splitlines() if line[:8] == "  tidtam"}
    assert named <= {path[0] for path, _ in LEAVES}


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=[" ".join(path) for path, _ in LEAVES])
def test_every_command_takes_json_and_shows_an_example(path: tuple[str, ...], command: Any) -> None:
    """Each command has --json, and its help has an example that begins with its own words."""
    assert any("--json" in option.opts for option in command.params)
    assert f"tidtam {' '.join(path)}".rstrip() in " ".join(command.help.split())


def test_an_unknown_command_is_called_wrongly(call: Any) -> None:
    """Calling wrongly ends with 2."""
    call("nosuch", code=2)
    call("case", code=2)


def test_without_addresses_it_says_which_variable_is_missing(call: Any) -> None:
    """Where no server is known, the command ends with 3, names the variable and `make up`."""
    result = call("case", "1", code=3)
    assert "" == result.stdout
    assert "TIDTAM_INTAKE_URL" in result.stderr
    assert "make up" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("unmatched",),
        ("source", "list"),
        ("dead-letters", "list"),
        ("rebuild", "status"),
        ("sla", "attainment"),
    ],
    ids=" ".join,
)
def test_a_service_that_does_not_answer_is_named(
    words: tuple[str, ...], call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused connection ends with 3 and names the address."""
    monkeypatch.setenv("TIDTAM_OPERATOR_TOKEN", "x")
    for name in ("INTAKE", "STATUS", "SLA"):
        monkeypatch.setenv(f"TIDTAM_{name}_URL", "http://127.0.0.1:9")
    assert "http://127.0.0.1:9" in call(*words, code=3).stderr


def test_json_asks_no_questions(call: Any) -> None:
    """With --json, link and unlink want --yes instead of asking."""
    for word in ("link", "unlink"):
        assert "--yes" in call(word, "A", "B", "--reason", "other", "--json", code=2).stderr


def test_an_incomplete_source_names_what_is_missing(call: Any, monkeypatch: Any) -> None:
    """`source add` by options says which are missing."""
    monkeypatch.setenv("TIDTAM_OPERATOR_TOKEN", "x")
    assert "--name-th" in call("source", "add", "--slug", "x", "--role", "unit", code=2).stderr
