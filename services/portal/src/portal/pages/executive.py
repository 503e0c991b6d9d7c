"""
The executive's pages: counts, never persons. Each figure leads to the counts behind it, each table
to a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from chassis.workdays import Calendar
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portal import figures_store
from portal.figures_asked import (
    EXECUTIVES,
    Names,
    due_soon,
    forecasts_held,
    months_asked,
    promise_asked,
    show_figures,
    today_of,
)
from portal.guards import serve, staff_only
from portal.views import bottlenecks, executive_view
from portal.views.attainment import MonthRow, groups_of, outlook_of
from portal.views.figures_page import MONTHS_SHOWN, month_chart
from portal.views.manual import said
from portal.views.promises import Promise, promises_of

if TYPE_CHECKING:
    from chassis.database import Connection

    from portal.house import House
    from portal.people import Visitor

UNIT_MONTHS = 6


def routes(house: House) -> list[Route]:
    """The routes of the executive's pages."""
    return [
        Route("/executive", serve(house, overview)),
    ]


@staff_only(*EXECUTIVES)
async def overview(house: House, request: Request, visitor: Visitor) -> Response:
    """One screen: is the promise kept, where does it wait, which units differ, what is due."""
    view = None
    async with house.base.pool.acquire() as connection:
        stamp = await figures_store.read_stamp(connection)
        promise = promise_asked(house, request)
        if stamp is not None and promise is not None:
            view = await _overview(house, request, connection, promise)
    shown_as_of = None if view is None else stamp
    return show_figures(house, request, visitor, "executive/overview.html", shown_as_of, view=view)


async def _overview(
    house: House, request: Request, connection: Connection, promise: Promise
) -> dict[str, Any]:
    """What the page shows."""
    names, today = Names(house, request, "executive"), today_of(house)
    words, dates = house.frame.words(request, "executive"), names.dates
    running = await figures_store.running(connection)
    known = [
        (one, await months_asked(house, connection, one))
        for one in promises_of(house.rules.agreements())
    ]
    stands = [
        executive_view.keeping(
            one,
            said(one.title, names.language),
            months,
            outlook_of(one, _month(months, today), today, _calendar(house, one.calendar)),
            running,
            today,
        )
        for one, months in known
    ]
    months = next(rows for one, rows in known if one.key == promise.key)
    shown = months[-MONTHS_SHOWN:]
    units_month = _units_month(request, months)
    units = await figures_store.figures(connection, "unit", promise.key, units_month, units_month)
    places = bottlenecks.places_of(await figures_store.standing(connection))
    return {
        "key": promise.key,
        "month": today.isoformat()[:7],
        "keeping": next(one for one in stands if one.promise.key == promise.key),
        "others": [one for one in stands if one.promise.key != promise.key],
        "months": shown,
        "chart": month_chart(promise, shown, words, dates, few=1),
        "places": executive_view.place_bars(places, lambda one: names.stage(one.stage)),
        "stages": names.stages,
        "units_month": units_month,
        "month_choices": [row.month for row in months[-UNIT_MONTHS:]],
        "units": executive_view.unit_rows(groups_of(units), promise, names.unit, words),
        **await _days(connection, names, words, today),
        **await _coming(connection, house, names, today),
    }


async def _days(connection: Connection, names: Names, words: Any, today: date) -> dict[str, Any]:
    """Where the days went: this month, the last, and a year ago."""
    months = executive_view.compared(today)
    rows = await figures_store.waits(connection, months)
    spent = {month: bottlenecks.spent_by_party(rows, month) for month in months}
    cases = {month: bottlenecks.cases_in(rows, month) for month in months}
    return {
        "spent": executive_view.month_bars(spent, cases, names.party, words, names.dates),
        "parties": [one for one in bottlenecks.PARTIES if any(
            one == part.party for parts in spent.values() for part in parts)],
        "stage_days": executive_view.stage_days(bottlenecks.spent_by_stage(rows, months)),
    }  # fmt: skip


async def _coming(
    connection: Connection, house: House, names: Names, today: date
) -> dict[str, Any]:
    """What falls due, and how forecasts held."""
    overdue, days = bottlenecks.due_days(await due_soon(house, connection), today)
    held = await forecasts_held(house, connection)
    found = {key for day in days for key in day.by_clause}
    return {
        "overdue": overdue,
        "due": days,
        "due_clauses": [
            (one.key, said(one.title, names.language))
            for one in promises_of(house.rules.agreements())
            if one.key in found
        ],
        "forecasts": [*held, bottlenecks.accuracy_of(held)] if held else [],
    }


def _month(months: Sequence[MonthRow], today: date) -> MonthRow | None:
    return next((row for row in months if row.month == today.isoformat()[:7]), None)


def _units_month(request: Request, months: Sequence[MonthRow]) -> str:
    """The month asked for, else the newest there is."""
    asked = request.query_params.get("month", "")
    known = [row.month for row in months]
    return asked if asked in known else (known[-1] if known else "-")


def _calendar(house: House, name: str) -> Calendar:
    found = house.rules.calendar(name)
    return Calendar() if found is None else Calendar(found.dates_off, found.weekend)
