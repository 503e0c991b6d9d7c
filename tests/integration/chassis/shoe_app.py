"""
An invented service on the chassis, run as a process by the tests: counts each order once, says so.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chassis.consuming import Consumption
from chassis.deadletters import DeadLetter, put_dead_letters
from chassis.outbox import Outgoing, put_outgoing
from chassis.service import Base, Parts, serve
from chassis.settings import ServiceSettings, load_settings
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

CLAIM = """
insert into seen (id) select unnest($1::text[]) on conflict do nothing returning id
"""


class ShoeSettings(ServiceSettings):
    """The invented service's settings."""

    service: str = "shoe"
    ends: bool = False


async def _ends() -> None:
    """A task of the service that ends, as no task should."""


async def build(base: Base) -> Parts:
    """Build it: orders in, one status for each new order out, `bad` ones into dead letters."""

    async def on_orders(records: Sequence[ConsumerRecord]) -> None:
        good = {record.value.decode(): record for record in records if record.value != b"bad"}
        async with base.pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(CLAIM, sorted(good))
            new = {row["id"] for row in rows}
            letters = [DeadLetter(one, "unreadable") for one in records if one.value == b"bad"]
            await put_dead_letters(connection, letters)
            out = [
                Outgoing("order-status", record.key, record.value)
                for order, record in good.items()
                if order in new
            ]
            await put_outgoing(connection, out)
        base.relay.wake()

    async def count(_: Request) -> Response:
        return JSONResponse({"count": await base.pool.fetchval("select count(*) from seen")})

    return Parts(
        consumptions=[
            Consumption(name="orders", group="shoe", topics=("order",), handle=on_orders)
        ],
        routes=[Route("/v1/count", count)],
        tasks=[_ends] if base.settings.ends else [],
    )


if __name__ == "__main__":
    serve(load_settings(ShoeSettings), "intake", Path(sys.argv[1]), build)
