"""
Who visits: sessions of payees and of staff, by a cookie of which only the hash is kept.

A session ends when its person says so, when it was not seen for `IDLE`, at `LONGEST` after it
began, when another begins with its cookie, when the contact of its payee changes (`handlers`), or
when an operator ends it (`people_ops`). What is shown of a person is written into the access log
before the page is sent.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import asyncpg
import orjson
from chassis.clock import Clock
from starlette.requests import Request
from starlette.responses import Response

from portal import people_store
from portal.people_store import SessionRow

if TYPE_CHECKING:
    from chassis.database import Connection

Kind = Literal["payee", "staff"]
IDLE: Mapping[str, timedelta] = {"payee": timedelta(minutes=30), "staff": timedelta(minutes=60)}
"""How long a session is kept without being seen."""
LONGEST: Mapping[str, timedelta] = {"payee": timedelta(hours=12), "staff": timedelta(hours=10)}
SEEN_EVERY = timedelta(minutes=1)
"""A session seen less than this ago is not written again."""
COOKIE = "tidtam-session"


@dataclass(frozen=True, slots=True)
class Visitor:
    """
    Who asks for a page.

    `person`: of a payee the payee id that stayed where several were joined, of staff the subject
    the identity provider gave. `claims`: what else is known of staff (`name`, and what their pages
    keep); `roles` and `units` are read from it. `csrf` stands in every form.
    """

    kind: Kind
    person: str
    csrf: str
    session_hash: bytes
    made_at: datetime
    roles: frozenset[str] = frozenset()
    units: tuple[str, ...] = ()
    claims: Mapping[str, Any] = field(default_factory=dict)

    @property
    def role(self) -> str:
        """The role as it is written into the access log."""
        return "payee" if self.kind == "payee" else ",".join(sorted(self.roles)) or "none"


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie to set, by its plain name; an empty value takes it away."""

    name: str
    value: str
    secure: bool
    max_age_seconds: int | None = None

    def put_on(self, response: Response) -> None:
        """Set it on *response*: for this host alone, never read by a script."""
        response.set_cookie(
            cookie_name(self.name, self.secure),
            self.value,
            max_age=self.max_age_seconds if self.value else 0,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )


def cookie_name(plain: str, secure: bool) -> str:
    """
    What a browser knows a cookie of ours by. With this prefix it takes it over https alone, for
    this host alone: no neighbour under the same domain can plant one.
    """
    return f"__Host-{plain}" if secure else plain


class People:
    """The sessions of one process. *secure*: the pages are reached by https alone."""

    def __init__(self, pool: asyncpg.Pool[Any], clock: Clock, secure: bool) -> None:
        self._pool = pool
        self._clock = clock
        self._secure = secure
        self._cookie_name = cookie_name(COOKIE, secure)

    async def visitor(self, request: Request) -> Visitor | None:
        """
        Who asks, from the cookie; None where nobody is signed in. Asks the database once a request.
        """
        if not hasattr(request.state, "visitor"):
            request.state.visitor = await self._visitor(request)
        found: Visitor | None = request.state.visitor
        return found

    async def _visitor(self, request: Request) -> Visitor | None:
        cookie = request.cookies.get(self._cookie_name, "")
        if not cookie or len(cookie) > 200:
            return None
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            row = await people_store.session(connection, hash_of(cookie), now)
            if row is None or now - row.seen_at > IDLE[row.kind]:
                return None
            if now - row.seen_at >= SEEN_EVERY:
                await people_store.see_session(connection, row.hash, now)
        return _visitor_of(row)

    async def begin(
        self, kind: Kind, person: str, claims: Mapping[str, Any], request: Request
    ) -> Cookie:
        """Begin a session as `begin_on` does, in a transaction of its own."""
        async with self._pool.acquire() as connection, connection.transaction():
            return await self.begin_on(connection, kind, person, claims, request)

    async def begin_on(
        self,
        connection: Connection,
        kind: Kind,
        person: str,
        claims: Mapping[str, Any],
        request: Request,
    ) -> Cookie:
        """
        Begin a session and end the one the browser had: a cookie known before is worth nothing
        after. *claims* of staff: `roles` and `units` (lists of text), `name`, and more. Run it in
        a transaction; the cookie may be sent only after the commit.
        """
        value = secrets.token_urlsafe(32)
        now = self._clock.now()
        row = SessionRow(
            hash=hash_of(value),
            kind=kind,
            person=person,
            claims=orjson.dumps(dict(claims)).decode(),
            csrf=secrets.token_bytes(24),
            agent=request.headers.get("user-agent", "")[:200],
            made_at=now,
            seen_at=now,
            ends_at=now + LONGEST[kind],
        )
        before = request.cookies.get(self._cookie_name, "")
        if before:
            await people_store.end_session(connection, hash_of(before), now)
        await people_store.add_session(connection, row)
        return Cookie(COOKIE, value, self._secure)

    async def end(self, request: Request) -> Cookie:
        """End the session of *request*; returns the cookie that takes it away."""
        before = request.cookies.get(self._cookie_name, "")
        if before:
            async with self._pool.acquire() as connection:
                await people_store.end_session(connection, hash_of(before), self._clock.now())
        request.state.visitor = None
        return Cookie(COOKIE, "", self._secure)

    async def sessions(self, visitor: Visitor) -> Sequence[SessionRow]:
        """The open sessions of this person, the newest first."""
        async with self._pool.acquire() as connection:
            return await people_store.sessions_of(
                connection, visitor.kind, visitor.person, self._clock.now()
            )

    async def end_other(self, visitor: Visitor, session_hash: bytes) -> None:
        """End one session of the same person; of anybody else's nothing happens."""
        async with self._pool.acquire() as connection:
            await people_store.end_session_of(
                connection, session_hash, visitor.kind, visitor.person, self._clock.now()
            )

    async def end_every(self, connection: Connection, kind: Kind, person: str | None) -> int:
        """End the sessions of *person*, or of all of this kind; return how many were open."""
        now = self._clock.now()
        if person is None:
            return await people_store.end_kind(connection, kind, now)
        return await people_store.end_sessions(connection, kind, person, now)

    async def note_look(
        self,
        connection: Connection,
        visitor: Visitor,
        what: str,
        case_id: int | None = None,
        payee_id: str | None = None,
        reason: str | None = None,
    ) -> None:
        """
        Write into the access log that *visitor* sees *what* (the page, in plain words).

        Outside a transaction it is committed on return; inside one the page may be sent only after
        the commit. Never put a name, a number or a text of somebody into *what*.
        """
        await people_store.add_look(
            connection, self._clock.now(), visitor.kind, visitor.person, visitor.role, what,
            case_id, payee_id, reason,
        )  # fmt: skip


def hash_of(cookie: str) -> bytes:
    """What is kept of a cookie: who reads the table cannot sign in with it."""
    return hashlib.sha256(cookie.encode()).digest()


def _visitor_of(row: SessionRow) -> Visitor:
    claims: dict[str, Any] = orjson.loads(row.claims)
    return Visitor(
        kind=row.kind,
        person=row.person,
        csrf=base64.urlsafe_b64encode(row.csrf).decode(),
        session_hash=row.hash,
        made_at=row.made_at,
        roles=frozenset(claims.get("roles", ())),
        units=tuple(claims.get("units", ())),
        claims=claims,
    )
