"""Many clocks at once for the tests of figures, and staff who look at them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

import httpx
from portal.figuring import Figuring

from tests.integration.portal.bed import Bed

FINANCE = "finance-9-days@1#finance"
COLUMNS = "case_id, clause, party, state, unit, kind, charged, budget, month, due_on, stopped_on"


async def keep(
    bed: Bed, month: str | None, states: Sequence[str], unit: str = "sci-chem", **more: Any
) -> None:
    """One clock for each of *states* in *month*, as the projection writes it."""
    first = await bed.pool.fetchval("select coalesce(max(case_id), 1000) from clock_row")
    rows = [
        (
            first + place + 1,
            more.get("clause", FINANCE),
            "finance",
            state,
            unit,
            more.get("kind", "purchase"),
            more.get("charged", 4 if state == "met" else 12),
            9,
            month,
            more.get("due_on"),
            None if month is None else date.fromisoformat(f"{month}-10"),
        )
        for place, state in enumerate(states)
    ]
    places = ", ".join(f"${n}" for n in range(1, 12))
    query = f"insert into clock_row ({COLUMNS}) values ({places})"
    await bed.pool.executemany(query, rows)


async def count(bed: Bed) -> None:
    """Count all figures anew, as the portal's own task does."""
    await Figuring(bed.base, bed.house.rules).once()


@contextlib.asynccontextmanager
async def staff(bed: Bed, *roles: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody of the staff who has *roles*."""
    asked: Any = SimpleNamespace(cookies={}, headers={}, state=SimpleNamespace())
    claims = {"roles": list(roles), "units": [], "name": "ผู้ทดสอบ"}
    cookie = await bed.house.people.begin("staff", "tester", claims, asked)
    async with bed.client(cookie=f"{cookie.name}={cookie.value}") as browser:
        yield browser


def answering(bed: Bed, answers: Mapping[tuple[str, str], tuple[int, Any]]) -> list[httpx.Request]:
    """Let the other services answer by method and path; returns what they are asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        status, said = answers.get((request.method, request.url.path), (404, {}))
        return httpx.Response(status, json=said)

    bed.house.services.client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return asked


async def page_text(browser: httpx.AsyncClient, path: str) -> str:
    """A page as text, with plain spaces in place of those that hold numbers together."""
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text.replace("\u00a0", " ")
