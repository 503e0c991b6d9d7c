"""Known or not, right or wrong: the same work is done for both, counted and never timed."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from contracts.normalise import has_thai_check_digit
from portal import signing_in
from portal.code_mail import CodeMail

from tests.integration.portal import said
from tests.integration.portal.bed import Bed
from tests.integration.portal.entrance import ask_code, caught, enter_code, hidden

METHODS = ("fetch", "fetchrow", "fetchval", "execute", "executemany")
NOBODYS = next(n for i in range(10) if has_thai_check_digit(n := f"099400015999{i}"))
Work = list[tuple[str, str, bool]]


@contextmanager
def seen() -> Iterator[Work]:
    """
    All work that costs time: each statement with whether it found something, each keyed hash, each
    letter that is written, each word with the relay. First comes who did it: `answer`, or `letter`
    for what comes after.
    """
    work: Work = []

    def note(what: str, found: bool) -> None:
        task = asyncio.current_task()
        after = task is not None and task.get_name() == "sign-in letter"
        work.append(("letter" if after else "answer", what, found))

    def asking(original: Any) -> Callable[..., Any]:
        async def asked(connection: Any, query: str, *rest: Any, **more: Any) -> Any:
            answer = await original(connection, query, *rest, **more)
            note(" ".join(query.split())[:70], answer is not None and answer != [])
            return answer

        return asked

    def hashing(key: bytes, message: bytes, digest: str) -> bytes:
        note(f"{digest} of {len(message)} bytes", True)
        return real_digest(key, message, digest)

    def writing(*arguments: Any) -> bytes:
        note("a letter", True)
        return real_letter(*arguments)

    def speaking(original: Any) -> Callable[..., Any]:
        async def spoken(*arguments: Any) -> None:
            note("the relay", True)
            await original(*arguments)

        return spoken

    real_digest, real_letter = hmac.digest, signing_in.letter
    with pytest.MonkeyPatch.context() as patch:
        for name in METHODS:
            patch.setattr(asyncpg.Connection, name, asking(getattr(asyncpg.Connection, name)))
        patch.setattr(hmac, "digest", hashing)
        patch.setattr(signing_in, "letter", writing)
        for name in ("send", "pretend"):
            patch.setattr(CodeMail, name, speaking(getattr(CodeMail, name)))
        yield work


async def asked_for(bed: Bed, number: str) -> tuple[Work, Work]:
    """What the answer to a number costs, and what is done when it has left."""
    with caught() as letters, seen() as work:
        async with bed.client() as browser:
            assert 303 == (await ask_code(browser, number)).status_code
            await letters.settle()
    return _parts(work)


def _parts(work: Work) -> tuple[Work, Work]:
    return [one for one in work if one[0] == "answer"], [one for one in work if one[0] == "letter"]


async def prepare(bed: Bed) -> None:
    """Anna is known; the first code of a process also tidies, so one is asked for before."""
    await bed.say(said.payee(email="anna@example.org"))
    with caught() as letters:
        async with bed.client() as browser:
            await ask_code(browser, next_number())
            await letters.settle()


def next_number() -> str:
    """A well-formed number of nobody, which no test counts."""
    return next(n for i in range(10) if has_thai_check_digit(n := f"099400015888{i}"))


async def test_a_known_number_and_one_of_nobody_cost_the_same_before_the_answer(bed: Bed) -> None:
    """The same statements in the same order with as much found, and the same hashes."""
    await prepare(bed)
    (known, _), (unknown, _) = await asked_for(bed, said.TAX_ID), await asked_for(bed, NOBODYS)
    assert known == unknown
    assert 7 <= sum(1 for one in known if "attempt" in one[1])
    assert 1 == sum(1 for one in known if "insert into signin_code" in one[1])


async def test_after_the_answer_nobody_gets_a_letter_written_too(bed: Bed) -> None:
    """Who asks for something else at that moment finds us as busy: it is written and not sent."""
    await prepare(bed)
    (_, known), (_, unknown) = await asked_for(bed, said.TAX_ID), await asked_for(bed, NOBODYS)
    assert [what for _, what, _ in known if "bytes" not in what] == [
        what for _, what, _ in unknown if "bytes" not in what
    ]
    assert ["a letter", "the relay"] == [what for _, what, _ in unknown][-2:]


async def test_nothing_of_the_letter_is_done_before_the_answer_has_left(bed: Bed) -> None:
    """Whose number it is, is asked when the last byte of the answer is out."""
    await prepare(bed)
    assert ["answered", "looked up"] == await order_of(bed)


async def test_the_order_shows_a_letter_that_is_posted_too_early(bed: Bed) -> None:
    """One that is on its way before the answer, even if it has done nothing yet, is seen."""
    await prepare(bed)
    real = signing_in.SigningIn.ask

    async def early(self: Any, *arguments: Any) -> Any:
        letter = await real(self, *arguments)
        await self.post(letter)
        return letter

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing_in.SigningIn, "ask", early)
        assert "on its way" == (await order_of(bed))[0]


async def order_of(bed: Bed) -> list[str]:
    """What happens when somebody asks for a code, in its order: letters, and the answer."""
    order: list[str] = []
    real = signing_in.read_store.payee_of_identity

    async def whose(*arguments: Any) -> Any:
        order.append("looked up")
        return await real(*arguments)

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                # A letter that sleeps does nothing that is seen: that there is one is too early.
                names = [task.get_name() for task in asyncio.all_tasks()]
                order.extend(["on its way"] * names.count("sign-in letter") + ["answered"])
            await send(message)

        await bed.app(scope, receive, sent)

    with caught() as letters, pytest.MonkeyPatch.context() as patch:
        async with bed.client() as browser:
            shown = await browser.get("/sign-in")
            patch.setattr(signing_in.read_store, "payee_of_identity", whose)
            transport = httpx.ASGITransport(app=noting, client=("192.0.2.1", 1))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://portal.test", cookies=browser.cookies
            ) as watched:
                fields = {**hidden(shown), "number": said.TAX_ID}
                assert 303 == (await watched.post("/sign-in", data=fields)).status_code
                await letters.settle()
    return order


async def test_a_wrong_code_costs_the_same_for_a_known_number_and_for_nobody(bed: Bed) -> None:
    """Each try is counted and compared, whoever is meant."""
    await prepare(bed)
    costs = []
    for number in (said.TAX_ID, NOBODYS):
        with caught() as letters:
            async with bed.client() as browser:
                await ask_code(browser, number)
                await letters.settle()
                code = letters.sent[-1][1] if letters.sent else "000000"
                with seen() as work:
                    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
                    assert 422 == (await enter_code(browser, wrong)).status_code
        costs.append(work)
    assert costs[0] == costs[1]
    assert 1 == sum(1 for one in costs[0] if "update signin_code set tries" in one[1])
    assert not [one for one in costs[0] if "payee_row" in one[1]]


async def test_the_counting_sees_a_planted_difference(bed: Bed) -> None:
    """One look more for those who are known, before the answer: the comparison fails."""
    await prepare(bed)
    real = signing_in.SigningIn.ask

    async def curious(self: Any, asked: Any, browser: str, network: str) -> Any:
        async with bed.pool.acquire() as connection:
            found = await signing_in.read_store.payee_of_identity(connection, asked.blinds)
            if found is not None:
                await signing_in.read_store.family_of(connection, found)
        return await real(self, asked, browser, network)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing_in.SigningIn, "ask", curious)
        (known, _), (unknown, _) = await asked_for(bed, said.TAX_ID), await asked_for(bed, NOBODYS)
    assert known != unknown
