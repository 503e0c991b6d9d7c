"""Going through the door as a browser does: forms are read from the page and sent as they stand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from contracts.normalise import has_thai_check_digit
from portal.code_mail import CodeMail

from tests.integration.portal.said import TAX_ID

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
CODE = re.compile(r"^Subject: .*?(\d{6})", re.MULTILINE)


class Letters:
    """What was mailed: to whom, and the code in it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def settle(self) -> None:
        """Wait until no letter is on its way."""
        while on_the_way := [t for t in asyncio.all_tasks() if t.get_name() == "sign-in letter"]:
            await asyncio.gather(*on_the_way)

    async def code(self) -> str:
        """The code of the newest letter."""
        await self.settle()
        return self.sent[-1][1]


@contextmanager
def caught() -> Iterator[Letters]:
    """Letters stay here instead of leaving."""
    letters = Letters()

    async def send(_: CodeMail, content: bytes, to: str) -> None:
        found = re.search(rb"(?<!\d)\d{6}(?!\d)", body_of(content))
        assert found is not None
        letters.sent.append((to, found[0].decode()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CodeMail, "send", send)
        patch.setattr("portal.signing_in.LETTER_SECONDS", (0.0, 0.0))
        yield letters


def body_of(content: bytes) -> bytes:
    """The text of a letter."""
    from email import message_from_bytes

    payload: Any = message_from_bytes(content).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of the last form of *page* that has any."""
    return dict(HIDDEN.findall(page.text))


async def post(browser: httpx.AsyncClient, page: str, to: str, **fields: str) -> httpx.Response:
    """Open *page*, fill its form in, and send it to *to*."""
    shown = await browser.get(page)
    return await browser.post(to, data={**hidden(shown), **fields})


async def ask_code(browser: httpx.AsyncClient, number: str = TAX_ID) -> httpx.Response:
    """The first step of signing in."""
    return await post(browser, "/sign-in", "/sign-in", number=number)


async def enter_code(browser: httpx.AsyncClient, code: str) -> httpx.Response:
    """The second step."""
    return await post(browser, "/sign-in/code", "/sign-in/code", code=code)


async def sign_in(
    browser: httpx.AsyncClient, letters: Letters, number: str = TAX_ID
) -> httpx.Response:
    """Both steps, with the code from the letter."""
    asked = await ask_code(browser, number)
    assert 303 == asked.status_code, asked.text
    return await enter_code(browser, await letters.code())


def unknown() -> str:
    """A well-formed number that nobody has."""
    return next(n for i in range(10) if has_thai_check_digit(n := f"099400015999{i}"))


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 1_000_000:06d}"
