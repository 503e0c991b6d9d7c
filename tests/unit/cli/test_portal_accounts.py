"""`tidtam portal`: what is asked of the portal, and what a wrong call is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.cli.loopback import Told, serving

FORGET, END = "POST /ops/second-factor/forget", "POST /ops/sessions/end"


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """A portal at which somebody has an app and two sessions."""
    with serving() as one:
        monkeypatch.setenv("TIDTAM_PORTAL_URL", one.url)
        monkeypatch.setenv("TIDTAM_OPERATOR_TOKEN", "operator")
        one.answers[FORGET] = 200, {"forgotten": True, "sessions_ended": 2}
        one.answers[END] = 200, {"sessions_ended": 2}
        yield one


def test_a_lost_app_is_forgotten_with_a_reason(portal: Told, call: Any, told: Any) -> None:
    """Who and why travel in the body, never in the address."""
    arguments = ("portal", "forget-second-factor", "7f3a/x", "--reason", "telephone stolen")
    assert "Sessions ended: 2" in call(*arguments).stdout
    assert {"forgotten": True, "sessions_ended": 2} == told(*arguments)
    assert (FORGET, {"person": "7f3a/x", "reason": "telephone stolen"}) == portal.asked[0]


@pytest.mark.usefixtures("portal")
def test_without_a_reason_nothing_is_done(call: Any) -> None:
    """It is an option that must be given."""
    call("portal", "forget-second-factor", "7f3a", code=2)


def test_who_has_no_app_is_told_so(portal: Told, call: Any) -> None:
    """The service's own words are shown, and the command fails."""
    portal.answers[FORGET] = 404, {"error": "nobody by that name has an app here"}
    told = call("portal", "forget-second-factor", "x", "--reason", "lost", code=1)
    assert "nobody by that name" in told.stderr


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        (("--staff", "7f3a"), {"kind": "staff", "person": "7f3a"}),
        (("--payee", "p-1"), {"kind": "payee", "person": "p-1"}),
        (("--all", "payee"), {"kind": "payee", "all": True}),
    ],
)
def test_sessions_are_ended_of_one_or_of_all(
    portal: Told, call: Any, named: tuple[str, ...], asked: dict[str, Any]
) -> None:
    """Each way of naming whom is one body."""
    call("portal", "end-sessions", *named, "--reason", "left the office")
    assert [(END, {"reason": "left the office", **asked})] == portal.asked


@pytest.mark.parametrize("named", [(), ("--staff", "a", "--payee", "b"), ("--all", "everybody")])
def test_whose_sessions_must_be_said_once(portal: Told, call: Any, named: tuple[str, ...]) -> None:
    """Nobody, two, or a kind there is not: called wrongly, and nothing is asked."""
    call("portal", "end-sessions", *named, "--reason", "left the office", code=2)
    assert [] == portal.asked
