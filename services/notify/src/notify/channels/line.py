"""
LINE by the Messaging API: one push message with one text, as its published description says.

The retry key makes a repetition harmless for a day: LINE answers 409 to what it has taken before.
"""

from __future__ import annotations

import asyncio
import ssl
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from chassis.clock import Clock

from notify.channels.http_exchange import (
    USUAL_BOUNDS,
    Answer,
    HttpBounds,
    Lost,
    exchange,
    transport,
)
from notify.channels.mail import one_line
from notify.channels.outcome import Delivery, Failed, Outcome, Sent
from notify.channels.schedule import LINE_SCHEDULE, Schedule, retry_after_seconds

LINE_URL = "https://api.line.me"
PUSH = "/v2/bot/message/push"
TEXT_UNITS_MAX = 5000
CUT = "…"
RETRY_KEYS = uuid.UUID("6f1b6a0e-0f0c-5d0b-9d55-0d9b3c2f7a11")
# Our token, our plan, our pace: nothing the recipient could mend, and true of every notice.
ABOUT_US = frozenset({401, 403, 408, 429})
MESSAGE_LETTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Where the API is, and the channel's access token."""

    token: str = field(repr=False)
    base_url: str = LINE_URL
    connections_max: int = 10
    bounds: HttpBounds = USUAL_BOUNDS
    schedule: Schedule = LINE_SCHEDULE


class LineChannel:
    """The official account of *settings*; *clock* reads dates in answers."""

    def __init__(
        self, settings: LineSettings, clock: Clock, tls: ssl.SSLContext | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._url = httpx.URL(settings.base_url).join(PUSH)
        self._transport = transport(tls, idle_max=settings.connections_max)
        self._slots = asyncio.Semaphore(settings.connections_max)

    async def send(self, delivery: Delivery) -> Outcome:
        """Push *delivery* to a LINE user, in one attempt."""
        request = httpx.Request(
            "POST",
            self._url,
            headers={
                "authorization": f"Bearer {self._settings.token}",
                "content-type": "application/json",
                "accept-encoding": "identity",
                "x-line-retry-key": retry_key(delivery.notice_id),
            },
            content=orjson.dumps(push_body(delivery)),
        )
        async with self._slots:
            came = await exchange(self._transport, request, self._settings.bounds)
        return self._judged(delivery, came)

    async def close(self) -> None:
        """Let go of open connections."""
        await self._transport.aclose()

    def _judged(self, delivery: Delivery, came: Answer | Lost) -> Outcome:
        schedule = self._settings.schedule
        if isinstance(came, Lost):
            if came.handed_over:
                return schedule.unknown(delivery.attempt, came.reason)
            return schedule.after(delivery.attempt, came.reason)
        if 200 <= came.status < 300:
            return Sent(one_line(came.headers.get("x-line-request-id", "")))
        if came.status == 409:
            return Sent(one_line(came.headers.get("x-line-accepted-request-id", "")))
        reason = ": ".join(filter(None, (f"HTTP {came.status}", _told(came.body))))
        if 400 <= came.status < 500 and came.status not in ABOUT_US:
            return Failed(reason)
        asked_seconds = retry_after_seconds(came.headers.get("retry-after"), self._clock.now())
        return schedule.after(delivery.attempt, reason, asked_seconds)


def retry_key(notice_id: str) -> str:
    """The UUID of a notice: the same at every attempt."""
    return str(uuid.uuid5(RETRY_KEYS, notice_id))


def push_body(delivery: Delivery) -> dict[str, Any]:
    """The body of the push request: the subject, the text, and the link unless the text has it."""
    text = f"{one_line(delivery.subject)}\n\n{delivery.text.strip()}".strip()
    link = "" if delivery.link in text else f"\n\n{delivery.link}"
    if units(text + link) > TEXT_UNITS_MAX:
        # What is cut is at the end of the text, never the link to the whole of it.
        link = f"\n\n{delivery.link}" if delivery.link else ""
        text = shortened(text, TEXT_UNITS_MAX - units(link))
    return {"to": delivery.to, "messages": [{"type": "text", "text": text + link}]}


def units(text: str) -> int:
    """The length of *text* as LINE counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def shortened(text: str, units_max: int) -> str:
    """The beginning of *text* in at most so many code units, with a mark that it was cut."""
    kept = text.encode("utf-16-le")[: 2 * (units_max - units(CUT))]
    return kept.decode("utf-16-le", "ignore").rstrip() + CUT


def _told(body: bytes) -> str:
    """LINE's own words for an error, shortened; they name fields, never people."""
    try:
        told = orjson.loads(body)["message"]
    except (ValueError, KeyError, TypeError):
        return ""
    return one_line(str(told))[:MESSAGE_LETTERS_MAX]
