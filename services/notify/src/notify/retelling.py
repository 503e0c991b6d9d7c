"""Looking again at what could not be told, when there is an address for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from chassis.database import locked
from chassis.instants import microseconds
from chassis.service import Base

from notify import store
from notify.telling import Telling

LOOK_BACK = timedelta(days=31)
"""What found no address longer ago is no news for anybody."""

CASES_AT_ONCE = 200


async def tell_again(base: Base, telling: Telling, case_ids: Sequence[int]) -> None:
    """
    Decide once more on these cases, a few at a time.

    What a crash in between leaves over is found at the next word about the case.
    """
    now_us = microseconds(base.clock.now())
    for start in range(0, len(case_ids), CASES_AT_ONCE):
        async with (
            base.pool.acquire() as connection,
            locked(connection, store.PEOPLE_LOCK, shared=True),
        ):
            some = case_ids[start : start + CASES_AT_ONCE]
            await telling.decide(connection, await store.lock_dossiers(connection, some), now_us)
    base.relay.wake()
