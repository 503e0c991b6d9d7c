"""
The counts behind the executive's figures, and the tables as files: further down, never to persons.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portal import figures_store
from portal.counted import Figure
from portal.exports import TYPES, Table, written
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
from portal.guards import Problem, serve, staff_only
from portal.views import executive_tables, executive_view
from portal.views.attainment import groups_of
from portal.views.manual import said
from portal.views.promises import Promise

if TYPE_CHECKING:
    from chassis.database import Connection

    from portal.house import House
    from portal.people import Visitor

FURTHER = {"unit": ("kind",), "kind": ("unit",), "": ("unit", "kind", "fund")}


def routes(house: House) -> list[Route]:
    """The routes of the counts behind the figures."""
    return [
        Route("/executive/counts", serve(house, counts)),
        Route("/executive/waiting", serve(house, waiting)),
        Route("/executive/export/{file}", serve(house, export)),
    ]


@staff_only(*EXECUTIVES)
async def counts(house: House, request: Request, visitor: Visitor) -> Response:
    """The counts behind a figure. `?promise=&month=&unit=&kind=`"""
    names, asked = Names(house, request, "executive"), request.query_params
    promise = promise_asked(house, request)
    if promise is None:
        raise Problem(404, "not_found")
    words = house.frame.words(request, "executive")
    month = asked.get("month", "")
    narrowed = "unit" if "unit" in asked else "kind" if "kind" in asked else ""
    tables = []
    async with house.base.pool.acquire() as connection:
        stamp = await figures_store.read_stamp(connection)
        for by in FURTHER[narrowed]:
            rows = await _narrowed(connection, promise, request, by)
            if rows:
                tables.append(_count_table(request, promise, rows, by, names, narrowed))
    of = names.of(narrowed, asked.get(narrowed, "")) if narrowed else ""
    title = " · ".join(
        part
        for part in (
            said(promise.title, names.language),
            names.dates.month(month) or words.text("counts_all"),
            of,
        )
        if part
    )
    titled = [
        {**one, "title": words.text(f"by_{one['by']}"), "head": words.text(one["by"])}
        for one in tables
    ]
    return show_figures(
        house, request, visitor, "executive/counts.html", stamp, title=title, tables=titled
    )


async def _narrowed(
    connection: Connection, promise: Promise, request: Request, by: str
) -> list[Figure]:
    """The figures asked for, by unit, kind or fund; those of one unit or kind by the other."""
    asked = request.query_params
    month = asked.get("month", "")
    span = (month, month) if month else (figures_store.FIRST_MONTH, figures_store.LAST_MONTH)
    if "unit" not in asked and "kind" not in asked:
        return await figures_store.figures(connection, by, promise.key, *span)
    rows = await figures_store.figures(connection, "unit-kind", promise.key, *span)
    if "unit" in asked:
        return [row for row in rows if row.key == asked["unit"]]
    return [row._replace(key2=row.key) for row in rows if row.key2 == asked["kind"]]


def _count_table(
    request: Request, promise: Promise, rows: Sequence[Figure], by: str, names: Names,
    narrowed: str,
) -> dict[str, Any]:  # fmt: skip
    asked = {k: v for k, v in request.query_params.items() if k in ("month", "unit", "kind")}
    shown = []
    for row in groups_of(rows):
        code = row.key2 if narrowed else row.key
        further = {"promise": promise.key, **asked, by: code}
        link = "" if narrowed or by == "fund" else f"/executive/counts?{urlencode(further)}"
        month = next((r.month for r in rows if r.key == row.key), "")
        shown.append({"title": names.of(by, code), "row": row, "link": link, "month": month})
    return {
        "by": by,
        "name": f"by-{by}",
        "query": f"?{urlencode({'promise': promise.key, **asked})}",
        "rows": shown,
        "n": sum(row.n for row in rows),
        "met": sum(row.met for row in rows),
    }


@staff_only(*EXECUTIVES)
async def waiting(house: House, request: Request, visitor: Visitor) -> Response:
    """What waits in one place now. `?party=&stage=`"""
    names, asked = Names(house, request, "executive"), request.query_params
    words = house.frame.words(request, "executive")
    party, stage = asked.get("party", ""), asked.get("stage", "")
    async with house.base.pool.acquire() as connection:
        stamp = await figures_store.read_stamp(connection)
        found = {
            by: await figures_store.standing_by(connection, by, party, stage)
            for by in ("unit", "kind")
        }
    tables = [
        (words.text(f"by_{by}"), words.text(by), [(names.of(by, row.key), row) for row in rows])
        for by, rows in found.items()
    ]
    return show_figures(
        house, request, visitor, "executive/waiting.html", stamp, party=party,
        stage=names.stage(stage), tables=tables,
    )  # fmt: skip


@staff_only(*EXECUTIVES)
async def export(house: House, request: Request, visitor: Visitor) -> Response:
    """One table as a file: `/executive/export/months.csv`."""
    name, _, kind = request.path_params["file"].rpartition(".")
    if kind not in TYPES:
        raise Problem(404, "not_found")
    async with house.base.pool.acquire() as connection:
        table = await _table(house, request, connection, name)
        stamp = await figures_store.read_stamp(connection)
    at = "" if stamp is None else stamp.at.astimezone(UTC).isoformat(timespec="seconds")
    table = table._replace(notes={"as_of": at, "from": house.frame.public_url})
    headers = {
        "content-disposition": f'attachment; filename="{table.name}.{kind}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    house.base.log.info("figures exported", table=table.name, kind=kind, role=visitor.role)
    return Response(written(table, kind), media_type=TYPES[kind], headers=headers)


async def _table(house: House, request: Request, connection: Connection, name: str) -> Table:
    today, promise = today_of(house), promise_asked(house, request)
    if name == "waiting":
        return executive_tables.waiting_table(await figures_store.standing(connection))
    if name == "days":
        months = executive_view.compared(today)
        return executive_tables.days_table(await figures_store.waits(connection, months))
    if name == "due":
        return executive_tables.due_table(await due_soon(house, connection))
    if name == "forecasts":
        return executive_tables.forecasts_table(await forecasts_held(house, connection))
    by = {"units": "unit", "by-unit": "unit", "by-kind": "kind", "by-fund": "fund"}.get(name)
    if promise is not None and name == "months":
        rows = await months_asked(house, connection, promise)
        return executive_tables.months_table(promise.key, rows)
    if promise is not None and by is not None:
        found = await _narrowed(connection, promise, request, by)
        return executive_tables.groups_table(by, found)
    raise Problem(404, "not_found")
