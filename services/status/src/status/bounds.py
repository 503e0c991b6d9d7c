"""
What a message keeps of a long list: no case may grow past what Kafka takes. Pure.

The relay refuses a message over 1,000,000 bytes, and a refused message would hold up every case
behind it. All budgets together stay below that, with room for headers and the envelope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson

FEW = 20
"""So few rows cannot reach any budget: ids and codes have their own bounds at intake."""

LINES_PER_CHUNK = 200
CHUNK_BYTES_MAX = 700_000
TRANSFERS_BYTES_MAX = 60_000
WHOLE_BYTES_MAX = 600_000
"""A state up to here is told whole."""

LIST_BYTES_MAX: Mapping[str, int] = MappingProxyType(
    {
        "timeline": 240_000,
        "spans": 140_000,
        "contradictions": 100_000,
        "joining": 60_000,
        "about": 60_000,
    }
)
FACTS_BYTES_MAX = 60_000
"""For each of `established` and `withdrawn`."""


def newest(rows: Sequence[Any], bytes_max: int) -> Sequence[Any]:
    """The last of *rows* whose JSON is at most *bytes_max* long together, in their order."""
    if len(rows) <= FEW:
        return rows
    size, start = 0, len(rows)
    while start > 0:
        size += len(orjson.dumps(rows[start - 1])) + 1
        if size > bytes_max:
            break
        start -= 1
    return rows[start:]


def bounded(
    lists: Mapping[str, Sequence[Any]], budgets: Mapping[str, int]
) -> tuple[dict[str, Sequence[Any]], dict[str, int]]:
    """The lists cut to their budgets, and how many entries each has lost, zeros left out."""
    kept = {name: newest(lists[name], bytes_max) for name, bytes_max in budgets.items()}
    lost = {name: len(lists[name]) - len(kept[name]) for name in budgets}
    return kept, {name: count for name, count in lost.items() if count}


def in_chunks(rows: Sequence[Any]) -> list[list[Any]]:
    """*rows* in pieces of at most 200, and of at most `CHUNK_BYTES_MAX` of JSON."""
    if len(rows) == 1:
        return [list(rows)]
    chunks: list[list[Any]] = []
    room = 0
    for row in rows:
        size = len(orjson.dumps(row)) + 1
        if not chunks or len(chunks[-1]) == LINES_PER_CHUNK or size > room:
            chunks.append([])
            room = CHUNK_BYTES_MAX
        chunks[-1].append(row)
        room -= size
    return chunks
