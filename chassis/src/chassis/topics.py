"""
Making topics. Services never make the topics they read: a topic that is missing is a fault to be
seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

_ALREADY_EXISTS = 36


async def ensure_topics(
    bootstrap: str,
    topics: Sequence[tuple[str, int, Mapping[str, str]]],
    *,
    replication: int = -1,
) -> list[str]:
    """
    Make those of *topics* (name, partitions, configuration) that are missing; return their names.

    What exists is left as it is. *replication* -1 takes the broker's default. Raises a
    `KafkaError`.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        present = set(await admin.list_topics())
        missing = [topic for topic in topics if topic[0] not in present]
        if not missing:
            return []
        answer = await admin.create_topics([_new(*topic, replication) for topic in missing])
    finally:
        await admin.close()
    made = []
    for name, code, *rest in answer.topic_errors:
        if code == 0:
            made.append(name)
        elif code != _ALREADY_EXISTS:
            raise for_code(code)(f"topic {name}: {rest[0] if rest else code}")
    return made


def _new(
    name: str, partitions: int, configuration: Mapping[str, str], replication: int
) -> NewTopic:
    """Describe one topic; the client refuses -1 replicas when asked for, but sends it when set."""
    topic = NewTopic(name, partitions, 1, topic_configs=dict(configuration))
    topic.replication_factor = replication
    return topic
