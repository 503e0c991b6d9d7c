"""What the portal does with the messages it reads: parse, keep what is newer, derive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import orjson
from aiokafka.structs import ConsumerRecord
from chassis.database import Connection, locked
from chassis.deadletters import put_dead_letters
from chassis.service import Base

from portal import decide, payee_store, people_store, reading, store
from portal.opening import moves, opened
from portal.payee_store import PAYEES_LOCK
from portal.reading import Batch
from portal.rows import SearchRow
from portal.vault import Vault


class Handlers:
    """One per process; it holds no state. A batch handled twice changes nothing."""

    def __init__(self, base: Base, vault: Vault) -> None:
        self._base = base
        self._vault = vault

    def read_cases(self, records: Sequence[ConsumerRecord]) -> Batch:
        """Parse `case-status` while the batch before is in the database."""
        return reading.read_cases(records)

    def read_days(self, records: Sequence[ConsumerRecord]) -> Batch:
        """Parse `case-sla` while the batch before is in the database."""
        return reading.read_days(records)

    def read_lines(self, records: Sequence[ConsumerRecord]) -> Batch:
        """Parse `line-status` while the batch before is in the database."""
        return reading.read_lines(records)

    async def on_case_status(self, batch: Batch) -> None:
        """Keep the newest state of cases, and what they are found by."""
        async with self._base.pool.acquire() as connection, connection.transaction():
            await put_dead_letters(connection, batch.letters)
            await store.forget_cases(connection, sorted(batch.gone))
            news = await store.save_cases(connection, list(batch.rows.values()))
            found = [row for case_id in sorted(news) for row in batch.more[case_id]]
            await store.save_search(connection, found)

    async def on_case_sla(self, batch: Batch) -> None:
        """Keep what the SLA says of the days of cases, and each clause's clock."""
        async with self._base.pool.acquire() as connection, connection.transaction():
            await put_dead_letters(connection, batch.letters)
            news = await store.save_days(connection, list(batch.rows.values()))
            clocks = [clock for case_id in sorted(news) for clock in batch.more[case_id]]
            await store.save_clocks(connection, news, clocks)

    async def on_line_status(self, batch: Batch) -> None:
        """Keep lines, and what each payee's own ones say together."""
        async with self._base.pool.acquire() as connection, connection.transaction():
            await put_dead_letters(connection, batch.letters)
            rows, gone = list(batch.rows.values()), sorted(batch.gone)
            await derive_lines(connection, await store.save_chunks(connection, rows, gone))

    async def on_payee(self, records: Sequence[ConsumerRecord]) -> None:
        """
        Keep payees, sealed, and keyed hashes of what they are found by. Whose way to be reached
        changed is signed out in the same transaction: who signed in may not be the payee.
        """
        batch = reading.read_payees(records)
        async with self._base.pool.acquire() as connection, locked(connection, PAYEES_LOCK):
            now = self._base.clock.now()
            await put_dead_letters(connection, batch.letters)
            ended = await self._keep_payees(connection, batch, now)
        if ended:
            self._base.log.info("contacts changed: sessions ended", payees=len(ended))

    async def _keep_payees(
        self, connection: Connection, batch: Batch, now: datetime
    ) -> Sequence[str]:
        """Keep them; returns those whose new state made somebody be reached in another way."""
        rows, gone = batch.rows, sorted(batch.gone)
        before = await payee_store.load_payees(connection, rows)
        payees = [opened(row, before.get(one), self._vault) for one, row in rows.items()]
        near = {*rows, *(row.redirect_to for row in rows.values() if row.redirect_to)}
        relatives = await payee_store.load_families(connection, near)
        await people_store.end_of_gone(connection, gone, now)
        await payee_store.save_payees(connection, payees, gone)
        near |= {one.payee_id for one in relatives}
        news = [
            one
            for one, row in rows.items()
            if (kept := before.get(one)) is None or kept.version < row.version
        ]
        moved = moves(
            news, relatives, await payee_store.load_families(connection, near), self._vault
        )
        causes = [rows[one] for one in sorted(moved.causes)]
        await payee_store.rest_payees(connection, causes)
        said = {one.payee_id: one.version for one in causes}
        return await people_store.end_of_movers(connection, said, moved.ids, now)

    async def on_notification(self, records: Sequence[ConsumerRecord]) -> None:
        """Keep the newest state of notices."""
        batch = reading.read_notices(records)
        async with self._base.pool.acquire() as connection, connection.transaction():
            await put_dead_letters(connection, batch.letters)
            await store.save_notices(connection, list(batch.rows.values()))

    async def on_source_status(self, records: Sequence[ConsumerRecord]) -> None:
        """Keep the newest state of sources."""
        batch = reading.read_sources(records)
        async with self._base.pool.acquire() as connection, connection.transaction():
            await put_dead_letters(connection, batch.letters)
            rows, gone = list(batch.rows.values()), sorted(batch.gone)
            await store.save_sources(connection, rows, gone)


async def derive_lines(connection: Connection, case_ids: Iterable[int]) -> None:
    """Write anew what follows from the lines of these cases."""
    touched = sorted(case_ids)
    if not touched:
        return
    chunks = await store.load_chunks(connection, touched)
    shares, found = list[decide.OwnLines](), list[SearchRow]()
    for case_id in touched:
        lines = [line for body in chunks.get(case_id, ()) for line in orjson.loads(body)]
        mine = decide.by_payee(case_id, lines)
        shares += mine
        found += [
            SearchRow(
                case_id,
                f"line:{one.payee_id}",
                one.payee_id,
                *decide.words_of(lines, one.payee_id),
            )
            for one in mine
        ]
    await store.save_own_lines(connection, touched, shares)
    await store.save_search(connection, found)
