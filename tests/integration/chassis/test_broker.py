"""Asking a real broker how far topics reach, also after a question that failed."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from chassis.broker import Broker
from chassis.settings import ServiceSettings
from chassis.topics import ensure_topics
from ground.throwaway import Servers


async def test_a_question_that_failed_spoils_none_that_follows(
    servers: Servers, topic_prefix: str
) -> None:
    """The clients are kept between questions, and made anew after one that ended early."""
    topic = f"{topic_prefix}shoes"
    await ensure_topics(servers.kafka, [(topic, 1, {})])
    producer = AIOKafkaProducer(bootstrap_servers=servers.kafka)
    await producer.start()
    await producer.send_and_wait(topic, b"a shoe")
    await producer.stop()
    settings = ServiceSettings(
        service="shoe", database_url="postgresql://nowhere", kafka=servers.kafka, http_port=0
    )
    broker, place = Broker(settings), TopicPartition(topic, 0)
    async with broker.asking() as first:
        assert {place: 1} == await first[1].end_offsets([place])
    async with broker.asking() as second:
        assert first == second
    with pytest.raises(RuntimeError, match="half way"):
        async with broker.asking():
            raise RuntimeError("half way")
    async with broker.asking() as third:
        assert {place: 1} == await third[1].end_offsets([place])
    assert first != third
    await broker.close()
    await broker.close()
