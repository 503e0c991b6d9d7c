"""
Signing in at work: what `signin` decides, against the tables and the mail.

Before a visitor is answered only things happen that happen to everybody alike: attempts counted, a
code kept, a code tried. Who that is, and whether a letter leaves, is found out after the answer.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
from chassis.clock import Clock
from chassis.sealing import Sealed, SealingKey
from cryptography.exceptions import InvalidTag

from portal import people_store, read_store, signin
from portal.code_mail import CodeMail, letter
from portal.signin import Asked, Limit

if TYPE_CHECKING:
    from chassis.database import Connection

    from portal.vault import Vault

LETTERS_WAITING_MAX = 500
FORGET_EVERY = 200
"""After so many codes what is past is deleted."""


class TooMany(Exception):
    """A limit is reached; the same for a number that is known and one that is not."""


class SigningIn:
    """The sign-in of payees in one process."""

    def __init__(
        self,
        pool: asyncpg.Pool[Any],
        clock: Clock,
        vault: Vault,
        mail: CodeMail,
        session_key: bytes,
        log: Any,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._vault = vault
        self._mail = mail
        self._log = log
        self._key = hmac.digest(session_key, b"tidtam portal codes", "sha256")
        self._sealing = SealingKey(session_key, b"tidtam portal sign-in")
        self._letters: set[asyncio.Task[None]] = set()
        self._codes = 0

    # Between the steps

    def sealed(self, asked: Asked, browser: str) -> str:
        """*asked* as the form carries it: only this house in this browser can read it."""
        blinds = [base64.b64encode(one).decode() for one in asked.blinds]
        said = [blinds, asked.next, asked.at.isoformat(), asked.language]
        made = self._sealing.seal(browser, orjson.dumps(said))
        return base64.urlsafe_b64encode(made.nonce + made.sealed).decode()

    def opened(self, token: str, browser: str) -> Asked | None:
        """What `sealed` made; None for anything else, and for what is too old."""
        try:
            raw = base64.urlsafe_b64decode(token[:4_000].encode())
            sealed = Sealed(self._sealing.key_id, raw[:12], raw[12:])
            blinds, to, at, language = orjson.loads(self._sealing.open(browser, sealed))
        except (ValueError, InvalidTag):
            return None
        asked = Asked(
            [base64.b64decode(one) for one in blinds], to, datetime.fromisoformat(at), language
        )
        return asked if signin.is_fresh(asked, self._clock.now()) else None

    # The steps

    async def ask(self, asked: Asked, browser: str, address: str) -> None:
        """Make a code and, if somebody is there, mail it after the answer. Raises `TooMany`."""
        owner = signin.whose(self._key, asked.blinds, browser)
        code = f"{secrets.randbelow(10**signin.CODE_DIGITS):0{signin.CODE_DIGITS}d}"
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            await self._count(connection, signin.ASKING, asked.blinds, address, now)
            hash_ = signin.code_hash(self._key, owner, code)
            await people_store.add_code(connection, owner, hash_, now)
            await self._forget(connection, now)
        if len(self._letters) < LETTERS_WAITING_MAX:
            task = asyncio.create_task(self._deliver(asked, code), name="sign-in letter")
            self._letters.add(task)
            task.add_done_callback(self._letters.discard)

    async def enter(self, asked: Asked, browser: str, address: str, code: str) -> str | None:
        """
        The payee who gets in with *code*; None otherwise, whatever was wrong. Raises `TooMany`.
        """
        owner = signin.whose(self._key, asked.blinds, browser)
        expected = signin.code_hash(self._key, owner, code)
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            await self._count(connection, signin.TRYING, asked.blinds, address, now)
            since = now - signin.CODE_LIFE
            tried = await people_store.try_code(connection, owner, since)
            if tried is None or not signin.fits(tried.hash, expected, tried.tries):
                return None
            if not await people_store.use_code(connection, tried.code_id, now):
                return None
            return await read_store.payee_of_identity(connection, asked.blinds)

    async def idle(self) -> None:
        """Wait until every letter has left or failed."""
        while self._letters:
            await asyncio.gather(*self._letters, return_exceptions=True)

    async def _count(
        self,
        connection: Connection,
        limits: Sequence[Limit],
        blinds: Sequence[bytes],
        address: str,
        now: datetime,
    ) -> None:
        """Note the attempt in every scope, then count: of many at once none goes uncounted."""
        keys = signin.keys_of(self._key, b"\x1f".join(blinds), address)
        for scope in dict.fromkeys(limit.scope for limit in limits):
            await people_store.add_attempt(connection, scope, keys[scope], now)
        for limit in limits:
            since = now - limit.within
            counted = await people_store.count_attempts(
                connection, limit.scope, keys[limit.scope], since
            )
            if signin.too_many(limit, counted):
                self._log.warning("sign-in is limited", scope=limit.scope)
                raise TooMany

    async def _forget(self, connection: Connection, now: datetime) -> None:
        self._codes += 1
        if self._codes % FORGET_EVERY == 1:
            codes, attempts = now - 2 * signin.CODE_LIFE, now - signin.ATTEMPTS_KEPT
            await people_store.forget(connection, codes, attempts)

    async def _deliver(self, asked: Asked, code: str) -> None:
        """Find out who it is and mail the code; nobody waits for this."""
        try:
            now = self._clock.now()
            async with self._pool.acquire() as connection:
                payee_id = await read_store.payee_of_identity(connection, asked.blinds)
                if payee_id is None:
                    return
                payee = await read_store.payee(connection, payee_id, self._vault)
            email = None if payee is None else payee.email
            if payee is None or email is None:
                return
            if not signin.may_be_mailed(email, payee.contact_changed_at, now):
                return
            spoken = payee.contact.get("language")
            language = spoken if spoken in ("th", "en") else asked.language
            minutes = int(signin.CODE_LIFE.total_seconds() // 60)
            content = letter(code, email, self._mail.sender, language, minutes, now)
            await self._mail.send(content, email)
        except Exception as error:
            # The text of such an error may name the address; its class does not.
            self._log.error("a sign-in code was not mailed", error=type(error).__name__)
