"""With a large journal the hot questions still use their indexes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from chassis.database import PLANNING
from chassis.migrations import CHASSIS_MIGRATIONS, migrate
from chassis.queries import Queries
from ground.databases import Database

INTAKE = Path(__file__).parents[3] / "services" / "intake"
FILES = [INTAKE / "src" / "intake" / name for name in ("store.sql", "registry.sql")]
JOURNAL, REGISTRY = map(Queries, FILES)
ROWS = 200_000
FILL = f"""
insert into cluster (cluster_id, process, events, openers, settlers, units, special, case_id)
select n, 'disbursement', 5, 1, 1, '{{u}}', false, n from generate_series(1, {ROWS // 5}) n;
insert into reference (reference, value, cluster_id)
select concat_ws(chr(31), 'disbursement', scheme, 'u', '', 'C' || n), 'C' || n, n
from generate_series(1, {ROWS // 5}) n, unnest(array['claim', 'receipt', 'erp-document']) scheme;
insert into known_case (case_id, cluster_id, membership)
select n, n, n from generate_series(1, {ROWS // 5}) n;
insert into journal (source, id, digest, process, fact, role, instant_us, envelope, recorded_us,
                     cluster_id, case_id, home_id, membership)
select 's' || n % 20, 'e' || n, '\\x00', 'disbursement', 'submitted', 'unit', n, '{{}}', n,
       n / 5, n / 5, n / 5, n
from generate_series(1, {ROWS}) n;
insert into journal_text (source, id, text)
select source, id, '{{}}' from journal where seq % 3 = 0;
insert into reject (slug, source, event_id, sha256, altered, findings, recorded_at)
select 's' || n % 20, 's', 'r' || n, '\\x00', false, '[]', now() from generate_series(1, 50000) n;
insert into payee (payee_id, version, key_id, nonce, sealed)
select 'p' || n, 1, 'k', '\\x00', '\\x00' from generate_series(1, 20000) n;
insert into payee_identity (blind, payee_id)
select decode(md5(n::text), 'hex'), 'p' || n from generate_series(1, 20000) n;
insert into case_view (case_id, epoch, version, body)
select n, 1, 1, '{{}}' from generate_series(1, {ROWS // 5}) n;
insert into retraction (target_source, target_id, cluster_id, source, id)
select 's1', 'e' || n, n, 's1', 'x' || n from generate_series(1, 5000) n;
"""
NUMBERS = list(range(1, 501))
NAMES = [f"e{n}" for n in NUMBERS]
HOT: dict[str, tuple[Any, ...]] = {
    "find_known": (["s1"] * 500, NAMES),
    "find_references": ([f"disbursement\x1fclaim\x1fu\x1f\x1fC{n}" for n in NUMBERS],),
    "find_clusters": (NUMBERS,),
    "load_members": ([1, 2, 3],),
    "load_cases": ([1, 2, 3],),
    "load_texts": (["s1"] * 20, NAMES[:20]),
    "load_payees": ([f"p{n}" for n in NUMBERS[:50]],),
    "find_identities": ([bytes(16)] * 50,),
    "move_events": (["s1"] * 20, NAMES[:20], NUMBERS[:20], NUMBERS[:20]),
    "absorb_clusters": ([10, 11], [1, 2]),
    "read_window": ("s1", 199_000, 200_000),
    "read_window_rejects": ("s1", 49_000, 50_000),
    "seq_of": ("s1", "e1"),
    "newest_reject": (),
    "list_unmatched": ("s1", 100),
    "list_rejects": ("s1", 100),
    "cases_by_value": ("C17",),
    "cases_of_source": ("C17", "s1"),
    "replay_journal": (1000, 500),
    "replay_redirects": (1000, 500),
}
LARGE = {"journal", "journal_text", "reference", "cluster", "known_case", "payee", "payee_identity"}
LARGE |= {"reject", "case_view"}
# Retractions are few: reading all of them costs less than looking 500 up.


@pytest.fixture(scope="module")
async def filled(servers: Any) -> AsyncIterator[asyncpg.Connection[Any]]:
    """An intake schema of 200,000 events, analysed."""
    database = Database(servers.postgres, "plans")
    servers.postgres.create_database(database.name)
    connection = await asyncpg.connect(
        database.url("intake"), server_settings={"search_path": "intake", **PLANNING}
    )
    await migrate(connection, "intake", [CHASSIS_MIGRATIONS, INTAKE / "migrations"])
    await connection.execute(FILL)
    await connection.execute("analyze")
    yield connection
    await connection.close()
    servers.postgres.drop_database(database.name)


@pytest.mark.parametrize("name", HOT)
async def test_no_hot_query_reads_a_whole_table(filled: asyncpg.Connection[Any], name: str) -> None:
    """Neither with the values at hand nor with a plan for any values."""
    queries = JOURNAL if f"-- name: {name}\n" in FILES[0].read_text() else REGISTRY
    for mode in ("force_custom_plan", "force_generic_plan"):
        await filled.execute(f"set plan_cache_mode = {mode}")
        plan = await _plan(filled, queries[name], HOT[name])
        read_whole = {node["Relation Name"] for node in _nodes(plan) if _reads_all(node)}
        assert set() == read_whole & LARGE, mode


async def test_a_plan_made_on_empty_tables_holds_when_they_have_grown(servers: Any) -> None:
    """
    Plans are kept as long as their connection: made on a new installation, they already find an
    event by its id and a reference by its value, and need no whole table.
    """
    database = Database(servers.postgres, "empty-plans")
    servers.postgres.create_database(database.name)
    connection = await asyncpg.connect(
        database.url("intake"), server_settings={"search_path": "intake", **PLANNING}
    )
    try:
        await migrate(connection, "intake", [CHASSIS_MIGRATIONS, INTAKE / "migrations"])
        await connection.execute("set plan_cache_mode = force_generic_plan")
        for name in ("find_known", "find_references", "find_clusters"):
            plan = await _plan(connection, JOURNAL[name], HOT[name])
            assert not {n["Relation Name"] for n in _nodes(plan) if _reads_all(n)} & LARGE, name
        known = await _plan(connection, JOURNAL["find_known"], HOT["find_known"])
        assert "journal_pkey" in {node.get("Index Name") for node in _nodes(known)}
    finally:
        await connection.close()
        servers.postgres.drop_database(database.name)


async def test_a_planted_scan_is_seen(filled: asyncpg.Connection[Any]) -> None:
    """A question without an index is caught by the same look."""
    plan = await _plan(filled, "select id from journal where digest = $1", (b"x",))
    assert {"journal"} == {node["Relation Name"] for node in _nodes(plan) if _reads_all(node)}


async def _plan(connection: asyncpg.Connection[Any], query: str, values: tuple[Any, ...]) -> Any:
    told = await connection.fetchval(f"explain (format json) {query}", *values)
    return orjson.loads(told)[0]["Plan"]


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", ()) for node in _nodes(part))]


def _reads_all(node: dict[str, Any]) -> bool:
    return str(node["Node Type"]) == "Seq Scan" and "Relation Name" in node
