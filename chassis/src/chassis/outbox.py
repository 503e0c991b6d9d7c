"""
The outbox: messages written by the transaction that makes them true, published afterwards by the
relay.

Lock and write the state first and call `put_outgoing` last: then the order of ids is, for each key,
the order of commits, and the relay keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import OversizeMessage
from chassis.gathered import Writer
from chassis.tables import Table

SIZE_BYTES_MAX = 1_000_000
"""Key, value and headers of one message together; below the broker's own limit of 1 MiB."""

_COLUMNS = ("topic", "key", "value", "header_names", "header_values")
_PLAIN = Table("outbox", {"topic": "text", "key": "bytea", "value": "bytea"})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """
    One message to publish.

    `topic` is the house's name, without the prefix of an installation. A `value` of None is a
    tombstone and needs a key.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


async def put_outgoing(writer: Writer, messages: Sequence[Outgoing]) -> None:
    """
    Write *messages* into the outbox, in the order given, inside the caller's transaction.

    Raises `OversizeMessage` before anything is written.
    """
    if not messages:
        return
    rows = [_row(message) for message in messages]
    if any(message.headers for message in messages):
        await writer.copy_records_to_table("outbox", records=rows, columns=_COLUMNS)
    else:
        await _PLAIN.put(writer, [row[:3] for row in rows])


def _row(message: Outgoing) -> tuple[object, ...]:
    """Return the columns of *message*."""
    key, value, headers = message.key, message.value, message.headers
    size = len(key or b"") + len(value or b"")
    if headers:
        names, values = [name for name, _ in headers], [content for _, content in headers]
        size += sum(map(len, names)) + sum(len(content or b"") for content in values)
    else:
        names, values = [], []
    if size > SIZE_BYTES_MAX:
        raise OversizeMessage(message.topic, key, size, SIZE_BYTES_MAX)
    if key is None and value is None:
        raise ValueError(f"a tombstone on {message.topic} needs a key")
    return (message.topic, key, value, names, values)
