"""Questions of payees and what officers answered; with `question_store.sql`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from chassis.database import Connection
from chassis.queries import Queries

from portal.questions import Answered, Asked, Desk, OwnQuestion, Waiting

SQL = Queries(Path(__file__).with_name("question_store.sql"))


async def waiting(connection: Connection, desk: Desk, limit: int) -> list[Waiting]:
    """The questions that wait at *desk*, the oldest first."""
    return [Waiting(*row) for row in await connection.fetch(SQL.waiting_questions, *desk, limit)]


async def count_waiting(connection: Connection, desk: Desk) -> int:
    """How many questions wait at *desk*."""
    return int(await connection.fetchval(SQL.count_waiting, *desk))


async def question(connection: Connection, place: int, desk: Desk) -> Asked | None:
    """The question at *place*; None where there is none that is for *desk*."""
    row = await connection.fetchrow(SQL.question, place, *desk)
    return None if row is None else Asked(*row)


async def answer(
    connection: Connection, place: int, at: datetime, person: str, party: str, words: str
) -> bool:
    """Answer a question for good; False where somebody did before."""
    found = await connection.fetchval(SQL.answer, place, at, person, party, words)
    return found is not None


async def own_questions(
    connection: Connection, case_id: int, payee_ids: Sequence[str]
) -> list[OwnQuestion]:
    """What this payee asked about the case, the newest first."""
    rows = await connection.fetch(SQL.own_questions, case_id, payee_ids)
    return [OwnQuestion(*row) for row in rows]


async def answers_to(
    connection: Connection, payee_ids: Sequence[str], since: datetime
) -> list[Answered]:
    """The newest answers this payee was given after *since*."""
    return [Answered(*row) for row in await connection.fetch(SQL.answers_to, payee_ids, since)]
