"""
A clock that is moved from outside, so that a log of the past is judged day by day, as it was lived.

For checking the chain alone: `TIDTAM_CLOCK_FILE` asks for it, and is refused wherever one of the
servers is on another machine. Whoever moves the clock vouches for what he says with it: that all he
sent before has been judged, and that what the sources said of themselves may be judged by. Why so:
docs/decisions/0023-a-clock-that-follows.md.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chassis.database import backoff_seconds
from chassis.service import Base
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sla.handlers import DUE_MAX, Handlers
from sla.store import Word

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Stop(BaseModel):
    """
    An instant at which the clock stands. `due`: until all that is due by then has been judged;
    `settled`: by the words of sources that had been heard when the clock was sent here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    due: bool = True
    settled: bool = False


class Asked(BaseModel):
    """A request to move the clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stops: tuple[Stop, ...]


class Way(BaseModel):
    """Where the clock was sent from and to, and the words that had been heard by then."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    stops: tuple[Stop, ...] = ()
    words: tuple[Word, ...] = ()


class SteeredClock:
    """
    Stands where it was moved to last. Its file remembers the last way through kill -9: that way is
    then gone once more, and what was judged on it is no longer due.
    """

    def __init__(self, start: datetime, file: Path) -> None:
        self._file = file
        known = file.exists()
        self._way = Way.model_validate_json(file.read_bytes()) if known else Way(at=start)
        self._at = self._way.at
        self.ahead = list(self._way.stops)

    @property
    def words(self) -> Sequence[Word]:
        """The words of sources that had been heard when it was sent on its way."""
        return self._way.words

    def now(self) -> datetime:
        """The instant at which it stands, in UTC."""
        return self._at.astimezone(UTC)

    def plan(self, stops: Sequence[Stop], words: Sequence[Word]) -> None:
        """Have these stops ahead, without those it has passed: it never goes back."""
        ahead = tuple(stop for stop in stops if stop.at >= self._at)
        self._way = Way(at=self._at, stops=ahead, words=tuple(words))
        self.ahead = list(ahead)
        # Renamed into place: a process killed here leaves the old way or the new one.
        beside = self._file.with_suffix(".new")
        beside.write_text(self._way.model_dump_json(), encoding="utf-8")
        os.replace(beside, self._file)

    def reach(self, stop: Stop) -> None:
        """Stand at *stop*, which stays ahead until it is finished."""
        self._at = stop.at

    def finish(self) -> None:
        """The stop it stands at is behind it."""
        del self.ahead[0]


class Steering:
    """
    Moves the clock and judges what that makes due. No state of a case is judged meanwhile: it would
    be judged as of a time that is not its own.
    """

    def __init__(self, base: Base, handlers: Handlers, clock: SteeredClock) -> None:
        self._base = base
        self._handlers = handlers
        self._clock = clock
        self._moving = asyncio.Lock()
        self._planned = asyncio.Event()

    async def resume(self) -> None:
        """Go on with the way a killed process was on, before anything is read."""
        if self._clock.ahead:
            await self._moving.acquire()
            self._planned.set()

    def held(self, handle: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
        """*handle*, which waits while the clock moves."""

        async def waiting(batch: Any) -> None:
            async with self._moving:
                await handle(batch)

        return waiting

    def routes(self) -> list[Route]:
        """The routes; the chassis lets only the operator's token in."""
        return [
            Route("/ops/clock", self.show, methods=["GET"]),
            Route("/ops/clock", self.move, methods=["PUT"]),
        ]

    async def show(self, _: Request) -> Response:
        """Where the clock stands, once it stands."""
        async with self._moving:
            return JSONResponse({"at": self._clock.now().isoformat()})

    async def move(self, request: Request) -> Response:
        """
        Go to each of `stops` in turn, once it stands where it was sent before. Answers as soon as
        no state is judged before it is there.
        """
        try:
            asked = Asked.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"error": str(error)}, 422)
        await self._moving.acquire()
        try:
            words = await self._handlers.unsettled()
            self._clock.plan(asked.stops, words)
        except BaseException:
            self._moving.release()
            raise
        self._planned.set()
        return JSONResponse({"stops": len(self._clock.ahead)}, 202)

    async def run(self) -> None:
        """Move whenever a way is planned, until cancelled, whatever fails."""
        while True:
            await self._planned.wait()
            self._planned.clear()
            failures = 0
            while self._clock.ahead:
                try:
                    await self._judge_at(self._clock.ahead[0])
                    failures = 0
                except Exception as error:
                    failures += 1
                    self._base.log.warning("cannot move the clock, will go on", exc_info=error)
                    await asyncio.sleep(backoff_seconds(failures))
            self._moving.release()

    async def _judge_at(self, stop: Stop) -> None:
        self._clock.reach(stop)
        if stop.settled and self._clock.words:
            await self._handlers.settle(self._clock.words)
        while stop.due and await self._handlers.tick() >= DUE_MAX:
            pass
        self._clock.finish()


def elsewhere(database_url: str, kafka: str, http_host: str) -> list[str]:
    """The hosts among these that are not this machine."""
    hosts = [urlsplit(f"//{one}").hostname for one in (*kafka.split(","), http_host)]
    hosts.append(urlsplit(database_url).hostname)
    return sorted({host for host in hosts if host and host not in LOOPBACK})
