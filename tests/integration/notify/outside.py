"""
Notify with all its ways out, each to a real server on loopback that behaves as a test tells it.

A `Side` is one of them: what arrived there, by the identity that tells a repetition.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from contracts.notice import Channel
from ground.databases import Database
from notify.channels.http_exchange import HttpBounds

from tests.integration.notify.bed import Bed, close_bed, make_bed
from tests.integration.notify.channels.http_server import LOOPBACK, HttpServer, answers
from tests.integration.notify.channels.mail_server import MailServer
from tests.integration.notify.said import case_status, event, line_status, paid_line, payee

USER = "U" + "4af4980629" * 3 + "ab"
TOKEN = "token-of-the-account"
PAID = event("transferred", "2026-11-23T02:00")
NEWS = (line_status(1, paid_line(PAID)), case_status(1, PAID, lines="transferred"))
STEP_MINUTES = 5


@dataclass
class House:
    """Notify, and the servers that stand for a payee's system and for LINE."""

    bed: Bed
    hook: HttpServer
    line: HttpServer

    @property
    def hook_url(self) -> str:
        """Where the payee's system listens."""
        return f"http://{LOOPBACK}:{self.hook.port}/hook"

    async def register(self, kind: str, name: str) -> dict[str, Any]:
        """Register the endpoint a day ago, so that today's news is its own."""
        self.bed.clock.at -= timedelta(days=1)
        body = {"recipient": {"kind": kind, "id": name}, "url": self.hook_url}
        told = await self.bed.ask("POST", "/ops/webhooks", body)
        self.bed.clock.at += timedelta(days=1)
        return told

    async def state(self, channel: str, case: int = 1) -> tuple[str, int, str | None]:
        """State, attempts and failure of the one notice over a channel."""
        told = [one for one in await self.bed.notices(case) if one["channel"] == channel]
        ((state, attempt, failure),) = [(n["state"], n["attempt"], n["failure"]) for n in told]
        return state, attempt, failure

    def unknown(self, channel: str) -> float:
        """How many unknown outcomes were counted for a channel."""
        found = self.bed.base.metrics.registry.get_sample_value(
            "notice_unknown_outcome_total", {"channel": channel}
        )
        return found or 0.0

    def hurry(self, seconds: float) -> None:
        """Wait only so long for an answer from now on."""
        # Reaches inside: the bounds of a running service are no setting.
        ways: Any = self.bed.gateway._ways
        for channel in (Channel.WEBHOOK, Channel.LINE):
            way = ways[channel]
            bounds = HttpBounds(answer_seconds_max=seconds)
            way._settings = replace(way._settings, bounds=bounds)


@dataclass(frozen=True)
class Side:
    """One way out: how its server opens, closes, and what it has heard."""

    channel: str
    opens: Callable[[], Awaitable[None]]
    closes: Callable[[], Awaitable[None]]
    heard: Callable[[], list[str]]


async def open_house(database: Database, mail: MailServer, **more: Any) -> House:
    """Notify whose payee Anna is reached by letter, LINE and webhook."""
    hook, line = HttpServer(answers(204)), HttpServer(answers(200, {}, b"{}"))
    await hook.open()
    await line.open()
    settings = {
        "webhook_hosts": LOOPBACK,
        "line_token": TOKEN,
        "line_url": f"http://{LOOPBACK}:{line.port}",
    }
    return House(await make_bed(database, mail, **settings | more), hook, line)


async def close_house(house: House) -> None:
    """End all."""
    await close_bed(house.bed)
    await house.hook.close()
    await house.line.close()


async def side_of(house: House, channel: str) -> Side:
    """The side over which alone Anna is reached: by letter, LINE or webhook."""
    bed, hook, line = house.bed, house.hook, house.line
    if channel == "webhook":
        await house.register("payee", "anna")
        await bed.say(payee())
        return Side(channel, hook.open, hook.close, lambda: header(hook, "webhook-id"))
    if channel == "line":
        await bed.say(payee(line=USER))
        return Side(channel, line.open, line.close, lambda: header(line, "x-line-retry-key"))
    await bed.say(payee(email="anna@example.org"))
    mail = bed.mail

    def letters() -> list[str]:
        return [letter["Message-ID"] for letter in mail.letters]

    return Side(channel, mail.open, mail.close, letters)


def header(server: HttpServer, name: str) -> list[str]:
    """The values of a header, request by request."""
    return [one.headers[name] for one in server.heard]
