"""
What operators do to the accounts of people, under `/ops/`: take a lost authenticator app away, and
end sessions. Each asks for a reason, and stands in the access log in the same transaction.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import orjson
from chassis.database import Connection, locked
from chassis.service import Base
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal import people_store, staff_store
from portal.payee_store import PAYEES_LOCK
from portal.people import Kind, People

OPERATOR = "operator"
"""Who did it, in the access log: the operator's token says no more."""
Person = Field(min_length=1, max_length=200)
Reason = Field(min_length=3, max_length=500)


class _Lost(BaseModel):
    """Whose app was lost (the provider's subject), and how the operator knows."""

    model_config = ConfigDict(extra="forbid")
    person: str = Person
    reason: str = Reason


class _Ended(BaseModel):
    """Whose sessions end: those of one person, or with `all` every one of this kind."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    person: str | None = Field(default=None, min_length=1, max_length=200)
    all: bool = False
    reason: str = Reason

    @model_validator(mode="after")
    def _one_of_both(self) -> _Ended:
        """One person or all of them, so that a forgotten name ends nobody's day."""
        if (self.person is None) != self.all:
            raise ValueError("name a person, or say all: true")
        return self


def people_routes(base: Base, people: People) -> list[Route]:
    """The routes; the chassis lets only the operator's token in."""
    ops = _PeopleOps(base, people)
    return [
        Route("/ops/second-factor/forget", ops.forget_second_factor, methods=["POST"]),
        Route("/ops/sessions/end", ops.end_sessions, methods=["POST"]),
    ]


class _PeopleOps:
    def __init__(self, base: Base, people: People) -> None:
        self._base = base
        self._people = people

    async def forget_second_factor(self, request: Request) -> Response:
        """Take an app away: the next sign-in sets up another. Every session of theirs ends."""
        try:
            asked = _Lost.model_validate_json(await request.body())
        except ValidationError as error:
            return _refused(error)
        async with self._base.pool.acquire() as connection, connection.transaction():
            if not await staff_store.forget_second_factor(connection, asked.person):
                return JSONResponse({"error": "nobody by that name has an app here"}, 404)
            await self._note(connection, f"second-factor-forgotten {asked.person}", asked.reason)
            ended = await self._people.end_every(connection, "staff", asked.person)
        return _json({"forgotten": True, "sessions_ended": ended})

    async def end_sessions(self, request: Request) -> Response:
        """End the sessions of one person, or of all payees, or of all staff."""
        try:
            asked = _Ended.model_validate_json(await request.body())
        except ValidationError as error:
            return _refused(error)
        whose = "all" if asked.person is None else asked.person
        payee_id = asked.person if asked.kind == "payee" else None
        async with self._base.pool.acquire() as connection, _alone(connection, asked.kind):
            what = f"sessions-ended {asked.kind} {whose}"
            await self._note(connection, what, asked.reason, payee_id)
            ended = await self._people.end_every(connection, asked.kind, asked.person)
        return _json({"sessions_ended": ended})

    async def _note(
        self, connection: Any, what: str, reason: str, payee_id: str | None = None
    ) -> None:
        now = self._base.clock.now()
        await people_store.add_look(
            connection, now, OPERATOR, OPERATOR, OPERATOR, what, None, payee_id, reason
        )


def _alone(connection: Connection, kind: Kind) -> AbstractAsyncContextManager[Any]:
    """
    A transaction that no session of a payee begins beside: one that did would be left open by who
    is told that all have ended.
    """
    return locked(connection, PAYEES_LOCK) if kind == "payee" else connection.transaction()


def _refused(error: ValidationError) -> Response:
    """Where it is wrong and which rule; never what was sent."""
    faults = error.errors(include_input=False, include_url=False)
    told = "; ".join(f"{'/'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in faults)
    return JSONResponse({"error": told}, 422)


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")
