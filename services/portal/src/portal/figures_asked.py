"""
What pages of figures ask alike: which promise is meant, its months, what falls due, how forecasts
held, and what codes are called.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from portal import figures_store, watch_store
from portal.counted import Accuracy, Due, Stamp
from portal.views.attainment import MonthRow, months_of
from portal.views.bottlenecks import DUE_DAYS
from portal.views.figures_page import last_told
from portal.views.manual import names_of, stage_names
from portal.views.promises import Promise, chosen, promises_of
from portal.views.published import published_in

if TYPE_CHECKING:
    from chassis.database import Connection

    from portal.house import House
    from portal.people import Visitor

EXECUTIVES = ("executive", "finance-officer", "auditor")
"""Roles that may see the figures of all units."""
ACCURACY_DAYS = 120
"""Forecasts are judged by the payments of so many days."""


class Names:
    """What codes are called in the language of a request."""

    def __init__(self, house: House, request: Request, area: str) -> None:
        self._rules = house.rules
        self._today = today_of(house)
        self.language = house.frame.language(request)
        self.dates = house.frame.dates(self.language, house.rules.zone())
        self._words = house.frame.words(request, area)
        processes = house.rules.processes()
        self.stages = stage_names(processes, self.language)
        self._codes = {
            "kind": names_of(processes, "kind", self.language),
            "fund": names_of(processes, "fund", self.language),
        }

    def unit(self, code: str) -> str:
        """The name of a unit."""
        return self._rules.unit_title(code, self._today, self.language) or code

    def party(self, code: str) -> str:
        """The name of a party."""
        return self._words.get("party", code) or code

    def stage(self, code: str) -> str:
        """The name of a stage."""
        return self.stages.get(code, code)

    def of(self, by: str, code: str) -> str:
        """The name of a unit, kind or fund."""
        return self.unit(code) if by == "unit" else self._codes[by].get(code, code)


def promise_asked(house: House, request: Request) -> Promise | None:
    """The promise named by `?promise=`, else the first; None before rules are applied."""
    asked = request.query_params.get("promise", "")
    return chosen(promises_of(house.rules.agreements()), asked)


async def months_asked(house: House, connection: Connection, promise: Promise) -> list[MonthRow]:
    """All months of *promise*, with what was published of them."""
    rows = await figures_store.figures(connection, "all", promise.key)
    said_of = await watch_store.read_report(connection, "sla", "months")
    return months_of(rows, today_of(house), published_in(said_of))


class Kept(NamedTuple):
    """How the first promise was kept in the last month that is over; counted at `at`."""

    promise: Promise
    month: MonthRow
    at: datetime


async def kept_promise(house: House, connection: Connection) -> Kept | None:
    """
    The office's own on-time share; None before there is a month that is over and not too small to
    be told. The promise is the first that has a target.
    """
    promises = promises_of(house.rules.agreements())
    stamp = await figures_store.read_stamp(connection)
    if not promises or stamp is None:
        return None
    month = last_told(await months_asked(house, connection, promises[0]))
    return None if month is None else Kept(promises[0], month, stamp.at)


async def due_soon(house: House, connection: Connection) -> list[Due]:
    """What falls due within the next days, and what should have been done already."""
    until = today_of(house) + timedelta(days=DUE_DAYS)
    return await figures_store.due(connection, until)


async def forecasts_held(house: House, connection: Connection) -> list[Accuracy]:
    """How the forecasts held of the payments of the last `ACCURACY_DAYS`."""
    return await figures_store.accuracy(connection, today_of(house) - timedelta(days=ACCURACY_DAYS))


def show_figures(
    house: House,
    request: Request,
    visitor: Visitor,
    template: str,
    stamp: Stamp | None,
    **values: Any,
) -> Response:
    """A page of figures for staff, as of when they were counted."""
    return house.frame.page(
        request,
        template,
        person=visitor,
        zone=house.rules.zone(),
        at=None if stamp is None else stamp.at,
        **values,
    )


def today_of(house: House) -> date:
    """The local date of the house."""
    return house.rules.today(house.base.clock.now())
