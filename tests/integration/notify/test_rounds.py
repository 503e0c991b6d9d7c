"""What is under way over one channel holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from ground.databases import Database
from notify.sender import ROUNDS_MAX

from tests.integration.notify.channels.mail_server import MailServer
from tests.integration.notify.outside import PAID, USER, House, close_house, open_house
from tests.integration.notify.said import case_status, line_status, paid_line, payee


async def is_paid(house: House, case: int, to: str, **contact: str) -> None:
    """A payment to a payee reached so, due at once."""
    paid = {**PAID, "id": f"paid-{case}"}
    await house.bed.say(
        payee(to, **contact),
        line_status(1, paid_line(paid, to), case=case),
        case_status(1, paid, case=case, lines="transferred"),
    )
    house.bed.clock.at += timedelta(seconds=3)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until *holds*, at most 20 s."""
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


async def test_a_mail_server_that_hangs_holds_up_no_other_channel(database: Database) -> None:
    """With every round of letters waiting for an answer, LINE messages leave as ever."""
    mail = MailServer()
    house = await open_house(database, mail)
    mail.hold = asyncio.Event()
    running = asyncio.create_task(house.bed.sender.run())
    for number in range(1, ROUNDS_MAX + 1):
        await is_paid(house, number, f"payee{number}", email=f"payee{number}@example.org")
        await until(lambda number=number: number == len(mail.letters))
    await is_paid(house, 8, "waits", email="waits@example.org")
    await is_paid(house, 9, "anna", line=USER)
    await until(lambda: 1 == len(house.line.heard))
    assert ROUNDS_MAX == len(mail.letters)
    mail.hold.set()
    await until(lambda: ROUNDS_MAX + 1 == len(mail.letters))
    running.cancel()
    await asyncio.wait({running})
    await close_house(house)
    await mail.close()
