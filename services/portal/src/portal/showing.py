"""
A case, gathered for one payee: what the payee's own page and the look-up of staff both show.

    found = await find(connection, "4821-7735-6")
    view = await case_for(house, connection, found, payee_id)      # None: not theirs

The look is written into the access log by the page, before it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from contracts.calendar import CalendarRules
from contracts.messages import SourceStatusData

from chassis import shortnumber
from portal import read_store
from portal.model import Case
from portal.views.case_view import CaseView, Reader, case_view

if TYPE_CHECKING:
    from chassis.database import Connection

    from portal.house import House

REDIRECTS_MAX = 5


def canonical(text: str) -> str | None:
    """The short number *text* as we write it; None where it is none. Thai digits are welcome."""
    try:
        return shortnumber.number_of(shortnumber.parse(text[:40]))
    except ValueError:
        return None


async def find(connection: Connection, number: str) -> Case | None:
    """The case of a canonical *number*, or the one it was joined to; None where there is none."""
    case = await read_store.case_by_number(connection, number)
    for _ in range(REDIRECTS_MAX):
        if case is None or case.brief.redirect_to is None:
            return case
        case = await read_store.case_by_id(connection, case.brief.redirect_to)
    return None


async def case_for(
    house: House, connection: Connection, case: Case, payee_id: str
) -> CaseView | None:
    """*case* as the payee *payee_id* sees it; None where no line of it is theirs."""
    process = house.rules.process(case.said.process, case.said.process_version)
    if process is None or not await read_store.is_payee_of(
        connection, payee_id, case.brief.case_id
    ):
        return None
    ids = {payee_id, *await read_store.family_of(connection, payee_id)}
    lines = await read_store.lines_of(connection, case.brief.case_id)
    notices = await read_store.notices_to_payee(connection, case.brief.case_id, payee_id)
    return case_view(case, lines, notices, process, await _reader(house, connection, case, ids))


async def _reader(house: House, connection: Connection, case: Case, ids: set[str]) -> Reader:
    today = _today(house)
    return Reader(
        ids=ids,
        unit_desk=house.rules.desk_of_unit(case.said.unit, today),
        unit_title=house.rules.unit_title(case.said.unit, today),
        calendar=_calendar(house, case),
        sources=by_name([one.said for one in await read_store.sources(connection)]),
    )


def by_name(sources: Sequence[SourceStatusData]) -> Mapping[str, SourceStatusData]:
    """The sources by what events call them."""
    return {one.source: one for one in sources}


def _calendar(house: House, case: Case) -> CalendarRules | None:
    """The calendar the SLA counted with: it names it as `name@version`."""
    return None if case.sla is None else house.rules.calendar(case.sla.calendar.partition("@")[0])


def _today(house: House) -> date:
    on = house.frame.dates("en").today
    assert on is not None
    return on
