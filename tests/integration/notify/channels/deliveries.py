"""Deliveries to send, a clock that is moved by hand, and a sender that keeps trying by it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from notify.channels.mail import Sender
from notify.channels.outcome import Channel, Delivery, Outcome, Retry
from notify.channels.smtp import SmtpChannel

PAYEE = "payee@example.org"
SENDER = Sender("notices@tidtam.example", "ติดตามการจ่ายเงิน", "tidtam.example")
NOTICE = "5e1b0f5c" * 8
TEXT = "เรียน ผู้รับเงิน\n\nกองคลังรับเรื่อง 4821-7735-6 แล้ว เหลืออีก 7 วันทำการ\n\n. ติดต่อ 02-000-0000\n"
HTML = '<!doctype html><html lang="th"><body><p>กองคลังรับเรื่องแล้ว</p></body></html>\n'
LINK = "https://tidtam.example/c/4821-7735-6"


OpenMail = Callable[..., SmtpChannel]
"""Opens an e-mail channel to a port, with settings by name."""


@dataclass
class HandClock:
    """A clock that stands until somebody moves it."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 2, 30, tzinfo=UTC))

    def now(self) -> datetime:
        """The instant it stands at."""
        return self.at

    def advance(self, seconds: float) -> None:
        """Move it."""
        self.at += timedelta(seconds=seconds)


def delivery(to: str, **changed: Any) -> Delivery:
    """A notice for *to*."""
    usual: dict[str, Any] = {
        "notice_id": NOTICE,
        "to": to,
        "language": "th",
        "subject": "กองคลังรับเรื่องเบิกจ่ายของท่านแล้ว เลขติดตาม 4821-7735-6",
        "text": TEXT,
        "html": HTML,
        "link": LINK,
        "data": {
            "type": "notice.received",
            "timestamp": "2026-11-23T02:29:00Z",
            "data": {"case": "4821-7735-6", "stage": "รับเข้าสำนักงานคลังแล้ว"},
        },
    }
    return Delivery(**(usual | changed))


async def keep_trying(
    channel: Channel,
    first: Delivery,
    clock: HandClock,
    away_seconds: float,
    come_back: Callable[[], Awaitable[None]],
) -> list[Outcome]:
    """
    Send, wait as told on the hand-moved clock, and send again until it is no retry.

    The other side comes back once *away_seconds* have passed.
    """
    outcomes: list[Outcome] = []
    started, attempt, back = clock.now(), 1, False
    while True:
        outcome = await channel.send(replace(first, attempt=attempt))
        outcomes.append(outcome)
        if not isinstance(outcome, Retry):
            return outcomes
        clock.advance(outcome.delay_seconds)
        attempt += 1
        if not back and clock.now() - started >= timedelta(seconds=away_seconds):
            await come_back()
            back = True
