"""
Killed between every two steps of a delivery: decide, claim, commit, send, record, tell.

Whoever was killed wrote nothing more; another process goes on from what is in the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from ground.databases import Database

from tests.integration.notify.bed import Bed, close_bed, make_bed
from tests.integration.notify.said import case_status, event, line_status, paid_line, payee

PAID = event("transferred", "2026-11-23T02:00")
NEWS = (
    payee(email="anna@example.org"),
    line_status(1, paid_line(PAID)),
    case_status(1, PAID, lines="transferred"),
)


class KilledError(Exception):
    """Stands for a kill -9: what was not committed is gone."""


@pytest.fixture
async def successor(bed: Bed, database: Database) -> AsyncIterator[Bed]:
    """The process that comes after the one that is killed; it knows what the database knows."""
    other = await make_bed(database, bed.mail, applied=False)
    yield other
    await close_bed(other)


@contextmanager
def killed_before_commit(monkeypatch: pytest.MonkeyPatch, module: str) -> Iterator[None]:
    """The process ends at the last statement of a transaction of *module*."""

    async def killed(*_: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(f"notify.{module}.put_outgoing", killed)
        yield


async def goes_on(successor: Bed, killed: Bed, **span: float) -> list[str]:
    """What the successor sends so long after the kill: the Message-IDs."""
    successor.clock.at = killed.clock.at
    return [letter["Message-ID"] for letter in await successor.later(**span)]


async def mail_of(bed: Bed) -> tuple[str, int, bool]:
    """State, attempt and mark of the one e-mail notice."""
    (mail,) = [one for one in await bed.notices() if one["channel"] == "email"]
    return mail["state"], mail["attempt"], mail["maybe_told"]


async def test_before_the_decision_is_committed(
    bed: Bed, successor: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked for; the messages come again, since their offset was not committed."""
    await bed.say(*NEWS[:2])
    with killed_before_commit(monkeypatch, "telling"), pytest.raises(KilledError):
        await bed.say(NEWS[2])
    assert [] == await bed.notices()
    await successor.say(*NEWS)
    assert 1 == len(await goes_on(successor, bed, seconds=3))
    assert ("sent", 1, False) == await mail_of(successor)


async def test_after_the_decision_before_the_offset(bed: Bed, successor: Bed) -> None:
    """Decided and committed, and the messages come again: asked for once, sent once."""
    await bed.say(*NEWS)
    await successor.say(*NEWS)
    assert 1 == len(await goes_on(successor, bed, seconds=3))
    assert [] == await goes_on(successor, bed, hours=24)
    assert ("sent", 1, False) == await mail_of(successor)


async def test_before_the_claim_is_committed(
    bed: Bed, successor: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim that nobody saw is none: the letter leaves at once, and nothing is unknown."""
    await bed.say(*NEWS)
    bed.clock.at += timedelta(seconds=3)
    with killed_before_commit(monkeypatch, "claims"), pytest.raises(KilledError):
        await bed.claims.claim()
    assert 1 == len(await goes_on(successor, bed, seconds=0))
    assert (("sent", 1, False), 0) == (await mail_of(successor), successor.unknown())


async def test_after_the_claim_before_the_send(bed: Bed, successor: Bed) -> None:
    """Nobody knows that it never left: it goes out when the claim ends, and is counted."""
    await bed.say(*NEWS)
    bed.clock.at += timedelta(seconds=3)
    (parcel,) = await bed.claims.claim()
    assert [] == await goes_on(successor, bed, minutes=14)
    assert 0 == successor.unknown()
    (identity,) = await goes_on(successor, bed, minutes=16)
    assert identity.startswith(f"<{parcel.id}@")
    assert (("sent", 2, True), 1) == (await mail_of(successor), successor.unknown())


async def test_while_the_server_answers(bed: Bed, successor: Bed) -> None:
    """Taken, and killed before the answer was read: twice under one identity, counted."""
    await bed.say(*NEWS)
    bed.clock.at += timedelta(seconds=3)
    (parcel,) = await bed.claims.claim()
    bed.mail.hold = asyncio.Event()
    sending = asyncio.create_task(bed.gateway.send(parcel))
    async with asyncio.timeout(20):
        while not bed.mail.letters:
            await asyncio.sleep(0.01)
    sending.cancel()
    bed.mail.end_connections()
    bed.mail.hold.set()
    (again,) = await goes_on(successor, bed, minutes=16)
    assert again == bed.mail.letters[0]["Message-ID"]
    assert (("sent", 2, True), 1) == (await mail_of(successor), successor.unknown())


async def test_after_the_send_before_the_outcome(bed: Bed, successor: Bed) -> None:
    """Taken by the server, the outcome never written: twice under one identity, counted."""
    await bed.say(*NEWS)
    bed.clock.at += timedelta(seconds=3)
    (parcel,) = await bed.claims.claim()
    await bed.gateway.send(parcel)
    (again,) = await goes_on(successor, bed, minutes=16)
    assert again == bed.mail.letters[0]["Message-ID"]
    assert (("sent", 2, True), 1) == (await mail_of(successor), successor.unknown())


async def test_before_the_outcome_is_committed(
    bed: Bed, successor: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outcome that was not committed is unknown, just as one that was never written."""
    await bed.say(*NEWS)
    bed.clock.at += timedelta(seconds=3)
    (parcel,) = await bed.claims.claim()
    outcome = await bed.gateway.send(parcel)
    with killed_before_commit(monkeypatch, "claims"), pytest.raises(KilledError):
        await bed.claims.record([(parcel, outcome)])
    (again,) = await goes_on(successor, bed, minutes=16)
    assert again == bed.mail.letters[0]["Message-ID"]
    assert (("sent", 2, True), 1) == (await mail_of(successor), successor.unknown())


async def test_after_the_outcome_before_it_is_told(bed: Bed, successor: Bed) -> None:
    """Sent and recorded: never again; that it was sent lies in the outbox and is told."""
    await bed.say(*NEWS)
    assert 1 == len(await bed.sent())
    assert [] == await goes_on(successor, bed, hours=24)
    told = [one["state"] for one in await successor.told() if one["channel"] == "email"]
    assert ["requested", "sending", "sent"] == told
    assert 0 == successor.unknown()
