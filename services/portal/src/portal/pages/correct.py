"""
Corrections by officers: a form with a reason, what it will change, and only then the sending.

What is sent is an event of the source `portal`; its id is made when the form is shown, so that a
second press sends the same event, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from contracts.contradictions import MEANINGS
from contracts.process import Process
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.boarding import OFFICERS, may_see
from portal.correcting import Desk, Draft, draft
from portal.guards import Problem, form, posts, serve, staff_only
from portal.house import House
from portal.model import Case
from portal.outgoing import Outcome, Said, new_id
from portal.people import Visitor
from portal.showing import canonical, find
from portal.tickets import Tickets
from portal.views.correcting import (
    FACT_OF,
    actions_of,
    entries_of,
    facts_of,
    reasons_of,
    takes_reason,
)

FIELDS = ("fact", "on", "reference", "event", "other", "one", "two", "code", "note")
DRAFT_LIFE = timedelta(minutes=30)


def routes(house: House) -> list[BaseRoute]:
    """The routes of this module."""
    desk = Corrections(Tickets(house.settings.session_secret, "correction", DRAFT_LIFE))
    path = "/correct/{number}/{action}"
    return [
        Route(path, serve(house, staff_only(*OFFICERS)(desk.show)), methods=["GET"]),
        Route(path, serve(house, posts(staff_only(*OFFICERS)(desk.take))), methods=["POST"]),
    ]


class Corrections:
    """The pages of corrections; *tickets* carry one from its preview to its sending."""

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets

    async def show(self, house: House, request: Request, visitor: Visitor) -> Response:
        """The form."""
        action = _action(request, visitor)
        case, process = await self._case(house, request, visitor)
        await _look(house, visitor, case, "correction form")
        said = {"fact": request.query_params.get("fact", "")}
        return _form(house, request, visitor, action, case, process, said)

    async def take(self, house: House, request: Request, visitor: Visitor) -> Response:
        """The preview of what was filled in; or, from the preview, the sending."""
        action = _action(request, visitor)
        case, process = await self._case(house, request, visitor)
        said = await form(request)
        if "draft" in said:
            return await self._send(house, request, visitor, action, case, process, said)
        async with house.base.pool.acquire() as connection:
            now, zone = house.base.clock.now(), house.rules.zone()
            desk = Desk(connection, case, process, visitor, now, zone)
            made = await draft(desk, action, said)
        await _look(house, visitor, case, "correction form")
        if made.faults:
            return _form(
                house, request, visitor, action, case, process, said, made.faults, status=422
            )
        content = {
            "id": new_id(),
            "case": case.brief.case_id,
            "action": action,
            "fact": made.fact,
            "data": made.data,
            "time": made.time,
            "note": said.get("note", ""),
        }
        ticket = self._tickets.make(visitor.person, content, house.base.clock.now())
        return _preview(house, request, visitor, action, case, process, made, said, ticket)

    async def _send(
        self,
        house: House,
        request: Request,
        visitor: Visitor,
        action: str,
        case: Case,
        process: Process,
        said: Mapping[str, str],
    ) -> Response:
        """Send what was previewed. Who sends it, and why, is written down first."""
        content = self._tickets.read(visitor.person, said["draft"], house.base.clock.now())
        if content is None or (content["case"], content["action"]) != (
            case.brief.case_id, action,
        ):  # fmt: skip
            raise Problem(403, "form_expired")
        fact = content["fact"]
        code = content["data"].get("reason", {}).get("code", "")
        why = " · ".join(one for one in (code, content["note"]) if one)
        async with house.base.pool.acquire() as connection:
            await house.people.note_look(
                connection, visitor, f"correction {fact} {content['id']}",
                case_id=case.brief.case_id, reason=why,
            )  # fmt: skip
        answer = await house.outgoing.say(
            content["id"], process.name, fact, content["data"], time=content["time"]
        )
        house.base.log.info("correction sent", fact=fact, outcome=str(answer.outcome))
        if answer.ok:
            return house.frame.redirect(f"/look-up/{case.brief.number}?said=sent")
        return _refused(house, request, visitor, action, case, said["draft"], answer)

    async def _case(self, house: House, request: Request, visitor: Visitor) -> tuple[Case, Process]:
        """The case and its process; one the visitor may not see is as one there is not."""
        number = canonical(request.path_params["number"])
        if number is None:
            raise Problem(404, "not_found")
        async with house.base.pool.acquire() as connection:
            case = await find(connection, number)
        if case is None or not may_see(visitor, case.brief.unit):
            raise Problem(404, "not_found")
        process = house.rules.process(case.said.process, case.said.process_version)
        if process is None:
            raise Problem(503, "away")
        return case, process


async def _look(house: House, visitor: Visitor, case: Case, what: str) -> None:
    async with house.base.pool.acquire() as connection:
        await house.people.note_look(connection, visitor, what, case_id=case.brief.case_id)


def _action(request: Request, visitor: Visitor) -> str:
    action: str = request.path_params["action"]
    if action not in actions_of(visitor.roles):
        raise Problem(404, "not_found")
    return action


def _form(
    house: House,
    request: Request,
    visitor: Visitor,
    action: str,
    case: Case,
    process: Process,
    said: Mapping[str, str],
    faults: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> Response:
    fact = FACT_OF.get(action, said.get("fact", ""))
    known = facts_of(process, visitor.roles)
    reasons = process.reasons.get(fact, {})
    values: dict[str, Any] = {
        "action": action,
        "case": case,
        "stage": process.stages.get(case.said.stage or ""),
        "fact": process.facts.get(fact) if action != "fact" or fact else None,
        "facts": known,
        "codes": [(code, reasons[code].title) for code in reasons_of(process, fact)],
        "transfers": action == "fact" and fact in ("transferred", "credited", "bounced"),
        "methods": process.codes.get("method", {}),
        "entries": entries_of(case.said, visitor.roles) if action == "retract" else (),
        "titles": {name: one.title for name, one in process.facts.items()},
        "numbers": [
            (process.schemes[row[0]].title, row[3])
            for row in case.said.joining
            if row[0] in process.schemes
        ],
        "said": {**dict.fromkeys(FIELDS, ""), **said},
        "faults": faults,
        "with_reason": takes_reason(process, fact),
    }
    return house.frame.page(
        request,
        "officer/correct.html",
        status=status,
        person=visitor,
        zone=house.rules.zone(),
        **values,
    )


def _preview(
    house: House,
    request: Request,
    visitor: Visitor,
    action: str,
    case: Case,
    process: Process,
    made: Draft,
    said: Mapping[str, str],
    ticket: str,
) -> Response:
    code = made.data.get("reason", {}).get("code", "")
    reason = process.reasons.get(made.fact, {}).get(code)
    values: dict[str, Any] = {
        "action": action,
        "case": case,
        "made": made,
        "fact": process.facts[made.fact],
        "target": process.facts[made.target].title if made.target in process.facts else None,
        "stage": process.stages.get(case.said.stage or ""),
        "meaning": MEANINGS.get(made.effect.contradiction or ""),
        "reason": None if reason is None else reason.title,
        "note": said.get("note", ""),
        "link": made.data.get("link", ()),
        "schemes": process.schemes,
        "last": case.said.timeline[-1].at if case.said.timeline else "",
        "draft": ticket,
    }
    return house.frame.page(
        request, "officer/preview.html", person=visitor, zone=house.rules.zone(), **values
    )


def _refused(
    house: House,
    request: Request,
    visitor: Visitor,
    action: str,
    case: Case,
    ticket: str,
    answer: Said,
) -> Response:
    away = answer.outcome is Outcome.AWAY
    return house.frame.page(
        request,
        "officer/refused.html",
        status=503 if away else 422,
        person=visitor,
        action=action,
        case=case,
        away=away,
        findings=answer.findings,
        draft=ticket,
    )
