"""
Signing in at work: what `signin` decides, against the tables and the mail.

Before a visitor is answered only things happen that happen to everybody alike: attempts counted, a
code kept, a code tried. Who that is, and whether a letter leaves, is found out some moments after
the answer, and costs as much for nobody as for somebody: for nobody a letter is written too, and
the relay is spoken to without handing it in. Else the next page would be slower for who is known.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import itertools
import random
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import orjson
from chassis.database import Connection, locked
from chassis.sealing import Sealed, SealingKey
from cryptography.exceptions import InvalidTag

from portal import people_store, read_store, signin
from portal.code_mail import CodeMail, letter
from portal.payee_store import PAYEES_LOCK
from portal.people import Cookie
from portal.people_store import Tried
from portal.signin import Asked, Limit

if TYPE_CHECKING:
    from chassis.service import Base

    from portal.model import Payee
    from portal.vault import Vault

Begin = Callable[[Connection, str], Awaitable[Cookie]]
"""Begins the session of the payee with this id, in the transaction it is given."""

LETTERS_WAITING_MAX = 500
LETTERS_AT_ONCE_MAX = 4
"""Each holds a connection of the pool and one of the relay: pages need the others."""
CLOSE_SECONDS = 5.0
"""So long a stop waits for letters."""
CANCEL_SECONDS = 1.0
LETTER_SECONDS = (0.3, 2.0)
"""A letter leaves so long after the answer, by chance: no page asked for meanwhile tells when."""
CHANCE = random.SystemRandom()
NOBODY, NOBODYS_ADDRESS = "nobody", "nobody@localhost"
FORGET_EVERY = 200
"""After so many codes what is past is deleted."""


class TooMany(Exception):
    """A limit is reached; the same for a number that is known and one that is not."""


class Letter(NamedTuple):
    """A code on its way to whoever asked, if that is somebody."""

    asked: Asked
    code: str


class SigningIn:
    """The sign-in of payees in one process."""

    def __init__(
        self,
        base: Base,
        vault: Vault,
        mail: CodeMail,
        session_key: bytes,
    ) -> None:
        self._base = base
        self._pool = base.pool
        self._clock = base.clock
        self._vault = vault
        self._mail = mail
        self._key = hmac.digest(session_key, b"tidtam portal codes", "sha256")
        self._sealing = SealingKey(session_key, b"tidtam portal sign-in")
        self._letters: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(LETTERS_AT_ONCE_MAX)
        self._closing = asyncio.Event()
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

    async def ask(self, asked: Asked, browser: str, address: str) -> Letter:
        """Make a code and keep its hash; the letter is for `post`, later. Raises `TooMany`."""
        owner = signin.whose(self._key, asked.blinds, browser)
        code = f"{secrets.randbelow(10**signin.CODE_DIGITS):0{signin.CODE_DIGITS}d}"
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            await self._count(connection, signin.ASKING, asked.blinds, address, now)
            hash_ = signin.code_hash(self._key, owner, code)
            await people_store.add_code(connection, owner, hash_, now)
            await self._forget(connection, now)
        self._base.log.info("a sign-in code was asked for", who=self._who(asked))
        return Letter(asked, code)

    async def post(self, letter: Letter) -> None:
        """Send *letter* on its way beside everything else, if somebody is there."""
        if len(self._letters) >= LETTERS_WAITING_MAX:
            self._dropped(letter.asked, "too many wait")
            return

        def over(task: asyncio.Task[None]) -> None:
            self._letters.discard(task)
            if task.cancelled():
                self._dropped(letter.asked, "stopped")

        task = asyncio.create_task(self._deliver(*letter), name="sign-in letter")
        self._letters.add(task)
        task.add_done_callback(over)

    async def enter(
        self, asked: Asked, browser: str, address: str, code: str, begin: Begin
    ) -> Cookie | None:
        """
        The session *code* begins; None where it begins none, whatever was wrong. Raises `TooMany`.
        """
        owner = signin.whose(self._key, asked.blinds, browser)
        expected = signin.code_hash(self._key, owner, code)
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            await self._count(connection, signin.TRYING, asked.blinds, address, now)
            since = now - signin.CODE_LIFE
            tried = await people_store.try_code(connection, owner, since)
            if tried is None or not signin.fits(tried.hash, expected, tried.tries):
                self._failed(asked, "no code" if tried is None else "wrong code")
                return None
            cookie = await self._begun(connection, asked, tried, begin, now)
        if cookie is not None:
            self._base.log.info("a payee signed in", who=self._who(asked))
        return cookie

    async def _begun(
        self, connection: Connection, asked: Asked, tried: Tried, begin: Begin, now: datetime
    ) -> Cookie | None:
        """
        Use the code up and begin the session, unless its payee was forgotten or moved since.

        While this looks and begins no payee is written: a change is either seen here, or finds the
        session and ends it. Both are one transaction: a fault of ours leaves the code good.
        """
        async with locked(connection, PAYEES_LOCK, shared=True):
            if not await people_store.use_code(connection, tried.code_id, now):
                self._failed(asked, "used code")
                return None
            payee_id = await read_store.payee_of_identity(connection, asked.blinds)
            since = tried.made_at - signin.NEWS_DELAY
            if payee_id is None or await people_store.moved_since(connection, payee_id, since):
                self._failed(asked, "not theirs any more")
                return None
            return await begin(connection, payee_id)

    async def idle(self) -> None:
        """Wait until every letter has left or failed."""
        while self._letters:
            await asyncio.wait(self._letters)

    async def close(self) -> None:
        """
        Let the letters that wait leave at once, and drop what has not left in `CLOSE_SECONDS`,
        which the log says of each. Run it before the pool closes.
        """
        self._closing.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.idle(), CLOSE_SECONDS)
        for task in self._letters:
            task.cancel()
        # A relay that hangs would be waited for once more, to say goodbye.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.idle(), CANCEL_SECONDS)

    def _dropped(self, asked: Asked, why: str) -> None:
        """Say in the log that no letter was tried, be it somebody's or nobody's."""
        self._base.log.error("a sign-in code was not mailed", error=why, who=self._who(asked))

    def _failed(self, asked: Asked, why: str) -> None:
        """Say in the log that a try failed; the visitor hears of no reason."""
        self._base.log.warning("a payee's sign-in failed", reason=why, who=self._who(asked))

    def _who(self, asked: Asked) -> str:
        """What the log calls somebody: the same for one number, and nothing without the key."""
        return hmac.digest(self._key, b"log" + b"".join(asked.blinds), "sha256")[:6].hex()

    async def _count(
        self,
        connection: Connection,
        limits: Sequence[Limit],
        blinds: Sequence[bytes],
        address: str,
        now: datetime,
    ) -> None:
        """
        Note the attempt in one scope after the other, each time before it is counted: of many at
        once none goes uncounted. What one scope refuses is noted in none that follows.
        """
        keys = signin.keys_of(self._key, b"\x1f".join(blinds), address)
        for scope, same in itertools.groupby(limits, lambda limit: limit.scope):
            await people_store.add_attempt(connection, scope, keys[scope], now)
            for limit in same:
                counted = await people_store.count_attempts(
                    connection, scope, keys[scope], now - limit.within
                )
                if signin.too_many(limit, counted):
                    self._base.log.warning("sign-in is limited", scope=scope)
                    raise TooMany

    async def _forget(self, connection: Connection, now: datetime) -> None:
        self._codes += 1
        if self._codes % FORGET_EVERY == 1:
            codes, attempts = now - 2 * signin.CODE_LIFE, now - signin.ATTEMPTS_KEPT
            await people_store.forget(connection, codes, attempts)

    async def _deliver(self, asked: Asked, code: str) -> None:
        """Find out who it is and mail the code; nobody waits for this."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), CHANCE.uniform(*LETTER_SECONDS))
        try:
            async with self._places:
                await self._mailed(asked, code, await self._payee(asked))
        except Exception as error:
            # The text of such an error may name the address; its class does not.
            self._base.log.error("a sign-in code was not mailed", error=type(error).__name__)

    async def _payee(self, asked: Asked) -> Payee | None:
        """
        Whose number it is. A change of contact that is being written is waited for: a letter goes
        by the new state, or was on its way before the change was heard, which makes its code void.
        """
        async with (
            self._pool.acquire() as connection,
            locked(connection, PAYEES_LOCK, shared=True),
        ):
            payee_id = await read_store.payee_of_identity(connection, asked.blinds)
            return await read_store.payee(connection, payee_id or NOBODY, self._vault)

    async def _mailed(self, asked: Asked, code: str, payee: Payee | None) -> None:
        """Mail the code to *payee*; for nobody, and where it may not be mailed, only pretend."""
        now = self._clock.now()
        email = None if payee is None else payee.email
        if payee is None or not signin.may_be_mailed(email, payee.contact_changed_at, now):
            email = None
        spoken = None if payee is None else payee.contact.get("language")
        language = spoken if spoken in ("th", "en") else asked.language
        minutes = int(signin.CODE_LIFE.total_seconds() // 60)
        to = email or NOBODYS_ADDRESS
        content = letter(code, to, self._mail.sender, language, minutes, now)
        if email is None:
            await self._mail.pretend()
        else:
            await self._mail.send(content, email)
