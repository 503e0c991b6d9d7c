"""The pages anybody may open: the start, the stages, the figures, open data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portal import feed, figures_store
from portal.counted import Stamp
from portal.dates import Dates
from portal.exports import TYPES, Table, written
from portal.figures_asked import forecasts_held, kept_promise, months_asked, today_of
from portal.guards import Problem, serve
from portal.suppress import GROUP_MIN
from portal.views import open_data
from portal.views.attainment import MonthRow, months_of
from portal.views.bottlenecks import accuracy_of
from portal.views.figures_page import figures_page
from portal.views.manual import front_desk, manual_of, names_of, said
from portal.views.promises import Promise, chosen, promises_of

if TYPE_CHECKING:
    from chassis.database import Connection

    from portal.house import House

USE_DAYS = 30
FEED_MONTHS = 24
OPEN = {
    "cache-control": "public, max-age=300",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
}
"""Open data may be kept for five minutes and read by the page of anybody."""


def routes(house: House) -> list[Route]:
    """The routes of the pages for anybody."""
    return [
        Route("/", serve(house, start)),
        Route("/stages", serve(house, stages)),
        Route("/figures", serve(house, figures)),
        Route("/open-data", serve(house, data_page)),
        Route("/open-data/feed.xml", serve(house, news)),
        Route("/open-data/api/{dataset}", serve(house, api)),
        Route("/open-data/{file}", serve(house, data_file)),
    ]


@dataclass(frozen=True, slots=True)
class Told:
    """What the figures of one promise are: its months, and as of when."""

    promise: Promise | None
    months: Sequence[MonthRow] = ()
    stamp: Stamp | None = None
    all_promises: Sequence[Promise] = field(default=())


async def start(house: House, request: Request) -> Response:
    """What this is, the way in, and whether promises are kept."""
    language = house.frame.language(request)
    visitor = await house.people.visitor(request)
    async with house.base.pool.acquire() as connection:
        kept = await kept_promise(house, connection)
    return house.frame.page(
        request,
        "public/start.html",
        person=visitor,
        zone=house.rules.zone(),
        kept=None if kept is None else kept.month,
        title="" if kept is None else said(kept.promise.title, language),
        target=None if kept is None else kept.promise.target_percent,
        desk=front_desk(house.rules.processes(), language),
        at=None if kept is None else kept.at,
    )


async def stages(house: House, request: Request) -> Response:
    """The citizen's manual."""
    language = house.frame.language(request)
    agreements = house.rules.agreements()
    manuals = [
        manual_of(
            process, promises_of(a for a in agreements if a.process == process.name), language
        )
        for process in house.rules.processes()
    ]
    visitor = await house.people.visitor(request)
    return house.frame.page(request, "public/stages.html", person=visitor, manuals=manuals)


async def figures(house: House, request: Request) -> Response:
    """How one promise is kept, month by month. `?promise=` names it."""
    dates, words = _dates(house, request), house.frame.words(request, "public")
    async with house.base.pool.acquire() as connection:
        told = await _told(house, connection, request.query_params.get("promise", ""))
        kinds = await figures_store.figures(
            connection, "kind", told.promise.key if told.promise else "-"
        )
        held = await forecasts_held(house, connection)
    view = None
    if told.promise is not None:
        names = names_of(house.rules.processes(), "kind", dates.language)
        view = figures_page(told.promise, told.months, kinds, names, words, dates)
    return house.frame.page(
        request,
        "public/figures.html",
        person=await house.people.visitor(request),
        zone=house.rules.zone(),
        view=view,
        choices=[(one.key, said(one.title, dates.language)) for one in told.all_promises],
        accuracy=accuracy_of(held),
        at=told.stamp.at if told.stamp else None,
    )


async def data_page(house: House, request: Request) -> Response:
    """Which open data there are."""
    async with house.base.pool.acquire() as connection:
        stamp = await figures_store.read_stamp(connection)
        used = await figures_store.read_use(connection, today_of(house) - timedelta(days=USE_DAYS))
        sets = [
            {"name": name, "rows": len(table.rows), "fetched": used.get(name, 0)}
            for name in open_data.DATASETS
            for table in [await _table(house, connection, name)]
        ]
    return house.frame.page(
        request,
        "public/open_data.html",
        person=await house.people.visitor(request),
        zone=house.rules.zone(),
        sets=sets,
        at=stamp.at if stamp else None,
    )


async def data_file(house: House, request: Request) -> Response:
    """One set as a file: `/open-data/on-time.csv`."""
    name, _, kind = request.path_params["file"].rpartition(".")
    if name not in open_data.DATASETS or kind not in TYPES:
        raise Problem(404, "not_found")
    async with house.base.pool.acquire() as connection:
        table = await _table(house, connection, name)
        await figures_store.count_use(connection, today_of(house), name, kind)
    headers = {**OPEN, "content-disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(written(table, kind), media_type=TYPES[kind], headers=headers)


async def api(house: House, request: Request) -> Response:
    """One set page by page: `?page=1&per_page=100`."""
    name = request.path_params["dataset"]
    if name not in open_data.DATASETS:
        return _json({"error": f"no such set; there are: {', '.join(open_data.DATASETS)}"}, 404)
    asked = request.query_params
    async with house.base.pool.acquire() as connection:
        table = await _table(house, connection, name)
        page = open_data.page_of(table.rows, asked.get("page", ""), asked.get("per_page", ""))
        if page is None:
            rule = f"page from 1 on, per_page from 1 to {open_data.PAGE_ROWS_MAX}"
            return _json({"error": rule}, 422)
        await figures_store.count_use(connection, today_of(house), name, "api")
    at = f"{house.frame.public_url}/open-data/api/{name}?per_page={page.size}&page="
    return _json(
        {
            **table.notes,
            "page": page.number,
            "pages": page.last,
            "rows_in_all": page.whole,
            "next": f"{at}{page.number + 1}" if page.number < page.last else None,
            "previous": f"{at}{page.number - 1}" if page.number > 1 else None,
            "rows": [dict(zip(table.columns, row, strict=True)) for row in page.rows],
        }
    )


async def news(house: House, request: Request) -> Response:
    """The feed: one item per month that is over."""
    dates, words = _dates(house, request), house.frame.words(request, "public")
    async with house.base.pool.acquire() as connection:
        told = await _told(house, connection, "")
        await figures_store.count_use(connection, today_of(house), open_data.MONTHS, "rss")
    over = [row for row in told.months if row.over and row.n >= GROUP_MIN][-FEED_MONTHS:]
    link = f"{house.frame.public_url}/figures"
    items = [
        feed.Item(
            f"{told.promise.key if told.promise else ''}/{row.month}",
            words.text("feed_item")(
                month=dates.month(row.month),
                percent=dates.percent(row.percent),
                met=row.met,
                n=row.n,
            ),
            link,
            _after(row.month),
        )
        for row in reversed(over)
    ]
    title, about = words.text("figures_title"), words.text("figures_lead")
    content = feed.rss(title, about, link, dates.language, items)
    return Response(content, media_type="application/rss+xml", headers=OPEN)


async def _told(house: House, connection: Connection, key: str) -> Told:
    """The months of the promise *key*, else of the first."""
    all_promises = promises_of(house.rules.agreements())
    promise = chosen(all_promises, key)
    stamp = await figures_store.read_stamp(connection)
    if promise is None:
        return Told(None, (), stamp, all_promises)
    return Told(promise, await months_asked(house, connection, promise), stamp, all_promises)


async def _table(house: House, connection: Connection, name: str) -> Table:
    """The set *name*, with what its numbers mean."""
    today = today_of(house)
    month = today.isoformat()[:7]
    if name == open_data.DAYS:
        table = open_data.by_stage(await figures_store.waits_before(connection, month))
    elif name == open_data.MONTHS:
        rows = await figures_store.figures(connection)
        keys = sorted({row.clause for row in rows})
        found = [
            (key, one)
            for key in keys
            for one in months_of([row for row in rows if row.clause == key], today, {})
        ]
        table = open_data.by_month(found)
    else:
        grouping = open_data.GROUPINGS[name]
        table = open_data.by_group(name, await figures_store.figures(connection, grouping), month)
    stamp = await figures_store.read_stamp(connection)
    return table._replace(notes=_notes(house, name, stamp))


def _notes(house: House, name: str, stamp: Stamp | None) -> dict[str, str]:
    return {
        "dataset": name,
        "about": f"{house.frame.public_url}/open-data",
        "as_of": "" if stamp is None else stamp.at.astimezone(UTC).isoformat(timespec="seconds"),
        "left_out": f"groups of fewer than {GROUP_MIN} claims",
    }


def _dates(house: House, request: Request) -> Dates:
    return house.frame.dates(house.frame.language(request), house.rules.zone())


def _after(month: str) -> datetime:
    """The first moment after *month*."""
    year, number = int(month[:4]), int(month[5:])
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json", headers=OPEN)
