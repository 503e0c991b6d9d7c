"""`tidtam source drop-tokens` against a small real HTTP server that stands for intake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.cli.loopback import Told, serving

URN = "urn:tidtam:source:sci-chem"


@pytest.fixture
def intake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """An intake that knows one source, which has two tokens."""
    with serving() as told:
        monkeypatch.setenv("TIDTAM_INTAKE_URL", told.url)
        monkeypatch.setenv("TIDTAM_OPERATOR_TOKEN", "operator")
        told.answers["GET /ops/sources"] = 200, {"sources": [{"slug": "sci-chem", "source": URN}]}
        dropped = {"source": URN, "dropped": 2}
        told.answers["DELETE /ops/sources/sci-chem/tokens"] = 200, dropped
        yield told


@pytest.mark.usefixtures("intake")
def test_all_tokens_of_a_source_are_dropped(call: Any, told: Any) -> None:
    """The command says how many are worthless now, in words and as JSON."""
    assert {"source": URN, "dropped": 2} == told("source", "drop-tokens", "sci-chem")
    assert "2 tokens dropped" in call("source", "drop-tokens", "sci-chem").stdout


def test_nobodys_tokens_are_not_dropped(intake: Told, call: Any) -> None:
    """A source that is not registered is named, and nothing is deleted."""
    call("source", "drop-tokens", "nobody", code=1)
    assert not [asked for asked, _ in intake.asked if asked.startswith("DELETE")]
