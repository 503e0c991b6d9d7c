"""
Asking the broker what is beside reading it: how far topics reach, how far groups have read.

    broker = Broker(settings)
    async with broker.asking() as (admin, consumer):
        ends = await consumer.end_offsets(places)
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from chassis.settings import ServiceSettings


class Broker:
    """A pair of clients, made at the first question; after one that failed, made anew."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._bootstrap = settings.kafka
        self._admin: Any = None
        self._consumer: Any = None

    @contextlib.asynccontextmanager
    async def asking(self) -> AsyncIterator[tuple[Any, Any]]:
        """
        The clients: one for administration, and a consumer that belongs to no group.

        Raises what they raise. Whatever ends a question early, also its being given up, may leave a
        half-read answer behind: both are closed then.
        """
        try:
            if self._admin is None:
                await self._connect()
            yield self._admin, self._consumer
        except BaseException:
            await self.close()
            raise

    async def _connect(self) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, enable_auto_commit=False
        )
        await self._admin.start()
        await self._consumer.start()

    async def close(self) -> None:
        """Give the connections back."""
        admin, consumer, self._admin, self._consumer = self._admin, self._consumer, None, None
        for client in (admin and admin.close, consumer and consumer.stop):
            if client is not None:
                with contextlib.suppress(Exception):
                    await client()
