"""
Held notices, released or dropped by finance: notify is asked at once, since the answer is needed on
the page. Who decided, and why, is written down before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import held_store
from portal.asking import NoAnswer
from portal.guards import Problem, chosen, form, posts, serve, staff_only
from portal.held_store import HeldNotice
from portal.house import House
from portal.pages import work
from portal.people import Visitor

DONE: Mapping[str, str] = {"release": "released", "drop": "dropped"}
"""What is pressed, and how notify counts what it did."""
LIST = f"{work.HERE}/held"
REASON_LETTERS_MIN, REASON_LETTERS_MAX = 3, 500


def routes(house: House) -> list[BaseRoute]:
    """The routes of this module; `work` shows the list."""
    return [Route(LIST, serve(house, posts(decide)), methods=["POST"])]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the form says: `do` is `release` or `drop`; whole rules, single notices, and why."""

    do: str
    rules: Sequence[str]
    notices: Sequence[str]
    reason: str

    @property
    def fault(self) -> tuple[str, str] | None:
        """The field that is wrong, and the word for it."""
        if not self.rules and not self.notices:
            return "chosen", "held_nothing"
        if len(self.reason) < REASON_LETTERS_MIN:
            return "reason", "held_why"
        return ("reason", "note_long") if len(self.reason) > REASON_LETTERS_MAX else None


@staff_only("finance-officer")
async def decide(house: House, request: Request, visitor: Visitor) -> Response:
    """Release or drop what was chosen. What is no longer held stays as it is."""
    said = await form(request)
    asked = Decision(
        said.get("do", ""),
        await chosen(request, "rule"),
        await chosen(request, "notice"),
        said.get("reason", ""),
    )
    if asked.do not in DONE:
        raise Problem(400, "form_broken")
    if asked.fault is not None:
        return await work.page(house, request, visitor, "held", 422, asked=asked)
    known = await _noted(house, visitor, asked)
    try:
        done = await _told(house, known)
    except NoAnswer as problem:
        house.base.log.warning("held notices were not decided", do=asked.do, why=str(problem))
        return await work.page(house, request, visitor, "held", 503, asked=asked, away=True)
    return house.frame.redirect(f"{LIST}?said={DONE[asked.do]}&n={done}")


async def _noted(house: House, visitor: Visitor, asked: Decision) -> Decision:
    """*asked* without what is held no longer, written down row by row before anything is done."""
    async with house.base.pool.acquire() as connection, connection.transaction():
        rules = {one.rule for one in await held_store.rules(connection)} & set(asked.rules)
        notices = await held_store.chosen(connection, asked.notices)
        lines: list[tuple[str, HeldNotice | None]] = [
            *((f"held notices of {rule}: {asked.do}", None) for rule in sorted(rules)),
            *((f"held notice {one.notice}: {asked.do}", one) for one in notices),
        ]
        for what, one in lines:
            case_id = None if one is None else one.case_id
            await house.people.note_look(
                connection, visitor, what, case_id=case_id, reason=asked.reason
            )
    return Decision(asked.do, sorted(rules), [one.notice for one in notices], asked.reason)


async def _told(house: House, known: Decision) -> int:
    """Tell notify; returns how many it decided about. Raises `NoAnswer`."""
    bodies: list[Mapping[str, object]] = [{"rule": rule} for rule in known.rules]
    if known.notices:
        bodies.append({"notices": known.notices})
    done = 0
    for body in bodies:
        said = await house.services.tell("notify", f"/ops/held/{known.do}", body)
        done += int(said.get(DONE[known.do], 0))
    return done
