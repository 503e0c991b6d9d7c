"""Why the relay is as it is: what the obvious other ways lose; and its span in a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chassis.outbox import Outgoing, put_outgoing
from chassis.relay import Relay
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import telemetry

if TYPE_CHECKING:
    from tests.integration.chassis.conftest import Bed

SENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def put(bed: Bed, *messages: Outgoing) -> None:
    """Commit *messages*."""
    async with bed.pool.acquire() as connection, connection.transaction():
        await put_outgoing(connection, messages)


async def test_a_plain_cursor_would_lose_the_straggler(bed: Bed) -> None:
    """
    Why the relay looks from the start: a row with a lower id can be committed after a higher one.
    """
    async with bed.pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await put_outgoing(slow, [Outgoing("order-status", b"a", b"late")])
        await put(bed, Outgoing("order-status", b"a", b"early"))
        cursor = await bed.pool.fetchval("select max(id) from outbox")
        await transaction.commit()
    by_cursor = await bed.pool.fetch("select value from outbox where id > $1", cursor)
    from_start = await bed.pool.fetch("select value from outbox order by id")
    assert (by_cursor, [row["value"] for row in from_start]) == ([], [b"late", b"early"])


async def test_deleting_up_to_an_id_would_delete_the_unsent(bed: Bed) -> None:
    """Why the relay deletes exact ids: `id <= last` also takes a row that no one has published."""
    async with bed.pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await put_outgoing(slow, [Outgoing("order-status", b"a", b"late")])
        await put(bed, Outgoing("order-status", b"a", b"early"))
        published = await bed.pool.fetch("select id from outbox")
        await transaction.commit()
    ids = [row["id"] for row in published]
    up_to = await bed.pool.fetchval("select count(*) from outbox where id <= $1", max(ids))
    exact = await bed.pool.fetchval("select count(*) from outbox where id = any($1)", ids)
    assert (up_to, exact) == (2, 1)


async def test_a_traced_row_has_the_relays_span(bed: Bed) -> None:
    """A row with a traceparent goes out under the relay's own span; a row without has none."""
    exporter = InMemorySpanExporter()
    tracing = telemetry.setup("shoe", "", 1.0, exporter=exporter)
    await bed.topic("order-status")
    await put(
        bed,
        Outgoing("order-status", b"a", b"1", (("traceparent", SENT),)),
        Outgoing("order-status", b"a", b"2"),
    )
    bed.relay_of(Relay(bed.pool, bed.producer, bed.settings.topic_prefix, tracing=tracing))
    traced, plain = await bed.read("order-status", 2)
    tracing.shutdown()
    (span,) = exporter.get_finished_spans()
    ((name, value),) = traced.headers
    assert (name, value.decode()) == (
        "traceparent",
        f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01",
    )
    assert (span.name, dict(span.attributes or {})) == ("relay", {"topic": "order-status"})
    assert span.context.trace_id == int(SENT.split(b"-")[1], 16)
    assert plain.headers == ()
