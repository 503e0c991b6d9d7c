"""`tidtam source portal` and `tidtam rebuild portal` against small real HTTP servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.cli.loopback import Told, serving

TOKEN = "tdt_" + "x" * 43


@pytest.fixture
def intake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """An intake that has one process in force."""
    with serving() as told:
        monkeypatch.setenv("TIDTAM_INTAKE_URL", told.url)
        monkeypatch.setenv("TIDTAM_OPERATOR_TOKEN", "operator")
        processes = [{"name": "disbursement", "version": 1, "sha256": ""}]
        told.answers["GET /ops/config"] = 200, {"processes": processes}
        told.answers["POST /ops/sources"] = 200, {"source": "portal", "version": 1, "topics": []}
        made = {"source": "portal", "token": TOKEN}
        told.answers["POST /ops/sources/portal/tokens"] = 200, made
        yield told


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """A portal whose rebuild has ended."""
    with serving() as one:
        monkeypatch.setenv("TIDTAM_PORTAL_URL", one.url)
        monkeypatch.setenv("TIDTAM_OPERATOR_TOKEN", "operator")
        one.answers["POST /ops/rebuild"] = 202, {"started": True, "rebuild": None}
        one.answers["GET /ops/rebuild"] = 200, {"rebuild": ended()}
        yield one


def ended(failure: str | None = None) -> dict[str, Any]:
    """What the portal says of a rebuild that has ended."""
    return {
        "records": 7,
        "done": 7,
        "ended_at": "2026-11-23T02:30:00+00:00",
        "failure": failure,
        "taken_away": {"cases": 1, "chunks": 2},
    }


def test_the_portal_becomes_a_source_that_says_what_officers_may(intake: Told, told: Any) -> None:
    """With any numbers, in the processes that are in force, under the token it already has."""
    assert {"source": "portal", "version": 1} == told("source", "portal", "--token", TOKEN)
    bodies = dict(intake.asked)
    source = bodies["POST /ops/sources"]
    assert ("officer", ["*"], ["disbursement"]) == (
        source["role"],
        source["issuers"],
        list(source["facts"]),
    )
    assert {"linked", "delayed", "contact-changed"} <= set(source["facts"]["disbursement"])
    assert {"token": TOKEN} == bodies["POST /ops/sources/portal/tokens"]


@pytest.mark.usefixtures("intake")
def test_a_token_that_was_made_is_shown_once(call: Any) -> None:
    """Without one given, the command tells the new one; a given one is not repeated."""
    assert TOKEN in call("source", "portal").stdout
    assert TOKEN not in call("source", "portal", "--token", TOKEN).stdout


def test_a_rebuild_is_followed_to_its_end(portal: Told, call: Any, told: Any) -> None:
    """Also one that somebody else began."""
    assert "7 records read; 3 rows that no topic says are gone" in call("rebuild", "portal").stdout
    portal.answers["POST /ops/rebuild"] = 409, {"started": False, "rebuild": None}
    assert 7 == told("rebuild", "portal")["done"]


def test_a_rebuild_that_ended_early_is_a_failure(portal: Told, call: Any) -> None:
    """The command says so and exits with 1."""
    portal.answers["GET /ops/rebuild"] = 200, {"rebuild": ended("KafkaConnectionError")}
    assert "KafkaConnectionError" in call("rebuild", "portal", code=1).stderr
