"""The read tables may be thrown away: made anew while pages are served, they are the same."""

from __future__ import annotations

import asyncio
from typing import Any

from ground.databases import Database
from ground.throwaway import Servers

from tests.integration.portal import said
from tests.integration.portal.bed import READ_TABLES
from tests.integration.portal.live import LivePortal, live_portal

RECEIVED = said.event("received", "2026-11-18T03:00")
PAID = said.event("transferred", "2026-11-23T02:00")
CASES = 60
BUILT = {"built", "sla_built"}


def story(case: int) -> list[bytes]:
    """All that is said of one case, older states first."""
    number = f"{case:04d}-0000-0"
    return [
        said.payee(f"p{case}", 1, tax_id=None, name=f"ร้าน {case}", email="a@example.org"),
        said.case_status(1, RECEIVED, case=case, number=number),
        said.line_status(1, said.line(f"p{case}"), case=case),
        said.case_sla(1, 1, said.clock(RECEIVED), case=case),
        said.case_status(2, RECEIVED, PAID, case=case, number=number, lines="transferred"),
        said.line_status(2, said.paid_line(PAID, f"p{case}"), case=case),
        said.case_sla(2, 2, said.clock(RECEIVED, state="met", stopped_at=PAID["at"]), case=case),
        said.notification(f"n{case}", case=case),
    ]


async def tables(portal: LivePortal) -> dict[str, list[dict[str, Any]]]:
    """All rows of the read tables, without the number of the rebuild that wrote them."""
    found = {}
    for table in READ_TABLES:
        rows = await portal.pool.fetch(f"select * from {table}")
        kept = ({k: v for k, v in row.items() if k not in BUILT} for row in rows)
        found[table] = sorted(kept, key=str)
    return found


def without(found: dict[str, list[dict[str, Any]]], *cases: int) -> dict[str, Any]:
    """The tables but for what is said of these cases and their payees."""
    left_out = {*cases, *(f"p{case}" for case in cases)}
    return {
        table: [
            row
            for row in rows
            if row.get("case_id") not in left_out and row.get("payee_id") not in left_out
        ]
        for table, rows in found.items()
    }


async def rebuilt(portal: LivePortal) -> dict[str, Any]:
    """Rebuild, wait for its end, and return what it says of itself."""
    async with portal.http(operator=True) as operator:
        assert (await operator.post("/ops/rebuild")).status_code == 202
        while True:
            told: dict[str, Any] = (await operator.get("/ops/rebuild")).json()["rebuild"]
            if told["ended_at"] is not None:
                return told
            await asyncio.sleep(0.05)


async def test_a_rebuild_while_serving_gives_the_same_tables(
    servers: Servers, database: Database, topic_prefix: str
) -> None:
    """Whatever was lost or spoilt is back, what no topic says is gone, and pages were there."""
    async with live_portal(servers, database, topic_prefix) as portal:
        await portal.publish(*(one for case in range(1, CASES + 1) for one in story(case)))
        await portal.publish(said.source_status())
        await portal.until(lambda: _all_there(portal))
        await portal.put("case-status", str(CASES), None)
        await portal.put("line-status", f"{CASES}/0", None)
        await portal.until(lambda: _is_gone(portal, CASES))
        before = await tables(portal)
        await portal.pool.execute("delete from line_chunk where case_id < 10")
        await portal.pool.execute("delete from case_payee where case_id < 20")
        await portal.pool.execute("delete from search_row where case_id < 30")
        await portal.pool.execute("delete from clock_row where case_id < 5")
        await portal.pool.execute("update case_row set title = 'spoilt' where case_id = 7")
        await portal.pool.execute("delete from case_row where case_id = 8")
        await portal.pool.execute("delete from payee_row where payee_id = 'p9'")
        await portal.pool.execute(
            "insert into case_payee select payee_id, 99999, standing, net, paid_on, lines, alone"
            " from case_payee where case_id = 40"
        )
        await portal.pool.execute(
            "insert into line_chunk select 99999, 0, 0, 9, 1, body from line_chunk limit 1"
        )
        served = asyncio.create_task(_serves(portal))
        told = await rebuilt(portal)
        await portal.publish(*story(CASES + 1))
        await portal.until(lambda: _has(portal, CASES + 1))
        served.cancel()
        await asyncio.wait({served})
        after = await tables(portal)
    assert told["failure"] is None
    assert told["records"] == told["done"] > 0
    assert 1 == told["taken_away"]["chunks"]
    assert without(before, CASES) == without(after, CASES, CASES + 1)
    assert not [row for row in after["case_row"] if row["case_id"] == CASES and row["body"]]
    assert not [row for row in after["case_payee"] if row["case_id"] == CASES]
    assert served.cancelled(), "a page failed while the tables were made anew"


async def _serves(portal: LivePortal) -> None:
    """Ask for a page again and again; end where it is not there."""
    async with portal.http() as browser:
        while True:
            if (await browser.get("/stages")).status_code != 200:
                return
            await asyncio.sleep(0.02)


async def _has(portal: LivePortal, case: int) -> bool:
    asked = "select count(*) from case_row where case_id = $1 and version = 2 and sla_version = 2"
    lines = "select count(*) from case_payee where case_id = $1 and standing = 'paid'"
    return bool(await portal.count(asked, case) and await portal.count(lines, case))


async def _all_there(portal: LivePortal) -> bool:
    """Every case and all that is said beside them."""
    asked = (
        "select count(*) from case_row where version = 2 and sla_version = 2",
        "select count(*) from case_payee where standing = 'paid'",
        "select count(*) from notice_row",
        "select count(*) from payee_row",
    )
    counts = [await portal.count(one) for one in asked]
    sources = await portal.count("select count(*) from source_row")
    return counts == [CASES] * len(asked) and sources == 1


async def _is_gone(portal: LivePortal, case: int) -> bool:
    rows = "select count(*) from case_row where case_id = $1"
    lines = "select count(*) from line_chunk where case_id = $1"
    return not (await portal.count(rows, case) or await portal.count(lines, case))
