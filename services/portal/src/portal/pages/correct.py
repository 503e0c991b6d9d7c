"""
Corrections by officers: a form with a reason, what it will change, and only then the sending.

What is sent is an event of the source `portal`; its id is made when the form is shown, so that a
second press sends the same event, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Opened:
    """A correction that is being made: by whom, what it does, to which case of which process."""

    house: House
    request: Request
    visitor: Visitor
    action: str
    case: Case
    process: Process

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page of it."""
        return self.house.frame.page(
            self.request,
            template,
            status=status,
            person=self.visitor,
            zone=self.house.rules.zone(),
            action=self.action,
            case=self.case,
            stage=self.process.stages.get(self.case.said.stage or ""),
            **values,
        )

    async def note(self, what: str, reason: str | None = None) -> None:
        """Write down what is done here, before it is done."""
        async with self.house.base.pool.acquire() as connection:
            await self.house.people.note_look(
                connection, self.visitor, what, case_id=self.case.brief.case_id, reason=reason
            )


class Corrections:
    """The pages of corrections; *tickets* carry one from its preview to its sending."""

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets

    async def show(self, house: House, request: Request, visitor: Visitor) -> Response:
        """The form."""
        opened = await _opened(house, request, visitor)
        await opened.note("correction form")
        return _form(opened, {"fact": request.query_params.get("fact", "")})

    async def take(self, house: House, request: Request, visitor: Visitor) -> Response:
        """The preview of what was filled in; or, from the preview, the sending."""
        opened = await _opened(house, request, visitor)
        said = await form(request)
        if "draft" in said:
            return await self._send(opened, said["draft"])
        async with house.base.pool.acquire() as connection:
            now, zone = house.base.clock.now(), house.rules.zone()
            desk = Desk(connection, opened.case, opened.process, visitor, now, zone)
            made = await draft(desk, opened.action, said)
        await opened.note("correction form")
        if made.faults:
            return _form(opened, said, made.faults, status=422)
        content = {
            "id": new_id(),
            "case": opened.case.brief.case_id,
            "action": opened.action,
            "fact": made.fact,
            "data": made.data,
            "time": made.time,
            "note": said.get("note", ""),
        }
        ticket = self._tickets.make(visitor.person, content, house.base.clock.now())
        return _preview(opened, made, said.get("note", ""), ticket)

    async def _send(self, opened: Opened, ticket: str) -> Response:
        """Send what was previewed. Who sends it, and why, is written down first."""
        house, case_id = opened.house, opened.case.brief.case_id
        content = self._tickets.read(opened.visitor.person, ticket, house.base.clock.now())
        if content is None or (content["case"], content["action"]) != (case_id, opened.action):
            raise Problem(403, "form_expired")
        fact = content["fact"]
        code = content["data"].get("reason", {}).get("code", "")
        why = " · ".join(one for one in (code, content["note"]) if one)
        await opened.note(f"correction {fact} {content['id']}", why)
        answer = await house.outgoing.say(
            content["id"], opened.process.name, fact, content["data"], time=content["time"]
        )
        house.base.log.info("correction sent", fact=fact, outcome=str(answer.outcome))
        if answer.ok:
            return house.frame.redirect(f"/look-up/{opened.case.brief.number}?said=sent")
        return _refused(opened, ticket, answer)


async def _opened(house: House, request: Request, visitor: Visitor) -> Opened:
    """What is corrected; a case the visitor may not see is as one there is not."""
    action, number = request.path_params["action"], canonical(request.path_params["number"])
    if action not in actions_of(visitor.roles) or number is None:
        raise Problem(404, "not_found")
    async with house.base.pool.acquire() as connection:
        case = await find(connection, number)
    if case is None or not may_see(visitor, case.brief.unit):
        raise Problem(404, "not_found")
    process = house.rules.process(case.said.process, case.said.process_version)
    if process is None:
        raise Problem(503, "away")
    return Opened(house, request, visitor, action, case, process)


def _form(
    opened: Opened,
    said: Mapping[str, str],
    faults: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> Response:
    action, case, process = opened.action, opened.case, opened.process
    roles = opened.visitor.roles
    fact = FACT_OF.get(action, said.get("fact", ""))
    reasons = process.reasons.get(fact, {})
    return opened.page(
        "officer/correct.html",
        status,
        fact=process.facts.get(fact) if action != "fact" or fact else None,
        facts=facts_of(process, roles),
        codes=[(code, reasons[code].title) for code in reasons_of(process, fact)],
        transfers=action == "fact" and fact in ("transferred", "credited", "bounced"),
        methods=process.codes.get("method", {}),
        entries=entries_of(case.said, roles) if action == "retract" else (),
        titles={name: one.title for name, one in process.facts.items()},
        numbers=[
            (process.schemes[row[0]].title, row[3])
            for row in case.said.joining
            if row[0] in process.schemes
        ],
        said={**dict.fromkeys(FIELDS, ""), **said},
        faults=faults,
        with_reason=takes_reason(process, fact),
    )


def _preview(opened: Opened, made: Draft, note: str, ticket: str) -> Response:
    case, process = opened.case, opened.process
    code = made.data.get("reason", {}).get("code", "")
    reason = process.reasons.get(made.fact, {}).get(code)
    return opened.page(
        "officer/preview.html",
        made=made,
        fact=process.facts[made.fact],
        target=process.facts[made.target].title if made.target in process.facts else None,
        meaning=MEANINGS.get(made.effect.contradiction or ""),
        reason=None if reason is None else reason.title,
        note=note,
        link=made.data.get("link", ()),
        schemes=process.schemes,
        last=case.said.timeline[-1].at if case.said.timeline else "",
        draft=ticket,
    )


def _refused(opened: Opened, ticket: str, answer: Said) -> Response:
    away = answer.outcome is Outcome.AWAY
    return opened.page(
        "officer/refused.html",
        503 if away else 422,
        away=away,
        findings=answer.findings,
        draft=ticket,
    )
