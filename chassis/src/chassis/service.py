"""
A service from settings to signal: everything it stands on, in one event loop, in the right order.

    def main() -> None:
        serve(load_settings(IntakeSettings), "intake", MIGRATIONS, build)
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
from aiokafka.errors import KafkaError
from starlette.routing import BaseRoute

from chassis import logs, telemetry
from chassis.clock import Clock, clock_from
from chassis.consuming import Consumer, Consumption
from chassis.database import backoff_seconds, open_pool
from chassis.health import Health
from chassis.metrics import Metrics
from chassis.migrations import CHASSIS_MIGRATIONS, migrate
from chassis.ops import dead_letter_routes
from chassis.relay import Relay, make_producer
from chassis.telemetry import Tracing
from chassis.watchdog import Watchdog
from chassis.web import Server, make_app, make_server, open_routes

if TYPE_CHECKING:
    from chassis.settings import ServiceSettings

FLUSH_SECONDS = 5.0
GC_THRESHOLDS = (50_000, 20, 100)
EXIT_LOST = 70


@dataclass(frozen=True, slots=True)
class Base:
    """What a service is given to build itself with."""

    settings: Any
    clock: Clock
    pool: asyncpg.Pool[Any]
    relay: Relay
    tracing: Tracing
    metrics: Metrics
    log: Any


@dataclass(frozen=True, slots=True)
class Parts:
    """
    What a service is made of. `tasks` run until the service stops; one that ends, ends the process.
    """

    consumptions: Sequence[Consumption] = ()
    routes: Sequence[BaseRoute] = ()
    tasks: Sequence[Callable[[], Awaitable[None]]] = ()
    closers: Sequence[Callable[[], Awaitable[None]]] = field(default=())


Build = Callable[[Base], Awaitable[Parts]]


def serve(settings: ServiceSettings, schema: str, migrations: Path, build: Build) -> None:
    """
    Run a service until SIGTERM or SIGINT; waits for Postgres and Kafka as long as it takes.

    Raises `SystemExit` with 70 when the watchdog gives up, after logging why.
    """
    log = logs.setup(settings.service, settings.instance, settings.log_level)
    reason = asyncio.run(_Service(settings, schema, migrations, build, log).run())
    if reason is not None:
        log.critical("the service ends itself", reason=reason)
        raise SystemExit(EXIT_LOST)
    log.info("stopped")


class _Service:
    """One run of a service."""

    def __init__(
        self, settings: ServiceSettings, schema: str, migrations: Path, build: Build, log: Any
    ) -> None:
        self._settings = settings
        self._schema = schema
        self._migrations = migrations
        self._build = build
        self._log = log
        self._metrics = Metrics()
        self._health = Health(self._metrics)
        self._app = make_app(self._health, settings)
        self._server = make_server(self._app, settings)
        self._consumers: list[Consumer] = []
        self._stack = contextlib.AsyncExitStack()

    async def run(self) -> str | None:
        """Start, wait for a signal or a reason to end, stop; return the reason."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with self._stack:
            http = self._background(_serving(self._server), "http")
            work = self._background(self._work(), "service")
            stopping = self._background(stop.wait(), "stop")
            done, _ = await asyncio.wait(
                {http, work, stopping}, return_when=asyncio.FIRST_COMPLETED
            )
            reason = None if stopping in done else _reason(done)
            self._health.starting = "stopping"
            self._log.info("stopping", reason=reason or "signal")
            await _cancelled(work)
            await self._drain()
        self._server.should_exit = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_ended(http), 6)
        return reason

    def _background(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run *work* beside the rest; it is cancelled at the end, the last one first."""
        task = asyncio.create_task(work, name=name)
        if name != "http":
            self._stack.push_async_callback(_cancelled, task)
        return task

    async def _work(self) -> str:
        """Start everything in order, then watch; return the reason to end."""
        base = await self._base()
        parts = await self._build(base)
        for closer in parts.closers:
            self._stack.push_async_callback(closer)
        self._consumers = [
            Consumer(one, self._settings, self._metrics) for one in parts.consumptions
        ]
        ops = dead_letter_routes(base, lambda: self._consumers)
        open_routes(self._app, [*ops, *parts.routes])
        tasks = [
            self._background(_forever(one), getattr(one, "__qualname__", "task"))
            for one in parts.tasks
        ]
        self._background(base.relay.run(), "relay")
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        self._health.consumers = self._consumers
        await asyncio.gather(*(consumer.start() for consumer in self._consumers))
        self._health.starting = None
        self._log.info("started", port=_port(self._server))
        watchdog = Watchdog(self._consumers, lambda: _answers(base.relay))
        watching = self._background(watchdog.run(), "watchdog")
        done, _ = await asyncio.wait({watching, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        return _reason(done)

    async def _base(self) -> Base:
        """Wait for Postgres and Kafka and make what the service is built from."""
        settings, log = self._settings, self._log
        self._health.starting = "waiting for the database"
        pool = await self._database()
        tracing = self._tracing()
        self._health.starting = "waiting for Kafka"
        producer = make_producer(settings.kafka, f"{settings.service}-{settings.instance}")
        self._stack.push_async_callback(_stopped, producer)
        relay = Relay(pool, producer, settings.topic_prefix, tracing=tracing, metrics=self._metrics)
        self._health.pool, self._health.relay = pool, relay
        await self._until("Kafka", producer.start)
        self._health.starting = "starting"
        return Base(settings, clock_from(settings), pool, relay, tracing, self._metrics, log)

    async def _database(self) -> asyncpg.Pool[Any]:
        """Open the pool and bring the schema up to date."""

        def waiting(error: BaseException) -> None:
            self._log.warning("waiting for the database", exc_info=error)

        pool = await open_pool(self._settings, self._schema, waiting=waiting)
        self._stack.push_async_callback(_closed, pool)
        folders = [CHASSIS_MIGRATIONS, self._migrations]

        async def migrated() -> None:
            ran = await migrate(pool, self._schema, folders)
            self._log.info("schema is up to date", ran=ran)

        await self._until("the database", migrated)
        return pool

    async def _until(self, what: str, step: Callable[[], Awaitable[None]]) -> None:
        """Repeat *step* while what it needs is away; other errors end the start."""
        attempt = 0
        while True:
            try:
                return await step()
            except (OSError, TimeoutError, asyncpg.PostgresError, KafkaError) as error:
                self._log.warning("waiting", what=what, exc_info=error)
            await asyncio.sleep(backoff_seconds(attempt, cap=3.0))
            attempt += 1

    def _tracing(self) -> Tracing:
        """
        Set traces up; all services of an installation derive one key from the operator's token.
        """
        settings = self._settings
        token = settings.operator_token
        secret = b"" if token is None else token.get_secret_value().encode()
        tracing = telemetry.setup(
            settings.service,
            settings.otlp_endpoint,
            settings.trace_sample_ratio,
            key=hashlib.sha256(b"trace sampling" + secret).digest(),
            instance=settings.instance,
        )
        self._stack.push_async_callback(asyncio.to_thread, tracing.shutdown)
        return tracing

    async def _drain(self) -> None:
        """Stop consuming with what is in hand finished, then publish what that made."""
        await asyncio.gather(*(one.stop() for one in self._consumers), return_exceptions=True)
        relay = self._health.relay
        if relay is not None and relay.active:
            await relay.flush(FLUSH_SECONDS)


async def _serving(server: Server) -> None:
    """Serve HTTP; a taken port is an error like any other, not an exit from under us."""
    try:
        await server.serve()
    except SystemExit as error:
        raise OSError("the HTTP port cannot be opened") from error


async def _forever(work: Callable[[], Awaitable[None]]) -> None:
    """Run a service's own task."""
    await work()


async def _ended(task: asyncio.Task[Any]) -> None:
    """Wait for *task*, whatever became of it."""
    await asyncio.wait({task})


async def _cancelled(task: asyncio.Task[Any]) -> None:
    """Cancel *task* and wait for its end."""
    task.cancel()
    await asyncio.wait({task}, timeout=10)


async def _stopped(producer: Any) -> None:
    """Stop the producer; while the broker is away it would wait for ever."""
    with contextlib.suppress(Exception):
        await asyncio.wait_for(producer.stop(), 5)


async def _closed(pool: asyncpg.Pool[Any]) -> None:
    """Close the pool, by force if need be."""
    try:
        await asyncio.wait_for(pool.close(), 5)
    except Exception:
        pool.terminate()


async def _answers(relay: Relay) -> bool:
    """Return whether a broker answers within five seconds."""
    with contextlib.suppress(Exception):
        return await asyncio.wait_for(relay.broker_answers(), 5)
    return False


def _reason(done: set[asyncio.Task[Any]]) -> str:
    """Say why the first of the tasks that must not end has ended."""
    task = next(iter(done))
    error = None if task.cancelled() else task.exception()
    if error is not None:
        return f"{task.get_name()}: {logs.told(error)}"
    result = None if task.cancelled() else task.result()
    return result if isinstance(result, str) else f"{task.get_name()} has ended"


def _port(server: Server) -> int | None:
    """Return the port that is really open."""
    sockets = [socket for one in getattr(server, "servers", []) for socket in one.sockets]
    return sockets[0].getsockname()[1] if sockets else None
