"""What a database of the first versions keeps when it becomes one of today."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import orjson
from chassis.database import open_pool
from chassis.migrations import CHASSIS_MIGRATIONS, migrate
from ground.databases import Database
from sla.app import MIGRATIONS, SlaSettings

from tests.integration.sla.bed import HandClock, ask, close_bed, make_bed, source

HISTORY = [
    [["received", "finance", 1_767_668_400_000_000, ["unit", "e0"]]],
    {"unit": "arts", "kind": "travel"},
]
MARKS = [["warned", 1, 1_767_718_800_000_000], ["breached", 0, 1_767_891_600_000_000]]


async def test_clocks_and_verdicts_of_before_are_kept(database: Database, tmp_path: Path) -> None:
    """
    A case whose breach was told: its clock moves into its row, its verdict gets its date, and when
    it is judged anew nothing is told again.
    """
    for name in sorted(MIGRATIONS.glob("000[123]_*.sql")):
        copy(name, tmp_path)
    settings = SlaSettings(
        database_url=database.url("sla"), kafka="nowhere:1", http_port=0, topic_prefix=""
    )
    pool = await open_pool(settings, "sla")
    await migrate(pool, "sla", [CHASSIS_MIGRATIONS, tmp_path])
    await pool.execute(
        "insert into followed_case (case_id, version, process, process_version, history,"
        " told_version, days_finance, days_total, waits)"
        " values (1, 1, 'disbursement', 1, $1, 4, 3, 3, true)",
        orjson.dumps(HISTORY).decode(),
    )
    await pool.execute(
        "insert into clock values (1, 'promise@1#two-days', 'unit', 'e0', 'breached', 3,"
        " '2026-01-09', 'arts', 'travel', null, $1)",
        orjson.dumps(MARKS).decode(),
    )
    await pool.execute(
        "insert into verdict (case_id, clause, start_source, start_id, kind, charged, at, told_at)"
        " values (1, 'promise@1#two-days', 'unit', 'e0', 'breached', 3,"
        " '2026-01-08T17:00:00Z', '2026-01-08T17:00:01Z')"
    )
    await pool.close()
    bed = await make_bed(database)
    try:
        await bed.hear(source("finance", "2026-01-31T00:00:00Z"))
        assert isinstance(bed.clock, HandClock)
        told = await bed.at("2026-01-09T01:00:00")
        assert ["reminder-due"] == [one["kind"] for one in told.moments]
        assert "breached" == told.states["1"]["clocks"][0]["state"]
        assert [("breached", None)] == [
            (one["kind"], one["superseded_at"]) for one in (await bed.case())["verdicts"]
        ]
        (row,) = (await ask(bed, "GET", "/ops/attainment?by=kind"))["rows"]
        assert ("2026-01", "travel", 1, 1) == tuple(
            row[name] for name in ("month", "key", "n", "missed_or_breached")
        )
    finally:
        await close_bed(bed)
