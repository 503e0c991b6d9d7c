"""The throw-away servers: they serve, come back from kill -9, and keep their data and ports."""

from __future__ import annotations

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from ground.databases import Database
from ground.throwaway import Servers


async def test_a_database_comes_from_the_template(database: Database) -> None:
    """Each service finds a schema of its own in a fresh database."""
    connection = await asyncpg.connect(database.url("intake"))
    try:
        schema = await connection.fetchval("SELECT current_schema()")
    finally:
        await connection.close()
    assert schema == "intake"


async def test_no_service_reads_anothers_schema(database: Database) -> None:
    """A service that asks for another's table is refused by the database itself."""
    connection = await asyncpg.connect(database.url("intake"))
    try:
        refused = ""
        try:
            await connection.execute("CREATE TABLE status.stolen (id int)")
        except asyncpg.InsufficientPrivilegeError as error:
            refused = str(error)
    finally:
        await connection.close()
    assert refused == "permission denied for schema status"


async def test_records_outlive_a_killed_broker(killable: Servers, topic_prefix: str) -> None:
    """After kill -9 the broker comes back on its port with the records it had acknowledged."""
    topic = f"{topic_prefix}kept"
    await _make_topic(killable.kafka, topic)
    producer = AIOKafkaProducer(bootstrap_servers=killable.kafka, acks="all")
    await producer.start()
    await producer.send_and_wait(topic, b"still here")
    await producer.stop()
    killable.kill("kafka")
    killable.await_up("kafka")
    assert await _first_record(killable.kafka, topic) == b"still here"


async def test_rows_outlive_a_killed_database(killable: Servers) -> None:
    """After kill -9 PostgreSQL comes back on its port with the rows it had committed."""
    await _execute(killable, "CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS number")
    killable.kill("postgres")
    killable.await_up("postgres")
    connection = await asyncpg.connect(killable.postgres.url())
    try:
        number = await connection.fetchval("SELECT number FROM kept")
    finally:
        await connection.close()
    assert number == 7


async def _execute(servers: Servers, statement: str) -> None:
    connection = await asyncpg.connect(servers.postgres.url())
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _make_topic(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()


async def _first_record(bootstrap: str, topic: str) -> bytes | None:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        record = await consumer.getone()
    finally:
        await consumer.stop()
    value: bytes | None = record.value
    return value
