"""Messages gathered by partition: the same partition the client would choose, in the same order."""

from __future__ import annotations

from typing import Any

from aiokafka.partitioner import DefaultPartitioner
from chassis.parcels import Parcels, partition_of
from hypothesis import given
from hypothesis import strategies as st

TOPIC = "case-status"
COUNT = 4
ROOM = 3


class Batch:
    """A batch with room for three messages."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    def append(self, *, value: bytes, **_: Any) -> object | None:
        """Take *value*, or say that there is no room."""
        if len(self.values) == ROOM:
            return None
        self.values.append(value)
        return object()


class Client:
    """A producer that notes which batches it was handed."""

    def __init__(self) -> None:
        self.client = self.cluster = self
        self.handed: list[tuple[int, Batch]] = []

    def partitions_for_topic(self, _: str) -> set[int]:
        """The partitions of every topic."""
        return set(range(COUNT))

    def create_batch(self) -> Batch:
        """An empty batch."""
        return Batch()

    async def send_batch(self, batch: Batch, _: str, *, partition: int) -> Any:
        """Note it; what is waited for fails for a batch that holds `b"bad"`."""
        self.handed.append((partition, batch))

        async def outcome() -> None:
            if b"bad" in batch.values:
                raise ConnectionError("away")

        return outcome()


@given(st.binary(max_size=40), st.integers(1, 64))
def test_a_key_goes_where_the_client_would_send_it(key: bytes, count: int) -> None:
    """Keyed messages stay in the partition they have always been in."""
    every = list(range(count))
    assert partition_of(key, count) == DefaultPartitioner()(key, every, every)


@given(st.lists(st.sampled_from([b"a", b"b", b"c", None]), max_size=40))
async def test_every_message_goes_once_in_its_order(keys: list[bytes | None]) -> None:
    """However batches fill up, each message is handed over once, and those of a key in order."""
    client = Client()
    parcels = Parcels(client)
    for place, key in enumerate(keys):
        await parcels.add(TOPIC, key, b"%d" % place, ())
    await parcels.acknowledged()
    handed = [int(value) for _, batch in client.handed for value in batch.values]
    assert sorted(handed) == list(range(len(keys)))
    for key in set(keys):
        of_key = [place for place in handed if keys[place] == key]
        assert of_key == sorted(of_key)


async def test_one_batch_that_fails_is_not_overlooked() -> None:
    """A failure of any batch is raised, and every other one has been waited for."""
    client = Client()
    parcels = Parcels(client)
    for key, value in ((b"a", b"1"), (b"b", b"bad"), (b"c", b"2")):
        await parcels.add(TOPIC, key, value, ())
    try:
        await parcels.acknowledged()
    except ConnectionError as error:
        told = str(error)
    assert told == "away"
