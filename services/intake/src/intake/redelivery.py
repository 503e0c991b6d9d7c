"""Records that Kafka gives again after a crash: answered before, and no resend of their sender."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from chassis.database import Connection
from chassis.gathered import Writer

from intake import registry_store

Place = tuple[str, int]
RESENT = "resent"


class Placed(Protocol):
    """An input; `position` is where it lay on Kafka, `topic/partition/offset`."""

    @property
    def position(self) -> str | None:
        """None where it came by HTTP."""


class Answered(Protocol):
    """How an input ended."""

    @property
    def verdict(self) -> str:
        """The verdict's name."""


AnInput = TypeVar("AnInput", bound=Placed)
AnAnswer = TypeVar("AnAnswer", bound=Answered)


async def first_told(
    connection: Connection, writer: Writer, inputs: Sequence[AnInput], answers: Sequence[AnAnswer]
) -> list[tuple[AnInput, AnAnswer]]:
    """
    Inputs that count, with their answers: all but what was resent only as Kafka gave it twice.

    Also notes by *writer*, in the transaction of the batch, how far each partition is answered.
    """
    told = list(zip(inputs, answers, strict=True))
    placed = [(one, place_of(one[0].position)) for one in told]
    reached: dict[Place, int] = {}
    for _, found in placed:
        if found is not None:
            place, offset = found
            reached[place] = max(offset, reached.get(place, offset))
    if not reached:
        return told
    before: dict[Place, int] = {}
    if any(answer.verdict == RESENT for _, answer in told):
        before = await registry_store.answered_places(connection, sorted(reached))
    await registry_store.note_answered(writer, reached)
    return [
        one
        for one, found in placed
        if one[1].verdict != RESENT or found is None or found[1] > before.get(found[0], -1)
    ]


def place_of(position: str | None) -> tuple[Place, int] | None:
    """Topic and partition, and the offset there, of a position; None where it came by HTTP."""
    if position is None:
        return None
    topic, partition, offset = position.rsplit("/", 2)
    return (topic, int(partition)), int(offset)
