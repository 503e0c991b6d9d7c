"""What the tests of intake say: numbers, registrations, rules; and how they wait and read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from contracts.process_file import load_process, to_json

PROCESS_FILE = Path(__file__).parents[3] / "contracts" / "processes" / "disbursement.yaml"
UNIT_FACTS = ("drafted", "submitted", "approved", "returned", "withdrawn", "delayed")
FINANCE_FACTS = ("received", "in-process", "transferred", "credited", "bounced", "cancelled")
OFFICER_FACTS = ("linked", "unlinked", "submitted", "received")
ALL_SAY = ("retracted", "heartbeat")
FACTS = {
    "unit": (*UNIT_FACTS, *ALL_SAY, "payee-registered"),
    "finance": (*FINANCE_FACTS, *ALL_SAY, "payee-registered", "contact-changed"),
    "officer": (*OFFICER_FACTS, *ALL_SAY),
}


async def until(condition: Callable[[], Any], seconds_max: float = 30.0) -> Any:
    """Wait until *condition* (plain or async) is true and return it; fail after *seconds_max*."""
    deadline = time.monotonic() + seconds_max
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds_max} s"
        await asyncio.sleep(0.03)


def rules() -> dict[str, Any]:
    """The disbursement process as `PUT /ops/config` takes it."""
    return {"processes": [to_json(load_process(PROCESS_FILE))]}


def ref(value: str, scheme: str = "claim", **more: str) -> dict[str, str]:
    """A reference as a source writes it."""
    return {"scheme": scheme, "value": value, **more}


def registration(slug: str, role: str, **changes: Any) -> dict[str, Any]:
    """What registers a source that may say all facts of its role about its own numbers."""
    return {
        "source": slug,
        "slug": slug,
        "name_th": "แหล่งข้อมูลทดสอบ",
        "name_en": "A source of the tests",
        "contact": "the tests",
        "role": role,
        "issuers": [slug],
        "facts": {"disbursement": list(FACTS[role])},
        "starts_at": "2025-01-01T00:00:00Z",
        **changes,
    }


async def read_all(reader: AIOKafkaConsumer, topic: str) -> list[ConsumerRecord]:
    """All records of *topic* up to its end as it is now."""
    places = [TopicPartition(topic, p) for p in await _partitions(reader, topic)]
    reader.assign(places)
    await reader.seek_to_beginning(*places)
    ends = await reader.end_offsets(places)
    found: list[ConsumerRecord] = []
    while any([await reader.position(place) < ends[place] for place in places]):
        for records in (await reader.getmany(timeout_ms=200)).values():
            found += records
    return found


async def _partitions(reader: AIOKafkaConsumer, topic: str) -> set[int]:
    await reader._client.force_metadata_update()
    found: set[int] | None = reader.partitions_for_topic(topic)
    assert found, f"no topic {topic}"
    return found
