"""What Kafka gives again after a crash is no resend of its sender."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from intake import registry_store
from intake.acceptance import Verdict
from intake.redelivery import RESENT, first_told, place_of


class Came(NamedTuple):
    """An input at a place of Kafka."""

    position: str | None


class Ended(NamedTuple):
    """How it ended."""

    verdict: str


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, int], int]:
    """Partition 0 of the topic was answered up to its offset 5; what is noted comes in here."""
    notes: dict[tuple[str, int], int] = {("inbound.erp", 0): 5}

    async def answered_places(*_: Any) -> Mapping[tuple[str, int], int]:
        return dict(notes)

    async def note_answered(_: Any, reached: Mapping[tuple[str, int], int]) -> None:
        notes.update(reached)

    monkeypatch.setattr(registry_store, "answered_places", answered_places)
    monkeypatch.setattr(registry_store, "note_answered", note_answered)
    return notes


async def test_only_what_lies_behind_counts_as_sent_again(
    noted: dict[tuple[str, int], int],
) -> None:
    """Of what is known, offsets up to 5 were answered; new events and HTTP count in any case."""
    places = ("inbound.erp/0/4", "inbound.erp/0/5", "inbound.erp/0/6", "inbound.erp/1/2", None)
    resent = [(Came(place), Ended(RESENT)) for place in places]
    fresh = [(Came("inbound.erp/0/5"), Ended(Verdict.ACCEPTED))]
    inputs, answers = zip(*resent, *fresh, strict=True)
    counted: Any = await first_told(None, None, inputs, answers)  # type: ignore[arg-type]
    assert [*resent[2:], *fresh] == counted
    assert {("inbound.erp", 0): 6, ("inbound.erp", 1): 2} == noted


def test_a_topic_may_have_any_name() -> None:
    """The last two parts are numbers, and the verdict is the one intake gives."""
    assert (("inbound.a/b", 3), 17) == place_of("inbound.a/b/3/17")
    assert place_of(None) is None
    assert Verdict.RESENT == RESENT
