"""
Postgres: the pool of a service, and which of its errors pass by themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

if TYPE_CHECKING:
    from chassis.settings import ServiceSettings

POOL_SIZE_MAX = 10
PLANNING = {
    "jit": "off",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""
Services ask for rows by key, in batches.

A plan is kept for as long as its connection: one made while a table was small would read all of it
for every batch, until the next ANALYZE. Compiling such plans costs more than it saves.
"""

Connection: TypeAlias = "asyncpg.Connection[Any] | PoolConnectionProxy[Any]"
"""What a store is given: a connection of a pool, or one of its own."""

_TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.exceptions.ConnectionFailureError,
    OSError,
    TimeoutError,
)
_LOST_CONNECTION = ("connection is closed", "connection was closed", "pool is closing", "released")


def is_transient(error: BaseException) -> bool:
    """
    Return whether *error* passes by itself: a lost connection, a deadlock, a server that starts or
    stops.

    The driver uses one class for lost connections and for wrong arguments, so its text must tell.
    """
    if isinstance(error, asyncpg.InterfaceError):
        return any(words in str(error) for words in _LOST_CONNECTION)
    return isinstance(error, _TRANSIENT)


def backoff_seconds(attempt: int, start: float = 0.2, cap: float = 10.0) -> float:
    """
    Return how long to wait after failed attempt 0, 1, 2 …: doubling from *start*, jittered, at most
    *cap*.
    """
    return min(cap, start * 2.0 ** min(attempt, 16)) * random.uniform(0.5, 1.0)


async def open_pool(
    settings: ServiceSettings,
    schema: str,
    *,
    waiting: Callable[[BaseException], None] | None = None,
    size_max: int = POOL_SIZE_MAX,
) -> asyncpg.Pool[Any]:
    """
    Return a pool whose connections see *schema* first and nothing else; waits until Postgres
    answers.

    *waiting* hears the error of each attempt. Errors that do not pass by themselves (a wrong
    password, no such database) are waited out too: the operator may mend them without restarting
    the service.
    """
    attempt = 0
    while True:
        try:
            return await _open(settings, schema, size_max)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            if waiting is not None:
                waiting(error)
        await asyncio.sleep(backoff_seconds(attempt, cap=3.0))
        attempt += 1


@contextlib.asynccontextmanager
async def locked(connection: Connection, lock: str, shared: bool = False) -> AsyncIterator[None]:
    """
    A transaction that begins as the only holder of the advisory lock *lock* (plain words), or,
    *shared*, as one of many that keep a sole holder out.

    Begin and lock are one round trip, and what is read afterwards is as new as the lock.
    """
    kind = "_shared" if shared else ""
    await connection.execute(f"begin; select pg_advisory_xact_lock{kind}(hashtext('{lock}'))")
    try:
        yield
    except BaseException:
        if not connection.is_closed():
            await connection.execute("rollback")
        raise
    await connection.execute("commit")


async def _nothing(connection: object) -> None:
    """
    Reset nothing when a connection goes back: no handler leaves anything on one.

    The driver's own reset costs a round trip each time. Who locks a session ends that session.
    """


async def _open(settings: ServiceSettings, schema: str, size_max: int) -> asyncpg.Pool[Any]:
    """Open the pool, once."""
    pool = await asyncpg.create_pool(
        settings.database_url,
        min_size=1,
        max_size=size_max,
        timeout=5,
        command_timeout=60,
        max_inactive_connection_lifetime=0,
        reset=_nothing,
        server_settings={
            "search_path": f'"{schema}"',
            "application_name": settings.service,
            **PLANNING,
        },
    )
    assert pool is not None
    return pool
