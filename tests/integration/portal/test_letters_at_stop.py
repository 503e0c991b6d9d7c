"""Letters with codes when the portal stops, when too many wait, and how many leave at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from portal import signing_in
from portal.app import build
from portal.code_mail import CodeMail
from starlette.applications import Starlette

from tests.integration.portal import said
from tests.integration.portal.bed import Bed
from tests.integration.portal.entrance import Letters, ask_code, caught
from tests.integration.portal.test_security_log import Kept, listen

LOST = "a sign-in code was not mailed"


@pytest.fixture
def letters() -> Iterator[Letters]:
    """Letters that would leave in ten minutes. Patched before what a test patches, undone after."""
    with caught() as kept, pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing_in, "LETTER_SECONDS", (600.0, 600.0))
        yield kept


async def test_a_stop_sends_what_waits(bed: Bed, letters: Letters) -> None:
    """The service closes the sign-in before its connections, and the letter leaves at once."""
    await bed.say(said.payee(email="anna@example.org"))
    parts = await build(bed.base)
    bed.app = Starlette(routes=list(parts.routes))
    async with bed.client() as browser:
        assert 303 == (await ask_code(browser)).status_code
    assert [] == letters.sent
    for close in reversed(parts.closers):
        await close()
    assert ["anna@example.org"] == [to for to, _ in letters.sent]


@pytest.mark.usefixtures("letters")
async def test_a_letter_that_does_not_leave_in_time_is_said_to_be_lost(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay that hangs does not keep the portal from stopping; the log names nobody."""
    await bed.say(said.payee(email="anna@example.org"))
    log = listen(bed)

    async def hang(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(CodeMail, "send", hang)
    monkeypatch.setattr(signing_in, "CLOSE_SECONDS", 0.2)
    async with bed.client() as browser:
        assert 303 == (await ask_code(browser)).status_code
    await bed.house.signing_in.close()
    assert ["stopped"] == lost(log)
    assert 0 == len([one for one in asyncio.all_tasks() if one.get_name() == "sign-in letter"])


async def test_a_letter_too_many_is_said_to_be_lost(
    bed: Bed, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is dropped, those that wait leave, and the log names nobody."""
    await bed.say(said.payee(email="anna@example.org"))
    log = listen(bed)
    monkeypatch.setattr(signing_in, "LETTERS_WAITING_MAX", 2)
    async with bed.client() as browser:
        assert [303] * 3 == [(await ask_code(browser)).status_code for _ in range(3)]
    assert ["too many wait"] == lost(log)
    await bed.house.signing_in.close()
    assert 2 == len(letters.sent)


@pytest.mark.usefixtures("letters")
async def test_few_letters_leave_at_once(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many wait, the relay hears four at a time, and pages keep their connections."""
    await bed.say(said.payee(email="anna@example.org"))
    inside, most, go_on = [0], [0], asyncio.Event()

    async def send(*_: Any) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        await go_on.wait()
        inside[0] -= 1

    monkeypatch.setattr(CodeMail, "send", send)
    for place in range(7):
        async with bed.client(f"192.0.2.{place}") as browser:
            assert 303 == (await ask_code(browser)).status_code
    closing = asyncio.create_task(bed.house.signing_in.close())
    async with asyncio.timeout(20):
        while most[0] < 4:
            await asyncio.sleep(0.01)
    # Time for a fifth to come, if it may.
    await asyncio.sleep(0.3)
    go_on.set()
    await closing
    assert (4, 0) == (most[0], inside[0])


def lost(log: Kept) -> list[str]:
    """Why letters were lost, by the log; it knows neither address nor number."""
    assert "anna" not in repr(log.lines)
    assert said.TAX_ID not in repr(log.lines)
    return [one["error"] for one in log.of(LOST)]
