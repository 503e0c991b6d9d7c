"""Which servers the tests use."""

from __future__ import annotations

import pytest
from ground.choosing import Choice, choose

KAFKA, POSTGRES = "127.0.0.1:9092", "postgresql://postgres@127.0.0.1:5432"
GIVEN = {"TIDTAM_TEST_KAFKA": KAFKA, "TIDTAM_TEST_POSTGRES": POSTGRES}


@pytest.mark.parametrize(
    ("environment", "engine", "expected"),
    [
        ({}, False, Choice("local", "local")),
        ({}, True, Choice("containers", "containers")),
        ({"TIDTAM_TEST_KAFKA": KAFKA}, True, Choice("given", "containers", KAFKA)),
        (GIVEN, True, Choice("given", "given", KAFKA, POSTGRES)),
    ],
)
def test_the_choice(environment: dict[str, str], engine: bool, expected: Choice) -> None:
    """What is given by address wins, then containers where an engine answers, then our own."""
    assert choose(environment, lambda: engine) == expected


def test_no_engine_is_asked_when_all_is_given() -> None:
    """With both addresses given, nobody waits for a Docker engine."""

    def must_not_be_asked() -> bool:
        raise AssertionError("asked")

    assert choose(GIVEN, must_not_be_asked).kafka == "given"
